"""What is registered at one commit and not at another, and what is registered otherwise.

That a line moved is no change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from shared.registries.graph.model import Edge, Node, Registry
from shared.registries.graph.view import SCHEMA


class NodeName(TypedDict):
    """A node, briefly."""

    id: str
    name: str
    kind: str
    registry: str
    file: str


class Change(TypedDict):
    """A node that is there at both commits: what of it differs, as [before, after]."""

    id: str
    changed: dict[str, list[str]]


class EdgeName(TypedDict):
    """An edge, by the ids of its nodes."""

    source: str
    target: str


class Added(TypedDict):
    """Nodes and edges that only one of the two commits has."""

    nodes: list[NodeName]
    edges: list[EdgeName]


class DifferenceView(TypedDict):
    """What changed, as JSON of schema 1."""

    schema: int
    added: Added
    removed: Added
    changed: list[Change]


@dataclass(frozen=True, slots=True)
class Marks:
    """Which ids of nodes, and which edges, only one of two commits has, or both, but otherwise."""

    added: frozenset[str]
    removed: frozenset[str]
    changed: frozenset[str]
    added_edges: frozenset[tuple[str, str]]
    removed_edges: frozenset[tuple[str, str]]


def difference(before: Registry, after: Registry) -> DifferenceView:
    """Return what `after` has and `before` has not, the reverse, and what is registered otherwise."""
    old, new = _by_id(before.nodes), _by_id(after.nodes)
    return {
        "schema": SCHEMA,
        "added": {"nodes": _only(new, old), "edges": _only_edges(after.edges, before.edges)},
        "removed": {"nodes": _only(old, new), "edges": _only_edges(before.edges, after.edges)},
        "changed": [
            {"id": identity, "changed": what}
            for identity, node in new.items()
            if identity in old and (what := _changes(old[identity], node))
        ],
    }


def marks_of(before: Registry, after: Registry) -> Marks:
    """Return what a drawing of both marks."""
    old, new = _by_id(before.nodes), _by_id(after.nodes)
    old_edges = {(edge.source, edge.target) for edge in before.edges}
    new_edges = {(edge.source, edge.target) for edge in after.edges}
    return Marks(
        added=frozenset(new.keys() - old.keys()),
        removed=frozenset(old.keys() - new.keys()),
        changed=frozenset(one for one in new.keys() & old.keys() if _changes(old[one], new[one])),
        added_edges=frozenset(new_edges - old_edges),
        removed_edges=frozenset(old_edges - new_edges),
    )


def _by_id(nodes: Iterable[Node]) -> dict[str, Node]:
    return {node.id: node for node in nodes}


def _only(these: Mapping[str, Node], not_those: Mapping[str, Node]) -> list[NodeName]:
    return [
        {"id": one.id, "name": one.name, "kind": one.kind, "registry": one.registry, "file": one.place.path}
        for identity, one in these.items()
        if identity not in not_those
    ]


def _only_edges(these: Iterable[Edge], not_those: Iterable[Edge]) -> list[EdgeName]:
    known = {(edge.source, edge.target) for edge in not_those}
    return [{"source": one.source, "target": one.target} for one in these if (one.source, one.target) not in known]


def _changes(before: Node, after: Node) -> dict[str, list[str]]:
    parts = {
        "kind": (before.kind, after.kind),
        "convention": (before.convention, after.convention),
        "file": (before.place.path, after.place.path),
        "object": (before.object.qualified, after.object.qualified),
        "doc": (before.object.summary, after.object.summary),
        "conditional": (str(before.conditional).lower(), str(after.conditional).lower()),
    }
    return {name: [old, new] for name, (old, new) in parts.items() if old != new}
