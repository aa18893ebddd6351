"""Decorators, calls and tables that register: what, and under which names."""

import re
from collections.abc import Iterable, Iterator, Sequence

from shared.registries.conventions import Convention
from shared.registries.graph.model import Place, Unresolved
from shared.registries.reading.drafts import Draft, Subject
from shared.registries.reading.loops import everywhere, unrolled
from shared.registries.reading.matching import Hit, Match, Matching
from shared.registries.reading.modules import Module
from shared.registries.reading.notation import Expression
from shared.registries.reading.resolving import UNKNOWN, Resolver
from shared.registries.reading.values import UnresolvedError, Values

_PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}([^\w{]?)")
_MOST_PARTIALS = 10
_UNPACKED = "its keyword arguments are unpacked"
_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class AbsentError(Exception):
    """A source of a name gives none; the next one is asked."""


class Calls:
    """Turns the hits of modules into drafts."""

    def __init__(self, matching: Matching, resolver: Resolver, values: Values) -> None:
        self._matching = matching
        self._resolver = resolver
        self.values = values

    def drafts(self, hit: Hit, module: Module) -> Iterator[Draft | Unresolved]:
        """Yield what a hit registers, and what of it cannot be told."""
        place = Place(module.path, int(hit["l"]))
        try:
            turns = list(unrolled(hit, module, self.values, self._resolver))
        except UnresolvedError as error:
            if match := self._matching.match(hit, module):
                yield Unresolved(place, "registration", str(error), match.convention.id)
            return
        for turn in turns:
            yield from self._of_turn(turn, module, place)

    def _of_turn(self, hit: Hit, module: Module, place: Place) -> Iterator[Draft | Unresolved]:
        match = self._matching.match(hit, module)
        if match is None:
            if reason := self._matching.possible(hit, module):
                yield reason
            return
        if hit["f"] == "t":
            yield from self._table(hit, module, match)
            return
        args, keywords = self._arguments(hit, module)
        try:
            subject = self._subject(hit, module, match.convention, args, keywords)
            if subject is None:
                return
            names = self._names(match.convention, subject, args, keywords, module)
        except UnresolvedError as error:
            yield Unresolved(place, "registration", str(error), match.convention.id)
            return
        except AbsentError:
            if match.convention.unnamed == "unresolved":
                yield Unresolved(place, "registration", "it has no name", match.convention.id)
            return
        for name in names:
            label = self._label(match, name, subject, args, keywords, module)
            yield Draft(match.convention, match.registry, label, place, subject, module, "if" in hit, args, keywords)

    def _arguments(self, hit: Hit, module: Module) -> tuple[list[Expression], dict[str, Expression]]:
        args, keywords = list(hit.get("a", ())), dict(hit.get("k", {}))
        for path in self._resolver.paths(hit["x"], module)[:1]:
            for hop in self._resolver.hops(path):
                bound = self._resolver.bound_at(hop)
                if bound is None or bound.meaning[0] != "c" or not bound.meaning[2]:
                    continue
                _, callee, given, named = bound.meaning
                if "functools.partial" in self._all_hops(callee, bound.module):
                    args = [*(everywhere(one, bound.module, self._resolver) for one in given[1:]), *args]
                    keywords = {
                        name: everywhere(one, bound.module, self._resolver) for name, one in named.items()
                    } | keywords
        return args, keywords

    def _all_hops(self, expression: Expression, module: Module) -> set[str]:
        return {hop for path in self._resolver.paths(expression, module) for hop in self._resolver.hops(path)}

    def _subject(
        self,
        hit: Hit,
        module: Module,
        convention: Convention,
        args: Sequence[Expression],
        keywords: dict[str, Expression],
    ) -> Subject | None:
        """Return what is registered; None if nothing is, since another hit does it. Raises `UnresolvedError`."""
        if "o" in hit:
            return self.subject(hit["o"], module)
        for source in convention.object:
            if (value := _argument(source, args, keywords)) is not None:
                return self.subject(value, module)
        if not convention.object:
            return Subject()
        if "drop" in hit:
            raise UnresolvedError("nothing is given that would be registered")
        return None

    def subject(self, value: Expression, module: Module, depth: int = 0) -> Subject:  # noqa: PLR0911  a table of forms
        """Return what an expression stands for: its definition, if the repository has it."""
        if depth > _MOST_PARTIALS:
            return Subject()
        match value:
            case ["D", definition]:
                return Subject(f"{module.name}.{definition['n']}", definition, module)
            case ["c", callee, [first, *_], _] if "functools.partial" in self._all_hops(callee, module):
                return self.subject(first, module, depth + 1)
        for path in self._resolver.paths(value, module):
            if path == UNKNOWN:
                continue
            found = self._resolver.found(path)
            if found and found.meaning[0] == "D":
                return Subject(found.path, found.meaning[1], found.module)
            if found and found.meaning[0] == "c" and found.meaning is not value:
                return self.subject(found.meaning, found.module, depth + 1)
            return Subject(self._resolver.hops(path)[-1])
        return Subject()

    def _names(
        self,
        convention: Convention,
        subject: Subject,
        args: Sequence[Expression],
        keywords: dict[str, Expression],
        module: Module,
    ) -> list[str]:
        return self.names(convention.name, subject, args, keywords, module)

    def names(
        self,
        sources: Iterable[str],
        subject: Subject,
        args: Sequence[Expression],
        keywords: dict[str, Expression],
        module: Module,
    ) -> list[str]:
        """Return the names that the first of `sources` gives that is there.

        Raises `UnresolvedError`, `AbsentError`.
        """
        for source in sources:
            what, _, which = source.partition(":")
            if what == "object":
                if "**" in keywords:
                    raise UnresolvedError(_UNPACKED)
                if subject.qualified:
                    return [_styled(subject, which)]
                continue
            value, there = (
                (_argument(source, args, keywords), module) if what == "argument" else self._attribute(subject, which)
            )
            if value is not None and value != ["k", None]:
                return self.values.names(value, there)
        if "**" in keywords:
            raise UnresolvedError(_UNPACKED)
        raise AbsentError

    def _attribute(self, subject: Subject, name: str) -> tuple[Expression | None, Module]:
        found = self._resolver.found(f"{subject.qualified}.{name}") if subject.module else None
        if found is None:
            return None, subject.module or Module("", "", "")
        return found.meaning, found.module

    def _label(
        self,
        match: Match,
        name: str,
        subject: Subject,
        args: Sequence[Expression],
        keywords: dict[str, Expression],
        module: Module,
    ) -> str:
        template = match.convention.label
        if template == "{name}":
            return name
        method = match.path.rpartition(".")[2]
        known = {"name": name, "call": method, "CALL": method.upper(), "object": subject.name}

        def filled(found: re.Match[str]) -> str:
            what, which, after = found.groups()
            text = known.get(what) if which is None else self._placed(what, which, match, args, keywords, module)
            return text + after if text else ""

        return _PLACEHOLDER.sub(filled, template)

    def _placed(
        self,
        what: str,
        which: str,
        match: Match,
        args: Sequence[Expression],
        keywords: dict[str, Expression],
        module: Module,
    ) -> str:
        """Return an argument, or an attribute of the class whose method is called, for a label; "?" if not known."""
        if what == "attribute":
            found = self._resolver.found(f"{match.path.rpartition('.')[0]}.{which}")
            value, there = (found.meaning, found.module) if found else (None, module)
        else:
            value, there = _argument(f"argument:{which}", args, keywords), module
        if value is None or value == ["k", None]:
            return ""
        try:
            return ",".join(self.values.names(value, there))
        except UnresolvedError:
            return "?"

    def _table(self, hit: Hit, module: Module, match: Match) -> Iterator[Draft | Unresolved]:
        if "t" not in hit:
            place = Place(module.path, int(hit["l"]))
            yield Unresolved(place, "table", "its entries are not written out", match.convention.id)
        for line, key, value in hit.get("t", ()):
            place = Place(module.path, int(line))
            try:
                name = self.values.text(key, module) if key[0] != "?" else self._unpacked()
            except UnresolvedError as error:
                yield Unresolved(place, "registration", str(error), match.convention.id)
                continue
            subject = self.subject(value, module)
            yield Draft(match.convention, match.registry, name, place, subject, module, "if" in hit)

    def _unpacked(self) -> str:
        raise UnresolvedError("entries of something else are unpacked into it")


def _argument(source: str, args: Sequence[Expression], keywords: dict[str, Expression]) -> Expression | None:
    """Return the argument that a source names, None if it is not given. Raises `UnresolvedError` if not known."""
    which = source.partition(":")[2]
    if not which.isdigit():
        return keywords.get(which)
    before = args[: int(which) + 1]
    if any(one[0] == "*" for one in before):
        raise UnresolvedError("its arguments are unpacked")
    return before[int(which)] if len(before) > int(which) else None


def _styled(subject: Subject, style: str) -> str:
    match style:
        case "qualified":
            return subject.qualified
        case "lower":
            return subject.name.lower()
        case "snake" | "upper_snake":
            snake = _BORDER.sub("_", subject.name)
            return snake.lower() if style == "snake" else snake.upper()
    return subject.name
