"""What is called or decorates → the convention that names it, and the registry in which it registers."""

from dataclasses import dataclass
from functools import cache
from sys import stdlib_module_names
from typing import Any

from shared.registries.conventions import Convention, Conventions
from shared.registries.conventions.paths import joined, segments_of
from shared.registries.graph.model import Place, Unresolved
from shared.registries.reading.modules import Module
from shared.registries.reading.notation import Expression
from shared.registries.reading.resolving import UNKNOWN, Resolver
from shared.registries.reading.values import why

type Hit = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Match:
    """A convention by which what is called registers. `path` is how the source calls it, `registry` where."""

    convention: Convention
    path: str
    registry: str


class Matching:
    """Compares what names lead to with the conventions. It remembers what it was asked."""

    def __init__(self, conventions: Conventions, resolver: Resolver) -> None:
        self._conventions = conventions
        self._resolver = resolver
        self._named = cache(self._named_by)

    def may_register(self, use: str, module: Module) -> bool:
        """Whether what a module calls so may be what a convention names."""
        path = f"{module.name}.{use[1:]}" if use.startswith(":") else self._resolver.modules.absolute(use, module)
        if self._named("d", path) or self._named("c", path):
            return True
        return bool(self._conventions.possible(path.rpartition(".")[2]))

    def match(self, hit: Hit, module: Module) -> Match | None:
        """Return by what a hit registers, None if it does not, or nobody can tell."""
        for path in self._resolver.paths(hit["x"], module):
            if found := self._named(hit["f"], path):
                convention, pattern = found
                return Match(convention, path, self.registry_of(path, pattern, hit, module))
        return None

    def _named_by(self, form: str, path: str) -> tuple[Convention, str] | None:
        """Return the convention that names what `path` leads to, with its pattern; what looks up does not register."""
        ask = {"c": self._conventions.calling, "t": self._conventions.tables}.get(form, self._conventions.decorating)
        for hop in self._resolver.hops(path):
            if (found := ask(hop)) and not self._conventions.look_ups(hop):
                return found[-1]
        return None

    def registry_of(self, path: str, pattern: str, hit: Hit, module: Module) -> str:
        """Return the qualified name of the registry in which a call of `path`, which fits `pattern`, registers."""
        receiver = path
        if "()" in pattern or pattern.startswith("**."):
            after = segments_of(pattern.removeprefix("**.").rpartition("()")[2])
            receiver = joined(segments_of(path)[: -len(after)]) if after else path
        own = [hop for hop in self._resolver.hops(receiver) if "()" not in hop]
        if own and own[-1] != UNKNOWN:
            return own[-1]
        return f"{module.name}.{hit['w']}" if "w" in hit else module.name

    def possible(self, hit: Hit, module: Module) -> Unresolved | None:
        """Return that a decorator may register, if what it is a method of cannot be told."""
        if hit["f"] != "d":
            return None
        for path in self._resolver.paths(hit["x"], module):
            receiver, _, method = path.rpartition(".")
            conventions = self._conventions.possible(method)
            if conventions and (reason := self._unknown(receiver, hit["x"])):
                convention, pattern = conventions[0]
                wanted = pattern.rpartition("()")[0]
                return Unresolved(
                    Place(module.path, int(hit["l"])),
                    "registration",
                    f"whether {reason} is a {wanted} cannot be told",
                    convention.id,
                )
        return None

    def _unknown(self, receiver: str, callee: Expression) -> str:
        """Return in words what an unknown object is; "" if it is known to be something else."""
        if receiver.startswith(UNKNOWN):
            return why(callee[1]) if callee[0] == "." else "it"
        last = self._resolver.hops(receiver)[-1]
        shown = f"`{last}`"
        if last.partition(".")[0].partition("(")[0] in stdlib_module_names:
            return ""
        if last.endswith("()"):
            return shown if self._may_return_any(last.removesuffix("()")) else ""
        found = self._resolver.found(receiver)
        if found is not None:
            return shown if found.meaning[0] in ("?", "p", "o") else ""
        is_own = self._resolver.modules.split(last) is not None
        return "" if is_own or last.count(".") == 0 else f"{shown} of another package"

    def _may_return_any(self, callee: str) -> bool:
        found = self._resolver.found(callee)
        if found is not None and found.meaning[0] == "D":
            return not found.meaning[1].get("c")
        return callee.rpartition(".")[2][:1].islower()
