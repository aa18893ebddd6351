"""One quick look at everything that a statement contains: what it refers to, and whether it may register something.

It visits each node once and asks little of it, since it costs a fifth of parsing for all that there is.
"""

import ast
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from shared.registries.reading.scopes import imported_names

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BINDING = (ast.arg, ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.Import, ast.ImportFrom, ast.Global)


@dataclass(slots=True)
class Words:
    """The names by which calls are of interest."""

    calls: AbstractSet[str]
    look_ups: AbstractSet[str]


@dataclass(slots=True)
class Glance:
    """What a look at a statement found. `references` are dotted names with the line where each is first."""

    references: dict[str, int] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    imports: dict[str, str] = field(default_factory=dict)
    assigned_globals: set[str] = field(default_factory=set)
    look_ups: list[ast.Call] = field(default_factory=list)
    may_register: bool = False


def glance(statement: ast.AST, words: Words) -> Glance:
    """Return what a look at a statement and all within it finds."""
    seen = Glance()
    references, waiting = seen.references, [statement]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind is ast.Name:
            _name(node, seen)  # type: ignore[arg-type]  # `kind is` says so, and costs less than isinstance
            continue
        if kind is ast.Constant:
            continue
        if kind is ast.Attribute:
            if rest := _attribute(node, references):  # type: ignore[arg-type]
                waiting.append(rest)
            continue
        if kind is ast.Call:
            _call(node, words, seen)  # type: ignore[arg-type]
        elif isinstance(node, _DEFINITIONS):
            if node is not statement:
                seen.bound.add(node.name)
                seen.may_register = seen.may_register or bool(node.decorator_list)
        elif isinstance(node, _BINDING):
            _binding(node, seen)
        for name in node._fields:
            child = getattr(node, name, None)
            if type(child) is list:
                waiting.extend(one for one in child if isinstance(one, ast.AST))
            elif isinstance(child, ast.AST):
                waiting.append(child)
    return seen


def _name(node: ast.Name, seen: Glance) -> None:
    if type(node.ctx) is ast.Load:
        seen.references.setdefault(node.id, node.lineno)
    else:
        seen.bound.add(node.id)


def _attribute(node: ast.Attribute, references: dict[str, int]) -> ast.expr | None:
    parts = []
    inner: ast.expr = node
    while type(inner) is ast.Attribute:
        parts.append(inner.attr)
        inner = inner.value
    if type(inner) is not ast.Name:
        return inner
    parts.append(inner.id)
    references.setdefault(".".join(reversed(parts)), node.lineno)
    return None


def _call(node: ast.Call, words: Words, seen: Glance) -> None:
    called = node.func
    if type(called) is ast.Call:
        seen.may_register = True
        return
    word = called.attr if type(called) is ast.Attribute else called.id if type(called) is ast.Name else ""
    if word in words.calls:
        seen.may_register = True
    if word in words.look_ups:
        seen.look_ups.append(node)


def _binding(node: ast.AST, seen: Glance) -> None:
    match node:
        case ast.arg(arg=name):
            seen.bound.add(name)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            seen.bound.add(name)
        case ast.Import() | ast.ImportFrom():
            seen.imports.update(imported_names(node))
        case ast.Global(names=names):
            seen.assigned_globals.update(names)
