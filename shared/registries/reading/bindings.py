"""What statements bind in their own scope: names, and the expressions or statements that they stand for."""

import ast
from collections.abc import Callable, Iterable
from typing import Any

from shared.registries.reading.notation import Expression, unknown

type Bound = Expression | ast.expr | ast.stmt
type Bindings = dict[str, list[Bound]]

_LOOP = "a loop's variable"
_MANAGED = "what a context manager gave"
_UNPACKED = "an unpacked value"
_CHANGED = "a name that is changed where it stands"


def bound_by(statements: Iterable[ast.stmt]) -> Bindings:
    """Return what statements bind in their own scope, also within their branches and loops; what is imported by `*`
    stands under "*".
    """
    bindings: Bindings = {}
    waiting = list(statements)[::-1]
    while waiting:
        statement = waiting.pop()
        if binder := _BINDERS.get(type(statement)):
            binder(statement, bindings)
        if type(statement) in _BLOCKS:
            waiting.extend(reversed(_inner(statement)))
    return bindings


def _inner(statement: ast.stmt) -> list[ast.stmt]:
    """Return the statements within a compound statement that are of the same scope as it, in their order."""
    inner: list[ast.stmt] = []
    for field in _BLOCKS[type(statement)]:
        for child in getattr(statement, field):
            inner.extend(child.body if isinstance(child, ast.ExceptHandler | ast.match_case) else [child])
    return inner


_BLOCKS: dict[type[ast.stmt], tuple[str, ...]] = {
    kind: tuple(field for field in ("body", "handlers", "cases", "orelse", "finalbody") if field in kind._fields)
    for kind in (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
}
"""The fields of compound statements that hold statements of the same scope."""


def imported_names(statement: ast.Import | ast.ImportFrom) -> Iterable[tuple[str, str]]:
    """Return each name that an import binds, with what it names; "*" for all of a module."""
    if isinstance(statement, ast.ImportFrom):
        start = "." * statement.level + (f"{statement.module}." if statement.module else "")
        for alias in statement.names:
            yield (
                alias.asname or alias.name,
                start.rstrip(".")
                if alias.name == "*" and statement.module
                else (start if alias.name == "*" else start + alias.name),
            )
        return
    for alias in statement.names:
        yield alias.asname or alias.name.partition(".")[0], alias.name if alias.asname else alias.name.partition(".")[0]


def _import(statement: ast.Import | ast.ImportFrom, bindings: Bindings) -> None:
    for name, what in imported_names(statement):
        bindings.setdefault(name, []).append(["i", what])


def _assign(statement: ast.Assign, bindings: Bindings) -> None:
    for target in statement.targets:
        _bind(target, statement.value, bindings)


def _bind(target: ast.expr, value: ast.expr, bindings: Bindings) -> None:
    if isinstance(target, ast.Name):
        bindings.setdefault(target.id, []).append(value)
        return
    if isinstance(target, ast.Tuple | ast.List):
        if (
            isinstance(value, ast.Tuple | ast.List)
            and len(value.elts) == len(target.elts)
            and not _starred(target, value)
        ):
            for one, its in zip(target.elts, value.elts, strict=True):
                _bind(one, its, bindings)
            return
        _bind_all(target, _UNPACKED, bindings)


def _starred(*several: ast.Tuple | ast.List) -> bool:
    return any(isinstance(item, ast.Starred) for one in several for item in one.elts)


def _bind_all(target: ast.AST, why: str, bindings: Bindings) -> None:
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bindings.setdefault(node.id, []).append(unknown(why))


def _annotated(statement: ast.AnnAssign, bindings: Bindings) -> None:
    if isinstance(statement.target, ast.Name):
        value = statement.value or Declared(statement.target.id, statement.annotation)
        bindings.setdefault(statement.target.id, []).append(value)


def _defined(statement: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, bindings: Bindings) -> None:
    bindings.setdefault(statement.name, []).append(statement)


def _augmented(statement: ast.AugAssign, bindings: Bindings) -> None:
    _bind_all(statement.target, _CHANGED, bindings)


def _for(statement: ast.For | ast.AsyncFor, bindings: Bindings) -> None:
    _bind_all(statement.target, _LOOP, bindings)


def _with(statement: ast.With | ast.AsyncWith, bindings: Bindings) -> None:
    for item in statement.items:
        if item.optional_vars is not None:
            _bind_all(item.optional_vars, _MANAGED, bindings)


def _try(statement: ast.Try | ast.TryStar, bindings: Bindings) -> None:
    for handler in statement.handlers:
        if handler.name:
            bindings.setdefault(handler.name, []).append(unknown("a caught exception"))


def _match(statement: ast.Match, bindings: Bindings) -> None:
    for case in statement.cases:
        for node in ast.walk(case.pattern):
            if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
                bindings.setdefault(node.name, []).append(unknown("a matched value"))


_BINDERS: dict[type[ast.stmt], Callable[[Any, Bindings], None]] = {
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.FunctionDef: _defined,
    ast.AsyncFunctionDef: _defined,
    ast.ClassDef: _defined,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.Match: _match,
}


class Declared(ast.expr):
    """A variable of which only the annotation is known."""

    def __init__(self, name: str, annotation: ast.expr | None) -> None:
        super().__init__()
        self.name = name
        self.annotation = annotation
