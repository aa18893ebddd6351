"""Decorators and calls that register: by which convention, in which registry, under which names, and what."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from sys import stdlib_module_names
from typing import Any

from shared.registries.conventions import Convention, Conventions
from shared.registries.conventions.paths import joined, segments_of
from shared.registries.graph.model import Place, Unresolved
from shared.registries.reading.drafts import Draft, Subject
from shared.registries.reading.loops import everywhere, unrolled
from shared.registries.reading.modules import Module
from shared.registries.reading.notation import Expression
from shared.registries.reading.resolving import UNKNOWN, Resolver
from shared.registries.reading.values import UnresolvedError, Values, why

type Hit = dict[str, Any]

_PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}([^\w{]?)")
_MOST_PARTIALS = 10
_UNPACKED = "its keyword arguments are unpacked"
_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class Match:
    """A convention by which what is called registers. `path` is how the source calls it, `registry` where."""

    convention: Convention
    path: str
    registry: str


class AbsentError(Exception):
    """A source of a name gives none; the next one is asked."""


class Calls:
    """Turns the hits of modules into drafts."""

    def __init__(self, conventions: Conventions, resolver: Resolver, values: Values) -> None:
        self._conventions = conventions
        self._resolver = resolver
        self.values = values
        self._named = cache(self._named_by)

    def may_register(self, use: str, module: Module) -> bool:
        """Whether what a module calls so may be what a convention names."""
        path = f"{module.name}.{use[1:]}" if use.startswith(":") else self._resolver.modules.absolute(use, module)
        if self._named("d", path) or self._named("c", path):
            return True
        return bool(self._conventions.possible(path.rpartition(".")[2]))

    def drafts(self, hit: Hit, module: Module) -> Iterator[Draft | Unresolved]:
        """Yield what a hit registers, and what of it cannot be told."""
        place = Place(module.path, int(hit["l"]))
        try:
            turns = list(unrolled(hit, module, self.values, self._resolver))
        except UnresolvedError as error:
            if match := self._match(hit, module):
                yield Unresolved(place, "registration", str(error), match.convention.id)
            return
        for turn in turns:
            yield from self._of_turn(turn, module, place)

    def _of_turn(self, hit: Hit, module: Module, place: Place) -> Iterator[Draft | Unresolved]:
        match = self._match(hit, module)
        if match is None:
            if reason := self._possible(hit, module):
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

    # Which convention

    def _match(self, hit: Hit, module: Module) -> Match | None:
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

    def _possible(self, hit: Hit, module: Module) -> Unresolved | None:
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

    # What, and under which names

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
            return None, subject.module or _nowhere()
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


def _nowhere() -> Module:
    return Module("", "", "", "[{},{}]")
