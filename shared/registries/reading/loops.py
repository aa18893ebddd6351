"""A call in a loop over values that the source writes out, as one call for each."""

from collections.abc import Iterator, Sequence
from typing import Any

from shared.registries.reading.modules import Module
from shared.registries.reading.notation import Expression, unknown
from shared.registries.reading.resolving import Resolver
from shared.registries.reading.values import UnresolvedError, Values

_MOST_TURNS = 5_000

type Hit = dict[str, Any]


def unrolled(hit: Hit, module: Module, values: Values, resolver: Resolver) -> Iterator[Hit]:
    """Yield the hit once for each turn of the loops around it that it depends on. Raises `UnresolvedError`."""
    used = sorted(_loops_in([hit.get(part) for part in ("x", "a", "k", "o", "t")])) if "each" in hit else []
    if not used:
        yield hit
        return
    turns: list[dict[int, Expression]] = [{}]
    for loop in used:
        further = []
        for turn in turns:
            for item, there in values.items(_filled(hit["each"][loop], turn), module):
                further.append({**turn, loop: everywhere(item, there, resolver)})
                if len(further) > _MOST_TURNS:
                    raise UnresolvedError(f"a loop of more than {_MOST_TURNS:,} turns")
        turns = further
    for turn in turns:
        yield {**hit, **{part: _filled(hit[part], turn) for part in ("x", "a", "k", "o", "t") if part in hit}}


def everywhere(value: Expression, module: Module, resolver: Resolver) -> Expression:
    """Return an expression of one module as one that means the same in every module."""
    match value:
        case ["r" | "i", _]:
            paths = resolver.paths(value, module)
            return ["a", paths[0]] if len(paths) == 1 else value
    return [everywhere(one, module, resolver) if isinstance(one, list) else one for one in value]


def _loops_in(value: Any) -> set[int]:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return set()
    if value[:1] == ["v"]:
        return {int(value[1])}
    return {loop for one in value for loop in _loops_in(one)}


def _filled(value: Any, turn: dict[int, Expression]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, turn) for name, one in value.items()}
    if not isinstance(value, list):
        return value
    if value[:1] == ["v"] and value[1] in turn:
        return _part(turn[value[1]], value[2])
    return _attribute_of(value, [_filled(one, turn) for one in value])


def _part(item: Expression, position: int | None) -> Expression:
    if position is None:
        return item
    parts: Sequence[Expression] = item[1] if item[0] == "l" else ()
    return parts[position] if position < len(parts) else unknown("a part of a loop's value")


def _attribute_of(before: list[Any], value: list[Any]) -> list[Any]:
    """`cls.name` of a loop's `cls` is again an attribute of a name."""
    if before[:1] == ["."] and isinstance(value[1], list) and value[1][:1] == ["a"]:
        return ["a", f"{value[1][1]}.{value[2]}"]
    return value
