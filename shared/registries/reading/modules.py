"""All modules of a repository: which file an import means, and what is bound in each, read when it is needed."""

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from sys import stdlib_module_names
from typing import NamedTuple

from shared.registries.reading.notation import Expression
from shared.registries.reading.summaries import NOTHING, Body, Summary

# Folders that are on the path of a repository's own programs, by custom: https://packaging.python.org (src layout)
_ROOTS = frozenset({"src", "lib", "python"})
_PACKAGE = "__init__"


class _Place(NamedTuple):
    """A folder: the `root` from which its files are imported, and what it is called below that and other roots."""

    root: str
    dotted: Mapping[str, str]


class Module:
    """One Python file. `name` is unique; `root` is the folder from which it is imported."""

    def __init__(self, path: str, name: str, root: str, summary: Summary = NOTHING) -> None:
        self.path = path
        self.name = name
        self.root = root
        self._summary = summary

    @property
    def folder(self) -> str:
        """Where it lies."""
        return self.path.rpartition("/")[0]

    @property
    def is_package(self) -> bool:
        """Whether it is what a package says of itself."""
        return self.path.rpartition("/")[2] == "__init__.py"

    @cached_property
    def body(self) -> Body:
        """What of it may register something, and what it takes from others."""
        return self._summary.body()

    @cached_property
    def names(self) -> Mapping[str, Expression]:
        """What each of its names is."""
        return self._summary.names()

    @cached_property
    def stars(self) -> Sequence[str]:
        """The modules of which everything is imported."""
        stars: Sequence[str] = self.body.get("stars", ())
        return stars


class Modules:
    """The Python files of a repository, by what they are imported as. They remember what they were asked."""

    def __init__(self, summaries: Mapping[str, Summary]) -> None:
        self.absolute = cache(self._absolute)
        self._place = cache(self._place_of)
        self._beginning = cache(self._module_at_the_beginning)  # of what names are attributes of: few
        self.by_name: dict[str, Module] = {}
        self.by_path: dict[str, Module] = {}
        # By what they may be imported as, and the folder that must be on the path for that.
        self._claims: dict[str, dict[str, Module]] = {}
        self._folders = {path.rpartition("/")[0] for path in summaries if path.endswith("/__init__.py")}
        for path in sorted(summaries, key=lambda one: (one.count("/"), one)):
            self._add(path, summaries[path])

    def _add(self, path: str, summary: Summary) -> None:
        folder, _, file = path.rpartition("/")
        place = self._place(folder)
        stem = file.removesuffix(".py")
        claims = {root: _claim(dotted, stem) for root, dotted in place.dotted.items()}
        short, whole = claims[place.root], claims[""]
        # A lone file may have the name of another package, which is meant where this one is not on the path.
        is_lone = bool(place.root) and "." not in short and stem != _PACKAGE
        name = short if short and short not in self.by_name and not is_lone else whole or "root"
        if name.partition(".")[0] in stdlib_module_names:
            name += "_"
        while name in self.by_name:
            name += "_"
        module = Module(path, name, place.root, summary)
        self.by_name[name] = self.by_path[path] = module
        for root, claim in claims.items():
            self._claims.setdefault(claim, {})[root] = module

    def _place_of(self, folder: str) -> _Place:
        root = folder
        while root and root in self._folders:
            root = root.rpartition("/")[0]
        return _Place(root, {one: _within(folder, one).replace("/", ".") for one in (root, "", _source_root(folder))})

    def _absolute(self, target: str, module: Module) -> str:
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
            if (claims := self._claims.get(claim)) and (chosen := _chosen(claims, claim, module)):
                return "?" if chosen == "?" else chosen + target[len(claim) :]
            claim = claim.rpartition(".")[0]
        return target

    def split(self, path: str) -> tuple[Module, str] | None:
        """Return the module in which a qualified name begins, and the rest of it; None if it is of another package."""
        module = self.by_name.get(path) or self._beginning(path.rpartition(".")[0])
        return (module, path[len(module.name) :].lstrip(".")) if module else None

    def _module_at_the_beginning(self, path: str) -> Module | None:
        while path and path not in self.by_name:
            path = path.rpartition(".")[0]
        return self.by_name.get(path)


def _chosen(claims: Mapping[str, Module], claim: str, importer: Module) -> str:
    """Return the name of the module that an import means; "?" if it may be several, "" if it is none of these."""
    if importer.root in claims:
        return claims[importer.root].name
    if claim.partition(".")[0] in stdlib_module_names:
        return ""
    folder = importer.folder
    while folder:
        folder = folder.rpartition("/")[0]
        if folder in claims:
            return claims[folder].name
    elsewhere = {
        module.name
        for root, module in claims.items()
        if module.is_package or "." in claim or root.rpartition("/")[2] in _ROOTS
    }
    return elsewhere.pop() if len(elsewhere) == 1 else "?" if elsewhere else ""


def _claim(dotted: str, stem: str) -> str:
    return ".".join(part for part in (dotted, "" if stem == _PACKAGE else stem) if part)


def _within(folder: str, root: str) -> str:
    return folder[len(root) :].removeprefix("/")


def _source_root(folder: str) -> str:
    folders = folder.split("/")
    at = next((number for number, name in enumerate(folders) if name in _ROOTS), None)
    return "" if at is None else "/".join(folders[: at + 1])
