"""Where each node is drawn. The layers and their order are the library's; it knows no sizes and takes no cycles.

https://github.com/austinorr/fast-sugiyama. It ends the process if an edge leads from a node to itself or edges form a
cycle, so it gets neither: an edge against the direction is drawn all the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

type Pair = tuple[str, str]

# More edges than these take the library seconds: then it gets one of each node only, and all are drawn.
_MOST_NODES = 700
_MOST_EDGES = 1_000
_LAYER = 72.0  # how far apart the library sets layers, and nodes within one
_ROW_GAP = 1.6
_NONE = -1
"""No node has this number."""


@dataclass(frozen=True, slots=True)
class Layout:
    """`places` are column and row of each node that has an edge, both from 0; `single` are nodes without any."""

    places: Mapping[str, tuple[int, float]]
    single: Sequence[str]
    rows: float


def laid_out(nodes: Sequence[str], edges: Iterable[Pair]) -> Layout:
    """Return where nodes are drawn.

    What depends on others is left of them, and parts that do not touch are one below another.
    """
    known = set(nodes)
    pairs = list(dict.fromkeys(pair for pair in edges if pair[0] != pair[1] and known.issuperset(pair)))
    touched = {identity for pair in pairs for identity in pair}
    places: dict[str, tuple[int, float]] = {}
    top = 0.0
    for part in _parts([one for one in nodes if one in touched], pairs):
        placed = _placed(part)
        places |= {identity: (column, row + top) for identity, (column, row) in placed.items()}
        top += max(row for _, row in placed.values()) + _ROW_GAP
    return Layout(places, [one for one in nodes if one not in touched], top)


def _parts(nodes: Sequence[str], pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Return the edges of each part of the graph that touches no other, the largest part first."""
    parent = {identity: identity for identity in nodes}

    def root(identity: str) -> str:
        while parent[identity] != identity:
            parent[identity] = parent[parent[identity]]
            identity = parent[identity]
        return identity

    for source, target in pairs:
        parent[root(source)] = root(target)
    parts: dict[str, list[Pair]] = {}
    for pair in pairs:
        parts.setdefault(root(pair[0]), []).append(pair)
    return sorted(parts.values(), key=lambda part: -len(part))


def _placed(part: Sequence[Pair]) -> dict[str, tuple[int, float]]:
    import fast_sugiyama  # noqa: PLC0415  # only who draws pays for it

    numbers = {identity: number for number, identity in enumerate(dict.fromkeys(one for pair in part for one in pair))}
    arrows = _without_cycles([(numbers[source], numbers[target]) for source, target in part])
    if len(numbers) > _MOST_NODES or len(arrows) > _MOST_EDGES:
        arrows = _a_forest(arrows, len(numbers))
    placed: dict[int, tuple[float, float]] = {}
    below = 0.0
    for positions, breadth, _, _ in fast_sugiyama.from_edges(arrows, transpose=False):
        placed |= {int(number): (x + below, y) for number, (x, y) in positions if int(number) < len(numbers)}
        below += breadth + _LAYER
    deepest = max(y for _, y in placed.values())
    first = min(x for x, _ in placed.values())
    names = list(numbers)
    return {names[number]: (round((deepest - y) / _LAYER), (x - first) / _LAYER) for number, (x, y) in placed.items()}


def _without_cycles(arrows: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the edges with those turned round that lead back to a node from which they were reached."""
    after: dict[int, list[int]] = {}
    for source, target in arrows:
        after.setdefault(source, []).append(target)
    reached = {target for _, target in arrows}
    done: set[int] = set()
    under_way: set[int] = set()
    kept: dict[tuple[int, int], None] = {}
    for start in sorted(after, key=lambda node: (node in reached, node)):
        walk = [] if start in done else [(start, iter(after[start]))]
        under_way.update(node for node, _ in walk)
        while walk:
            node, rest = walk[-1]
            target = next(rest, _NONE)
            if target == _NONE:
                walk.pop()
                under_way.discard(node)
                done.add(node)
                continue
            kept[(target, node) if target in under_way else (node, target)] = None
            if target not in done and target not in under_way:
                under_way.add(target)
                walk.append((target, iter(after.get(target, ()))))
    return list(kept)


def _a_forest(arrows: Sequence[tuple[int, int]], nodes: int) -> list[tuple[int, int]]:
    """Return as many of the edges as hold all together without a second way."""
    parent = list(range(nodes))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    kept = []
    for source, target in arrows:
        if (one := root(source)) != (other := root(target)):
            parent[one] = other
            kept.append((source, target))
    return kept
