"""A registry: what one commit of a repository registers, and how that hangs together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, from 1."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Registered:
    """What is registered: the qualified name of the function or class, where it is, its docstring's first line.

    `place` is None for what the repository does not define, `qualified` is "" for what has no name.
    """

    qualified: str
    place: Place | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One name in one registry. `id` is unique; it differs from another's of the same name by a number at its end.

    `conditional`: it stands in a branch or a function, so that it may never happen.
    """

    id: str
    name: str
    kind: str
    registry: str
    convention: str
    place: Place
    object: Registered
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one node depends on another: a word for the kind, words for people, and the line that says so."""

    kind: str
    detail: str
    place: Place


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` depends on `target`, both ids of nodes."""

    source: str
    target: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Dangling:
    """`source` names what nobody registers here: another package may, or nobody."""

    source: str
    registry: str
    name: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A registration or a dependency that is there, and that the source alone does not tell."""

    place: Place
    what: str
    reason: str
    convention: str = ""


@dataclass(frozen=True, slots=True)
class Unparsed:
    """A file that cannot be read; `line` is where, if that is known."""

    path: str
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class NotRead:
    """A file that was never looked into, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything that is known of what one commit registers. Every list has an order that only its content decides."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()
    dangling: tuple[Dangling, ...] = ()
    duplicates: tuple[tuple[str, ...], ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    unparsed: tuple[Unparsed, ...] = ()
    unread: tuple[NotRead, ...] = ()
    files: int = 0
    conventions: str = ""
    limits: tuple[str, ...] = ()
