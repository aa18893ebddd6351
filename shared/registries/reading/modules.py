"""All modules of a repository: which file an import means, and what is bound in each, read when it is needed."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from sys import stdlib_module_names

from shared.registries.reading.notation import Expression
from shared.registries.reading.summaries import Body, body_of

# Folders that are on the path of a repository's own programs, by custom: https://packaging.python.org (src layout)
_ROOTS = frozenset({"src", "lib", "python"})


class Module:
    """One Python file. `name` is unique; `folder` is where it lies, `root` the folder from which it is imported."""

    def __init__(self, path: str, name: str, root: str, summary: str) -> None:
        self.path = path
        self.name = name
        self.root = root
        self.folder = path.rpartition("/")[0]
        self.is_package = path.rpartition("/")[2] == "__init__.py"
        self._summary = summary
        self._body: Body | None = None

    @property
    def body(self) -> Body:
        """What was read of it."""
        if self._body is None:
            self._body = body_of(self._summary)
        return self._body

    @property
    def names(self) -> Mapping[str, Expression]:
        """What each of its names is."""
        names: Mapping[str, Expression] = self.body.get("names", {})
        return names

    @property
    def stars(self) -> Sequence[str]:
        """The modules of which everything is imported."""
        stars: Sequence[str] = self.body.get("stars", ())
        return stars


class Modules:
    """The Python files of a repository, by what they are imported as."""

    def __init__(self, summaries: Mapping[str, str]) -> None:
        self.by_name: dict[str, Module] = {}
        self.by_path: dict[str, Module] = {}
        self._claims: dict[str, list[Module]] = {}
        self._folders = {path.rpartition("/")[0] for path in summaries if path.rpartition("/")[2] == "__init__.py"}
        for path in sorted(summaries, key=lambda one: (one.count("/"), one)):
            self._add(path, summaries[path])
        self._prefixes: dict[str, tuple[str, str]] = {}

    def _add(self, path: str, summary: str) -> None:
        root = self._root_of(path)
        short = _dotted(path, root)
        whole = _dotted(path, "")
        name = short if short and short not in self.by_name else f"{whole or 'root'}"
        while name in self.by_name:
            name += "_"
        module = Module(path, name, root, summary)
        self.by_name[name] = self.by_path[path] = module
        for claim in {short, whole, _after_root(whole)}:
            self._claims.setdefault(claim, []).append(module)

    def _root_of(self, path: str) -> str:
        folder = path.rpartition("/")[0]
        while folder and folder in self._folders:
            folder = folder.rpartition("/")[0]
        return folder

    def absolute(self, target: str, module: Module) -> str:
        """Return what an import of `target` within `module` means: a qualified name that begins with a `Module.name`,
        if it is one of this repository; "?" if it leads outside of its package or may be several.
        """
        if target.startswith("."):
            return self._relative(target, module)
        return self._own(target, module)

    def _relative(self, target: str, module: Module) -> str:
        rest = target.lstrip(".")
        folder = module.folder
        for _ in range(len(target) - len(rest) - 1):
            if not folder:
                return "?"
            folder = folder.rpartition("/")[0]
        segments = rest.split(".") if rest else []
        for count in range(len(segments), -1, -1):
            base = "/".join(part for part in (folder, *segments[:count]) if part)
            found = self.by_path.get(f"{base}/__init__.py" if base else "__init__.py") or (
                self.by_path.get(f"{base}.py") if count else None
            )
            if found:
                return ".".join([found.name, *segments[count:]])
        dotted = folder.replace("/", ".")
        return ".".join(part for part in (dotted, rest) if part) or "?"

    def _own(self, target: str, module: Module) -> str:
        claim = target
        while claim:
            if claims := self._claims.get(claim):
                chosen = self._nearest(claims, claim, module)
                if chosen is not None:
                    return chosen + target[len(claim) :]
            claim = claim.rpartition(".")[0]
        return target

    def _nearest(self, claims: Sequence[Module], claim: str, module: Module) -> str | None:
        """Return the name of the module that is meant; "?" if that cannot be told, None if it is none of these."""
        possible = [one for one in claims if _reaches(one, claim, module)]
        if len(possible) < 2:
            return possible[0].name if possible else None
        ranked = sorted(possible, key=lambda one: -_shared(one.folder, module.folder))
        if _shared(ranked[0].folder, module.folder) == _shared(ranked[1].folder, module.folder):
            return "?"
        return ranked[0].name

    def split(self, path: str) -> tuple[Module, str] | None:
        """Return the module in which a qualified name begins, and the rest of it; None if it is of another package."""
        name = path
        while name:
            if module := self.by_name.get(name):
                return module, path[len(name) :].lstrip(".") if not path[len(name) :].startswith("(") else path[len(name) :]
            name = name.rpartition(".")[0]
        return None


def _reaches(claimed: Module, claim: str, importer: Module) -> bool:
    if claimed.root == importer.root:
        return True
    if claim.partition(".")[0] in stdlib_module_names:
        return False
    inside = not claimed.root or importer.folder == claimed.root or importer.folder.startswith(f"{claimed.root}/")
    return inside or claimed.is_package or "." in claim or claimed.root.rpartition("/")[2] in _ROOTS


def _dotted(path: str, root: str) -> str:
    relative = PurePosixPath(path[len(root) :].lstrip("/")).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
    return ".".join(parts)


def _after_root(whole: str) -> str:
    parts = whole.split(".")
    at = next((number for number, part in enumerate(parts) if part in _ROOTS), None)
    return whole if at is None else ".".join(parts[at + 1 :])


def _shared(one: str, other: str) -> int:
    count = 0
    for mine, its in zip(one.split("/"), other.split("/"), strict=False):
        if mine != its:
            break
        count += 1
    return count
