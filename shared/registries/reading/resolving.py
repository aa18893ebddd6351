"""What qualified names lead to: through imports, re-exports, assignments, base classes and what calls return."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from shared.registries.conventions.paths import joined, segments_of
from shared.registries.reading.modules import Module, Modules
from shared.registries.reading.notation import Definition, Expression

UNKNOWN = "?"
_MOST_STEPS = 60
_MOST_OF_ONE = 8
_MOST_STARS = 16
_LONGEST_PATH = 500
_WRAPPERS = ("typing.Optional", "typing.Annotated", "typing.ClassVar", "typing.Final", "Optional", "Annotated")
# How many names or classes may lead to one another before it is given up: each is a few calls on Python's stack.
_DEEPEST_EXPRESSION = 20
_DEEPEST = 40
# Merging takes time by the cube of the classes: over this, those of other bases simply follow those of the first.
_MOST_MERGED = 200


@dataclass(frozen=True, slots=True)
class Found:
    """What is bound at a qualified name, in which module."""

    path: str
    module: Module
    meaning: Expression


class Resolver:
    """Follows names within one repository. It remembers what it was asked."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.hops = cache(self._hops)
        self.found = cache(self._found)
        self.order = cache(self._order)
        self._ordering: list[str] = []
        self._following = 0

    def paths(  # noqa: PLR0911  a table of forms
        self, expression: Expression, module: Module, depth: int = 0
    ) -> list[str]:
        """Return the qualified names that an expression may be; `?` stands for what is not known."""
        if depth > _DEEPEST_EXPRESSION:
            return [UNKNOWN]
        match expression:
            case ["r", str(name)]:
                return [f"{module.name}.{name}"]
            case ["i", str(target)]:
                return [self.modules.absolute(target, module)]
            case ["a", str(path)]:
                return [path]
            case [".", of, str(name)]:
                return [f"{one}.{name}" for one in self.paths(of, module, depth + 1)]
            case ["c", callee, list(args), *_]:
                return self._returned(callee, args, module, depth)
            case ["o", *several]:
                return list(dict.fromkeys(one for each in several[:8] for one in self.paths(each, module, depth + 1)))[
                    :_MOST_OF_ONE
                ]
            case ["p", _, list() as annotation]:
                return [f"{one}()" if one != UNKNOWN else one for one in self.types(annotation, module, depth + 1)]
        return [UNKNOWN]

    def types(self, annotation: Expression, module: Module, depth: int = 0) -> list[str]:
        """Return the classes that an annotation names: `X | None`, `Optional[X]` and `Annotated[X, …]` are X."""
        if depth > _DEEPEST_EXPRESSION:
            return [UNKNOWN]
        match annotation:
            case ["[]", of, ["l", [first, *_]]]:
                if any(one in _WRAPPERS for one in self.paths(of, module, depth)):
                    return self.types(first, module, depth + 1)
                return self.paths(of, module, depth)
            case ["o", *several]:
                return [one for each in several if each != ["k", None] for one in self.types(each, module, depth + 1)][
                    :8
                ]
            case ["k", None]:
                return []
        return self.paths(annotation, module, depth)

    def _returned(self, callee: Expression, args: Sequence[Expression], module: Module, depth: int) -> list[str]:
        callees = self.paths(callee, module, depth + 1)
        if args and any("functools.partial" in self.hops(one) for one in callees):
            return self.paths(args[0], module, depth + 1)
        return [f"{one}()" for one in callees]

    def _hops(self, path: str) -> tuple[str, ...]:
        """Return every qualified name by which `path` is known, itself first; what it ends at comes last."""
        seen: dict[str, None] = {path: None}
        waiting = [path] if self._following < _DEEPEST else []
        self._following += 1
        try:
            while waiting and len(seen) < _MOST_STEPS:
                for further, is_last in self._step(waiting.pop(0)):
                    if further not in seen and len(further) <= _LONGEST_PATH:
                        seen[further] = None
                        if not is_last:
                            waiting.append(further)
        finally:
            self._following -= 1
        return tuple(seen)

    def _step(self, path: str) -> Iterator[tuple[str, bool]]:
        """Yield what `path` is, one step further, and whether that leads nowhere else."""
        split = self.modules.split(path)
        if split is None or not split[1]:
            return
        module, rest = split
        segments = segments_of(rest)
        meaning = module.names.get(segments[0])
        if meaning is None:
            for source in self._star_sources(segments[0], module):
                # What is compiled seems to be of its package, and so would lead to itself without an end.
                yield _extended(source, segments), source not in self.modules.by_name
            return
        yield from self._into(meaning, module, segments[1:], f"{module.name}.{segments[0]}")

    def _star_sources(self, name: str, module: Module) -> list[str]:
        """Return the modules from which `name` may come by `*`: others, and own that may have it; the last few."""
        sources = [self.modules.absolute(star, module) for star in module.stars]
        return [source for source in sources if self._may_have(source, name)][-_MOST_STARS:]

    def _may_have(self, source: str, name: str) -> bool:
        own = self.modules.by_name.get(source)
        return own is None or bool(own.stars) or name in own.names or f"{source}.{name}" in self.modules.by_name

    def _into(self, meaning: Expression, module: Module, rest: list[str], path: str) -> Iterator[tuple[str, bool]]:
        match meaning:
            case ["o", *several]:
                for one in several[:_MOST_OF_ONE]:
                    yield from self._into(one, module, rest, path)
            case ["D", definition] if definition.get("c"):
                yield from self._of_class(definition, module, rest, path)
            case ["D", definition]:
                if rest[:1] == ["()"] and (returned := definition.get("y")):
                    for one in self.types(returned, module):
                        yield _extended(one, ["()", *rest[1:]]), False
            case _:
                for one in self.paths(meaning, module):
                    if one != UNKNOWN:
                        yield _extended(one, rest), False

    def _of_class(
        self, definition: Definition, module: Module, rest: list[str], path: str
    ) -> Iterator[tuple[str, bool]]:
        """Yield what an attribute of a class or its instance is, where the first class of its order has it.

        And, since a method may be inherited from any, what it is called in each class before that.
        """
        called = rest[:1] == ["()"]
        wanted = rest[1:] if called else rest
        attributes = definition.get("a", {})
        if wanted and wanted[0] in attributes:
            yield from self._into(attributes[wanted[0]], module, wanted[1:], f"{path}.{wanted[0]}")
            return
        for ancestor in self.order(path)[1:] if rest else ():
            own = self._class_at(ancestor)
            has_it = own is not None and bool(wanted) and wanted[0] in own.meaning[1].get("a", {})
            yield _extended(ancestor, rest), not has_it
            if has_it:
                return

    def ancestors(self, path: str) -> tuple[str, ...]:
        """Return the qualified names of the classes that a class inherits from, at any distance."""
        return self.order(path)[1:]

    def _order(self, path: str) -> tuple[str, ...]:
        """Return the method resolution order of a class, of which those of other packages have no bases.

        https://docs.python.org/3/howto/mro.html
        """
        found = self._class_at(path)
        if found is None or path in self._ordering or len(self._ordering) > _DEEPEST:
            return (path,)
        bases = [
            self._home(one)
            for base in found.meaning[1].get("b", ())
            for one in self.paths(base, found.module)[:1]
            if one != UNKNOWN
        ]
        bases = [base for base in dict.fromkeys(bases) if base != path]
        self._ordering.append(path)
        try:
            orders = [list(self.order(base)) for base in bases]
        finally:
            self._ordering.pop()
        return (path, *_merged([*orders, bases]))

    def _home(self, path: str) -> str:
        return self.hops(path)[-1]

    def _class_at(self, path: str) -> Found | None:
        found = self.bound_at(path)
        return found if found is not None and found.meaning[0] == "D" and found.meaning[1].get("c") else None

    def _found(self, path: str) -> Found | None:
        """Return what is bound at `path`, after all steps; None if that is not of this repository."""
        for hop in reversed(self.hops(path)):
            if at := self.bound_at(hop):
                return at
        return None

    def bound_at(self, path: str) -> Found | None:
        """Return what is bound right at `path`, without a step further."""
        split = self.modules.split(path)
        if split is None or not split[1]:
            return None
        module, rest = split
        first, *others = segments_of(rest)
        meaning = module.names.get(first)
        for segment in others:
            if meaning is None or meaning[0] != "D" or not meaning[1].get("c"):
                return None
            meaning = meaning[1].get("a", {}).get(segment)
        return None if meaning is None else Found(path, module, meaning)


def _extended(path: str, segments: list[str]) -> str:
    return joined([path, *segments]) if segments else path


def _merged(orders: list[list[str]]) -> list[str]:
    """Merge orders of classes as Python does; where it would refuse, the first one goes on."""
    merged: list[str] = []
    orders = [order for order in orders if order]
    if sum(map(len, orders)) > _MOST_MERGED:
        return list(dict.fromkeys(one for order in orders for one in order))[:_MOST_MERGED]
    while orders:
        heads = [order[0] for order in orders]
        chosen = next((head for head in heads if not any(head in order[1:] for order in orders)), heads[0])
        merged.append(chosen)
        orders = [rest for order in orders if (rest := [one for one in order if one != chosen])]
    return merged
