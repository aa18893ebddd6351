"""Expressions of the source → the notation of summaries."""

import ast
from collections.abc import Callable
from typing import Any, Protocol

from shared.registries.reading.notation import Expression, attribute, string, unknown
from shared.texts.masking import masked

_LONGEST_STRING = 300
_DEEPEST = 40
_MOST_PARTS = 3_000


class Names(Protocol):
    """What names mean where an expression stands."""

    def meaning(self, name: str, spend: "Spending") -> Expression | None:
        """Return what a name means here; None if it is a name of the module, or of nobody."""


class Spending:
    """How much one expression may still take: its parts, and how deep they are nested."""

    def __init__(self, parts: int = _MOST_PARTS, depth: int = _DEEPEST) -> None:
        self.parts = parts
        self.depth = depth


def written(node: ast.expr | None, names: Names, spend: Spending | None = None) -> Expression:
    """Return `node` in the notation; what is too large or too deep is unknown."""
    if node is None:
        return ["k", None]
    spend = spend or Spending()
    spend.parts -= 1
    if spend.parts < 0 or spend.depth <= 0:
        return unknown("too large an expression")
    writer = _WRITERS.get(type(node))
    if writer is None:
        return unknown(_WORDS.get(type(node), "an expression that only running it can tell"))
    spend.depth -= 1
    try:
        return writer(node, names, spend)
    finally:
        spend.depth += 1


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` if the expression is just that, else ""."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _name(node: ast.Name, names: Names, spend: Spending) -> Expression:
    return names.meaning(node.id, spend) or ["r", node.id]


def _attribute(node: ast.Attribute, names: Names, spend: Spending) -> Expression:
    return attribute(written(node.value, names, spend), node.attr)


def _constant(node: ast.Constant, names: Names, spend: Spending) -> Expression:  # noqa: ARG001
    match node.value:
        case str(text) if len(text) <= _LONGEST_STRING:
            return string(masked(text))  # a secret belongs into no source, and is not kept here
        case str():
            return unknown(f"a text of more than {_LONGEST_STRING} characters")
        case bool() | None:
            return ["k", node.value]
        case int(number) if abs(number) < 2**53:
            return ["k", number]
    return unknown("a constant that is no text")


def _joined(node: ast.JoinedStr, names: Names, spend: Spending) -> Expression:
    return ["j", [_part(part, names, spend) for part in node.values]]


def _part(node: ast.expr, names: Names, spend: Spending) -> Expression:
    if not isinstance(node, ast.FormattedValue):
        return written(node, names, spend)
    if node.format_spec is not None or node.conversion not in (-1, ord("s")):
        return unknown("a formatted value")
    return ["f", written(node.value, names, spend)]


def _sum(node: ast.BinOp, names: Names, spend: Spending) -> Expression:
    if not isinstance(node.op, ast.Add):
        return unknown("a computed value")
    return ["j", [written(node.left, names, spend), written(node.right, names, spend)]]


def _items(node: ast.List | ast.Tuple | ast.Set, names: Names, spend: Spending) -> Expression:
    return ["l", [_item(item, names, spend) for item in node.elts[: spend.parts + 1]]]


def _item(node: ast.expr, names: Names, spend: Spending) -> Expression:
    if isinstance(node, ast.Starred):
        return ["*", written(node.value, names, spend)]
    return written(node, names, spend)


def _dict(node: ast.Dict, names: Names, spend: Spending) -> Expression:
    entries = zip(node.keys[: spend.parts + 1], node.values, strict=False)
    return ["d", [[_key(key, names, spend), written(value, names, spend)] for key, value in entries]]


def _key(node: ast.expr | None, names: Names, spend: Spending) -> Expression:
    return ["*", None] if node is None else written(node, names, spend)


def _call(node: ast.Call, names: Names, spend: Spending) -> Expression:
    args = [_item(argument, names, spend) for argument in node.args[: spend.parts + 1]]
    return ["c", written(node.func, names, spend), args, keywords_of(node, names, spend)]


def keywords_of(node: ast.Call, names: Names, spend: Spending) -> dict[str, Expression]:
    """Return the keyword arguments of a call; `**` stands for those that are unpacked."""
    return {word.arg or "**": written(word.value, names, spend) for word in node.keywords[: spend.parts + 1]}


def _subscript(node: ast.Subscript, names: Names, spend: Spending) -> Expression:
    return ["[]", written(node.value, names, spend), written(node.slice, names, spend)]


def _either(node: ast.IfExp, names: Names, spend: Spending) -> Expression:
    return ["o", written(node.body, names, spend), written(node.orelse, names, spend)]


def _walrus(node: ast.NamedExpr, names: Names, spend: Spending) -> Expression:
    return written(node.value, names, spend)


_WRITERS: dict[type[ast.expr], Callable[[Any, Names, Spending], Expression]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Constant: _constant,
    ast.JoinedStr: _joined,
    ast.BinOp: _sum,
    ast.List: _items,
    ast.Tuple: _items,
    ast.Set: _items,
    ast.Dict: _dict,
    ast.Call: _call,
    ast.Subscript: _subscript,
    ast.IfExp: _either,
    ast.NamedExpr: _walrus,
}
_WORDS: dict[type[ast.expr], str] = {
    ast.Lambda: "a lambda",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.Await: "an awaited value",
    ast.Compare: "a comparison",
    ast.BoolOp: "a choice that is made at run time",
}
