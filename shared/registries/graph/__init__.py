"""Names, and what differs between two commits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from shared.registries.files import Unread


@dataclass(frozen=True, slots=True)
class Node:
    """A name that is registered."""

    name: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Registry:
    """All of them."""

    nodes: Sequence[Node]
    unread: Sequence[Unread]


class NodeView(TypedDict):
    """A name that is registered."""

    name: str
    file: str
    line: int
    url: str | None


class UnreadView(TypedDict):
    """A file that was not read."""

    file: str
    reason: str


class RegistryView(TypedDict):
    """All of them."""

    schema: int
    nodes: list[NodeView]
    unread: list[UnreadView]


class DifferenceView(TypedDict):
    """What differs."""

    schema: int
    added: list[str]
    removed: list[str]


def as_json(registry: Registry, *, link_to: Callable[[str, int], str] | None) -> RegistryView:
    """Return what the API shows."""
    nodes: list[NodeView] = [
        {"name": n.name, "file": n.file, "line": n.line, "url": link_to(n.file, n.line) if link_to else None}
        for n in registry.nodes
    ]
    return {"schema": 1, "nodes": nodes, "unread": [{"file": u.path, "reason": u.reason} for u in registry.unread]}


def difference(before: Registry, after: Registry) -> DifferenceView:
    """Return what differs."""
    old, new = {node.name for node in before.nodes}, {node.name for node in after.nodes}
    return {"schema": 1, "added": sorted(new - old), "removed": sorted(old - new)}
