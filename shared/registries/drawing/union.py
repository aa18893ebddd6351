"""What is drawn: one commit, or two in one picture with what only one of them has."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.registries.graph.comparison import Marks, marks_of
from shared.registries.graph.model import Edge, Node, Registry

_NOTHING = Marks(frozenset(), frozenset(), frozenset(), frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Drawn:
    """Nodes and edges in the order in which they are drawn, and how each is marked."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    marks: Marks
    in_cycles: frozenset[tuple[str, str]]

    def mark_of(self, identity: str) -> str:
        """Return "added", "removed", "changed", or "" for a node."""
        for mark in ("added", "removed", "changed"):
            if identity in getattr(self.marks, mark):
                return mark
        return ""

    def mark_of_edge(self, edge: Edge) -> str:
        """Return "added", "removed", "cycle", or "" for an edge."""
        ends = (edge.source, edge.target)
        if ends in self.marks.added_edges:
            return "added"
        if ends in self.marks.removed_edges:
            return "removed"
        return "cycle" if ends in self.in_cycles else ""


def drawn(registry: Registry, against: Registry | None) -> Drawn:
    """Return what a picture of `registry` shows; with what `against`, an earlier commit, has and it has not."""
    nodes, edges = list(registry.nodes), list(registry.edges)
    marks = _NOTHING
    if against is not None:
        marks = marks_of(against, registry)
        nodes += [node for node in against.nodes if node.id in marks.removed]
        edges += [edge for edge in against.edges if (edge.source, edge.target) in marks.removed_edges]
    return Drawn(tuple(nodes), tuple(edges), marks, frozenset(_within(registry.cycles, registry.edges)))


def _within(cycles: Iterable[Iterable[str]], edges: Iterable[Edge]) -> Iterable[tuple[str, str]]:
    group = {identity: number for number, cycle in enumerate(cycles) for identity in cycle}
    for edge in edges:
        if edge.source in group and group[edge.source] == group.get(edge.target):
            yield edge.source, edge.target
