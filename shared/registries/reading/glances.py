"""One quick look at everything that a statement contains: what it refers to, binds, and looks up.

It visits each node once (twice in what imports for itself) and asks little of it, since it costs a fifth of parsing
for all that there is.
"""

import ast
import sys
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from shared.registries.reading.bindings import imported_names
from shared.registries.reading.expressions import dotted

_NO_LINE = sys.maxsize
_NO_NODES = frozenset(
    {"ctx", "op", "ops", "names", "name", "id", "attr", "arg", "asname", "type_comment", "type_ignores"}
)


def _getter(kind: type[ast.AST]) -> Callable[[Any], tuple[Any, ...]] | None:
    fields = [name for name in kind._fields if name not in _NO_NODES]
    if kind is ast.Constant or not fields:
        return None
    getter = attrgetter(*fields)
    return getter if len(fields) > 1 else lambda node: (getter(node),)


_CHILDREN = {
    kind: getter
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST) and (getter := _getter(kind))
}
"""What gives the nodes, and the lists of nodes, right within a node of each kind, in one call."""


def children_of(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes right within another; faster than `ast.iter_child_nodes`, without operators and contexts."""
    getter = _CHILDREN.get(type(node))
    for child in getter(node) if getter else ():
        if isinstance(child, list):
            yield from (one for one in child if isinstance(one, ast.AST))
        elif isinstance(child, ast.AST):
            yield child


@dataclass(slots=True)
class Words:
    """The names by which calls are of interest."""

    calls: AbstractSet[str]
    look_ups: AbstractSet[str]


@dataclass(slots=True)
class Glance:
    """What a look at a statement found.

    `references` are dotted names that begin with a name of the module, or one that is imported here, with the line
    where each is first.
    """

    references: dict[str, int] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    imports: dict[str, str] = field(default_factory=dict)
    assigned_globals: set[str] = field(default_factory=set)
    look_ups: list[ast.Call] = field(default_factory=list)


def glance(statement: ast.AST, words: Words, names: AbstractSet[str]) -> Glance:
    """Return what a look at a statement and all within it finds; `names` are those of the module."""
    seen = _look(statement, words, names)
    if seen.imports:  # which may stand behind what refers to them
        seen = _look(statement, words, names | seen.imports.keys())
    return seen


def _look(statement: ast.AST, words: Words, names: AbstractSet[str]) -> Glance:
    seen = Glance()
    references, bound, waiting = seen.references, seen.bound, [statement]
    while waiting:
        node: Any = waiting.pop()
        kind = type(node)
        if kind is ast.Name:  # nearly every other node: no call is made for it
            name = node.id
            if type(node.ctx) is not ast.Load:
                bound.add(name)
            elif name in names and (line := node.lineno) < references.get(name, _NO_LINE):
                references[name] = line
        elif kind is list:
            waiting += node
        elif kind is ast.Attribute:
            waiting += _attribute(node, references, names)
        elif known := _KINDS.get(kind):
            getter, look = known
            if look:
                look(node, words, seen)
            if getter:
                waiting += getter(node)
    bound.discard(getattr(statement, "name", ""))
    return seen


def calls_of_interest(expression: ast.expr, words: Words) -> bool:
    """Whether there is a call in an expression that may register something."""
    waiting: list[Any] = [expression]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind is list:
            waiting += node
        elif getter := _CHILDREN.get(kind):
            if kind is ast.Call and (type(node.func) is ast.Call or word_of(node) in words.calls):
                return True
            waiting += getter(node)
    return False


def word_of(call: ast.Call) -> str:
    """Return the last name of what is called, "" if it is no name."""
    called = call.func
    return called.attr if type(called) is ast.Attribute else called.id if type(called) is ast.Name else ""


def _attribute(node: ast.Attribute, references: dict[str, int], names: AbstractSet[str]) -> Sequence[ast.expr]:
    inner = node.value
    while type(inner) is ast.Attribute:
        inner = inner.value
    if type(inner) is not ast.Name:
        return (inner,)
    if inner.id in names:  # `self` mostly is not
        path = dotted(node)
        if node.lineno < references.get(path, _NO_LINE):
            references[path] = node.lineno
    return ()


def _call(node: ast.Call, words: Words, seen: Glance) -> None:
    if word_of(node) in words.look_ups:
        seen.look_ups.append(node)


def _definition(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, words: Words, seen: Glance) -> None:  # noqa: ARG001
    seen.bound.add(node.name)


def _argument(node: ast.arg, words: Words, seen: Glance) -> None:  # noqa: ARG001
    seen.bound.add(node.arg)


def _named(node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar, words: Words, seen: Glance) -> None:  # noqa: ARG001
    if node.name:
        seen.bound.add(node.name)


def _import(node: ast.Import | ast.ImportFrom, words: Words, seen: Glance) -> None:  # noqa: ARG001
    seen.imports.update(imported_names(node))


def _global(node: ast.Global, words: Words, seen: Glance) -> None:  # noqa: ARG001
    seen.assigned_globals.update(node.names)


_LOOKS: dict[type, Callable[[Any, Words, Glance], None]] = {
    ast.Call: _call,
    ast.FunctionDef: _definition,
    ast.AsyncFunctionDef: _definition,
    ast.ClassDef: _definition,
    ast.arg: _argument,
    ast.ExceptHandler: _named,
    ast.MatchAs: _named,
    ast.MatchStar: _named,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.Global: _global,
}
_KINDS = {kind: (_CHILDREN.get(kind), _LOOKS.get(kind)) for kind in (_CHILDREN.keys() | _LOOKS.keys())}
