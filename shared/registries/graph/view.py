"""A registry as JSON, schema 1: members are added without a new number, and never change what they mean."""

from collections.abc import Callable
from typing import TypedDict

from shared.registries.graph.model import (
    Dangling,
    Edge,
    Node,
    Place,
    Reason,
    Registered,
    Registry,
    Unparsed,
    Unresolved,
)

SCHEMA = 1

type LinkTo = Callable[[str, int], str]


class PlaceView(TypedDict):
    """A line of a file; `url` shows it in Azure Repos, null without a link."""

    file: str
    line: int
    url: str | None


class ObjectView(TypedDict):
    """What is registered; `place` is null if the repository does not define it."""

    name: str
    place: PlaceView | None
    doc: str


class NodeView(TypedDict):
    """One registered name."""

    id: str
    name: str
    kind: str
    registry: str
    convention: str
    conditional: bool
    place: PlaceView
    object: ObjectView


class ReasonView(TypedDict):
    """Why an edge is there."""

    kind: str
    detail: str
    place: PlaceView


class EdgeView(TypedDict):
    """`source` depends on `target`, both ids of nodes."""

    source: str
    target: str
    reasons: list[ReasonView]


class DanglingView(TypedDict):
    """A name that `source` depends on, and that nothing in the repository registers."""

    source: str
    registry: str
    name: str
    reason: ReasonView


class UnresolvedView(TypedDict):
    """What is there, and cannot be told from the source."""

    what: str
    reason: str
    convention: str
    place: PlaceView


class FileView(TypedDict):
    """A file that was not read, or could not be; `line` is where, if that is known."""

    file: str
    reason: str
    line: int | None


class RegistryView(TypedDict):
    """All of it. `duplicates` are ids of nodes that have the same name in the same registry."""

    schema: int
    files: int
    nodes: list[NodeView]
    edges: list[EdgeView]
    cycles: list[list[str]]
    dangling: list[DanglingView]
    duplicates: list[list[str]]
    unresolved: list[UnresolvedView]
    unparsed: list[FileView]
    unread: list[FileView]
    limits: list[str]


def as_json(registry: Registry, *, link_to: LinkTo | None) -> RegistryView:
    """Return the registry as JSON; `link_to` makes the address of a file's line, or none has one."""
    view = _Views(link_to)
    return {
        "schema": SCHEMA,
        "files": registry.files,
        "nodes": [view.node(one) for one in registry.nodes],
        "edges": [view.edge(one) for one in registry.edges],
        "cycles": [list(one) for one in registry.cycles],
        "dangling": [view.dangling(one) for one in registry.dangling],
        "duplicates": [list(one) for one in registry.duplicates],
        "unresolved": [view.unresolved(one) for one in registry.unresolved],
        "unparsed": [_unparsed(one) for one in registry.unparsed],
        "unread": [{"file": one.path, "reason": one.reason, "line": None} for one in registry.unread],
        "limits": list(registry.limits),
    }


class _Views:
    def __init__(self, link_to: LinkTo | None) -> None:
        self._link_to = link_to

    def place(self, place: Place) -> PlaceView:
        url = self._link_to(place.path, place.line) if self._link_to else None
        return {"file": place.path, "line": place.line, "url": url}

    def node(self, node: Node) -> NodeView:
        return {
            "id": node.id,
            "name": node.name,
            "kind": node.kind,
            "registry": node.registry,
            "convention": node.convention,
            "conditional": node.conditional,
            "place": self.place(node.place),
            "object": self._object(node.object),
        }

    def _object(self, registered: Registered) -> ObjectView:
        place = self.place(registered.place) if registered.place else None
        return {"name": registered.qualified, "place": place, "doc": registered.summary}

    def edge(self, edge: Edge) -> EdgeView:
        return {"source": edge.source, "target": edge.target, "reasons": [self.reason(one) for one in edge.reasons]}

    def reason(self, reason: Reason) -> ReasonView:
        return {"kind": reason.kind, "detail": reason.detail, "place": self.place(reason.place)}

    def dangling(self, one: Dangling) -> DanglingView:
        return {"source": one.source, "registry": one.registry, "name": one.name, "reason": self.reason(one.reason)}

    def unresolved(self, one: Unresolved) -> UnresolvedView:
        return {
            "what": one.what,
            "reason": one.reason,
            "convention": one.convention,
            "place": self.place(one.place),
        }


def _unparsed(one: Unparsed) -> FileView:
    return {"file": one.path, "reason": one.reason, "line": one.line}
