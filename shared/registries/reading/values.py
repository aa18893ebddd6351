"""Expressions whose value the source tells: constants, f-strings of them, members of enumerations, class attributes."""

from collections.abc import Sequence

from shared.registries.reading.modules import Module
from shared.registries.reading.notation import Expression
from shared.registries.reading.resolving import Found, Resolver

_LONGEST = 500
_DEEPEST = 30
_MOST_ITEMS = 2_000
_MOST_STEPS = 20_000
_ENUMS = frozenset({"enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag", "enum.IntFlag"})


class UnresolvedError(ValueError):
    """The source does not tell; the message says why, for people."""


class Values:
    """Evaluates what is constant within one repository, and nothing else."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._steps = 0

    def names(self, value: Expression, module: Module) -> list[str]:
        """Return the text that `value` is, or those of the list that it is. Raises `UnresolvedError`."""
        self._steps = 0
        if (items := self._list(value, module)) is not None:
            return [self.text(one, there) for one, there in items]
        return [self.text(value, module)]

    def text(self, value: Expression, module: Module, depth: int = 0) -> str:  # noqa: PLR0911  a table of forms
        """Return the text that `value` is. Raises `UnresolvedError`."""
        self._steps += 1
        if depth > _DEEPEST or self._steps > _MOST_STEPS:
            raise UnresolvedError("it is defined by itself, or of too many parts")
        match value:
            case ["s", str(text)]:
                return text
            case ["k", int(number)] if not isinstance(number, bool):
                return str(number)
            case ["k", _]:
                raise UnresolvedError("it is no text")
            case ["j", list(parts)]:
                return _short("".join(self.text(part, module, depth + 1) for part in parts))
            case ["f", formatted]:
                return self._shown(formatted, module, depth)
            case ["o", *several]:
                return self._same(several, module, depth)
            case ["[]", of, key]:
                return self._entry(of, key, module, depth)
            case ["r" | "i" | "a" | ".", *_]:
                return self._named(value, module, depth)
        raise UnresolvedError(why(value))

    def _same(self, several: Sequence[Expression], module: Module, depth: int) -> str:
        texts = {self.text(one, module, depth + 1) for one in several}
        if len(texts) > 1:
            raise UnresolvedError("it is one of several, which is decided at run time")
        return texts.pop()

    def _named(self, value: Expression, module: Module, depth: int) -> str:
        for path in self._resolver.paths(value, module):
            if (member := self._member(path)) is not None:
                return self._member_text(*member, depth)
            if found := self._resolver.found(path):
                if enumeration := self._enumeration(found):
                    return self._member_itself(found, enumeration, depth)
                return self.text(found.meaning, found.module, depth + 1)
        raise UnresolvedError(f"what `{value[-1] if value[0] != '.' else value[2]}` is, is not in this repository")

    def _member(self, path: str) -> tuple[Found, str] | None:
        """Return the member of an enumeration of which `path` is the value or the name."""
        before, _, last = path.rpartition(".")
        if last not in ("value", "name", "_value_", "_name_"):
            return None
        found = self._resolver.found(before)
        return (found, last.strip("_")) if found and self._enumeration(found) else None

    def _enumeration(self, found: Found) -> list[str]:
        """Return what the enumeration of which `found` is a member inherits from; nothing if it is none."""
        ancestors = self._resolver.ancestors(found.path.rpartition(".")[0])
        return list(ancestors) if _ENUMS & set(ancestors) else []

    def _member_text(self, found: Found, what: str, depth: int) -> str:
        name = found.path.rpartition(".")[2]
        if what == "name":
            return name
        if found.meaning[0] == "c":  # enum.auto()
            paths = self._resolver.paths(found.meaning, found.module)
            is_auto = any("enum.auto()" in self._resolver.hops(path) for path in paths)
            if is_auto and "enum.StrEnum" in self._enumeration(found):
                return name.lower()
            raise UnresolvedError("the value of the enumeration's member is computed")
        return self.text(found.meaning, found.module, depth + 1)

    def _member_itself(self, found: Found, ancestors: Sequence[str], depth: int) -> str:
        if any(one.rpartition(".")[2] == "str" for one in ancestors) or "enum.StrEnum" in ancestors:
            return self._member_text(found, "value", depth)
        return ".".join(found.path.split(".")[-2:])

    def _shown(self, value: Expression, module: Module, depth: int) -> str:
        """Since Python 3.12, an f-string shows a member of `(str, Enum)` by its name."""
        for path in self._resolver.paths(value, module) if value[0] in ("r", "i", "a", ".") else ():
            found = self._resolver.found(path)
            if found and (ancestors := self._enumeration(found)) and "enum.StrEnum" not in ancestors:
                return ".".join(found.path.split(".")[-2:])
        return self.text(value, module, depth + 1)

    def _entry(self, of: Expression, key: Expression, module: Module, depth: int) -> str:
        table, there = self.followed(of, module)
        wanted = self.text(key, module, depth + 1)
        if table[0] == "d":
            for its, value in table[1]:
                if its[0] != "*" and self.text(its, there, depth + 1) == wanted:
                    return self.text(value, there, depth + 1)
        if table[0] == "l" and wanted.isdigit() and int(wanted) < len(table[1]):
            return self.text(table[1][int(wanted)], there, depth + 1)
        raise UnresolvedError("it is an entry of something that is not known")

    def followed(self, value: Expression, module: Module) -> tuple[Expression, Module]:
        """Return what a name is bound to, with its module; what is no name is itself."""
        if value[0] in ("r", "i", "a", "."):
            for path in self._resolver.paths(value, module):
                if found := self._resolver.found(path):
                    return found.meaning, found.module
        return value, module

    def _list(self, value: Expression, module: Module) -> list[tuple[Expression, Module]] | None:
        meaning, there = self.followed(value, module)
        return self._flat(meaning, there) if meaning[0] == "l" else None

    def items(self, value: Expression, module: Module, depth: int = 0) -> list[tuple[Expression, Module]]:
        """Return what a loop over `value` takes one by one. Raises `UnresolvedError`."""
        if depth > _DEEPEST:
            raise UnresolvedError("a loop over what is defined by itself, or too far away")
        match value:
            case ["c", ["r" | "i" | "a", str(path)], [], _] if path.rpartition(".")[2] in ("items", "keys", "values"):
                table, there = self.followed([value[1][0], path.rpartition(".")[0]], module)
                return self._of_dict(table, there, path.rpartition(".")[2])
            case ["c", ["r", "sorted" | "list" | "tuple" | "set" | "reversed" | "frozenset"], [one], _]:
                return self.items(one, module, depth + 1)
        meaning, there = self.followed(value, module)
        if meaning[0] == "d":
            return self._of_dict(meaning, there, "keys")
        if meaning[0] == "l":
            return self._flat(meaning, there, depth)
        if meaning[0] == "c" and meaning is not value:
            return self.items(meaning, there, depth + 1)
        raise UnresolvedError(f"a loop over {why(meaning)}")

    def _flat(self, value: Expression, module: Module, depth: int = 0) -> list[tuple[Expression, Module]]:
        items: list[tuple[Expression, Module]] = []
        for one in value[1]:
            items += self.items(one[1], module, depth + 1) if one[0] == "*" else [(one, module)]
            if len(items) > _MOST_ITEMS:
                raise UnresolvedError(f"a loop over more than {_MOST_ITEMS:,} values")
        return items

    def _of_dict(self, table: Expression, module: Module, what: str) -> list[tuple[Expression, Module]]:
        if table[0] != "d" or any(key[0] == "*" for key, _ in table[1]):
            raise UnresolvedError("a loop over a dict that is not written out")
        if what == "items":
            return [(["l", [key, value]], module) for key, value in table[1]]
        return [(entry[0 if what == "keys" else 1], module) for entry in table[1]]


def why(value: Expression) -> str:
    """Return in words what an expression is that has no constant value."""
    match value:
        case ["?", str(reason)]:
            return reason
        case ["p", str(name), _]:
            return f"the parameter or variable `{name}`"
        case ["c", *_]:
            return "what a call returns"
        case ["D", *_]:
            return "a function or class"
        case ["l" | "d", *_]:
            return "a list or dict"
    return "something that only running it can tell"


def _short(text: str) -> str:
    if len(text) > _LONGEST:
        raise UnresolvedError(f"it has more than {_LONGEST} characters")
    return text
