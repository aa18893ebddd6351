"""A function or class of the source → its definition in the notation of summaries."""

import ast
import sys
from collections.abc import Mapping
from typing import Any

from shared.registries.reading.bindings import bound_by
from shared.registries.reading.expressions import Spending, dotted, keywords_of, written
from shared.registries.reading.glances import Glance
from shared.registries.reading.notation import Definition, Expression, unknown
from shared.registries.reading.scopes import Scope, parameters_of
from shared.texts.masking import masked
from shared.texts.plain import one_line

type Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_LONGEST_LINE = 200
_MOST_ATTRIBUTES = 300
_MOST_PARAMETERS = 100
_MOST_REFERENCES = 500
_MOST_LOOK_UPS = 100
_MOST_KEPT = 500
_DEEPEST_CLASS = 5
_PLAIN = ("s", "r", "i", "k")


def is_of_the_library(path: str) -> bool:
    """Whether a dotted name begins with a module of Python's own library."""
    return path.partition(".")[0] in sys.stdlib_module_names


def definition_of(node: Defined, scope: Scope, seen: Glance, module_names: Mapping[str, Expression]) -> Definition:
    """Return the definition of what is defined by `node` in `scope`, of which `seen` is all that it contains."""
    inner = scope.class_body(node) if isinstance(node, ast.ClassDef) else scope.function(node)
    found: Definition = {"n": inner.where, "l": node.lineno}
    if line := _first_line(node):
        found["t"] = line
    if isinstance(node, ast.ClassDef):
        found |= _class_parts(node, scope, inner)
    else:
        found |= _function_parts(node, scope)
    if references := _references(scope, seen, module_names):
        found["r"] = references
    if look_ups := _look_ups(inner, seen, module_names):
        found["q"] = look_ups
    return found


def outline_of(node: Defined, scope: Scope) -> Definition:
    """Return what others need of a definition that is not known to be registered: what its names lead to."""
    inner = scope.class_body(node) if isinstance(node, ast.ClassDef) else scope.function(node)
    found: Definition = {"n": inner.where, "l": node.lineno, "o": 1}
    if isinstance(node, ast.ClassDef):
        return found | _class_outline(node, scope, inner)
    return found | _returned(node, scope)


def kept(name: str, value: Expression) -> Expression:
    """Return as much of what is bound to `name` as others may need of it; nothing that looks like a secret."""
    match value:
        case ["s", text] if masked(quoted := f'{name} = "{text}"') != quoted:
            return unknown("a value that looks like a secret")
        case ["c", callee, args, keywords]:
            if _last(callee) == "partial":
                return value
            plain = [one if one[0] in ("s", "r", "i", "l") else unknown("a value") for one in args[:4]]
            return ["c", callee, plain, {"auto": ["k", True]} if "auto" in keywords else {}]
        case ["l", items] if len(items) > _MOST_KEPT or not all(_is_plain(one) for one in items):
            return unknown("a list that is too large, or of more than names and texts")
        case ["d", entries] if len(entries) > _MOST_KEPT or not all(
            _is_plain(one) for entry in entries for one in entry
        ):
            return unknown("a dict that is too large, or of more than names and texts")
    return value


def _is_plain(value: Expression) -> bool:
    return value[0] in _PLAIN or (value[0] == "l" and all(one[0] in _PLAIN for one in value[1]))


def _last(callee: Expression) -> str:
    return str(callee[-1]).rpartition(".")[2] if callee[0] in ("r", "i", ".") else ""


def _first_line(node: Defined) -> str:
    match node.body:
        case [ast.Expr(value=ast.Constant(value=str(text))), *_]:
            line = one_line(text.strip().partition("\n")[0])[:_LONGEST_LINE]
            return masked(line)
    return ""


def _function_parts(node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> Definition:
    parts: Definition = {}
    if parameters := [
        [parameter.arg, scope.annotation(parameter.annotation), _default(default, scope)]
        for parameter, default in parameters_of(node)[:_MOST_PARAMETERS]
    ]:
        parts["p"] = parameters
    return parts | _returned(node, scope)


def _returned(node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> Definition:
    return {} if node.returns is None else {"y": scope.annotation(node.returns)}


def _default(node: ast.expr | None, scope: Scope) -> Expression | None:
    if node is None or isinstance(node, ast.Constant):
        return None
    return written(node, scope, Spending(50))


def _class_parts(node: ast.ClassDef, scope: Scope, inner: Scope) -> Definition:
    parts = _class_outline(node, scope, inner)
    if fields := _constructor(node, inner):
        parts["p"] = fields
    return parts


def _class_outline(node: ast.ClassDef, scope: Scope, inner: Scope) -> Definition:
    parts: Definition = {"c": 1}
    if bases := [written(base, scope, Spending(50)) for base in node.bases[:20] if not isinstance(base, ast.Starred)]:
        parts["b"] = bases
    attributes: dict[str, Expression] = {}
    for name, bound in list(bound_by(node.body).items())[:_MOST_ATTRIBUTES]:
        match bound[-1]:
            case ast.ClassDef() as nested if inner.where.count(".") < _DEEPEST_CLASS:
                attributes[name] = [
                    "D",
                    {
                        "n": f"{inner.where}.{name}",
                        "l": nested.lineno,
                        **_class_parts(nested, inner, inner.class_body(nested)),
                    },
                ]
            case ast.expr() if (meaning := inner.meaning(name, Spending(300))) is not None:
                attributes[name] = kept(name, meaning)
    if attributes:
        parts["a"] = attributes
    return parts


def _constructor(node: ast.ClassDef, inner: Scope) -> list[list[Any]]:
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            return list(_function_parts(statement, inner).get("p", []))[1:]
    return [
        [field.target.id, inner.annotation(field.annotation), _default(field.value, inner)]
        for field in node.body[: _MOST_PARAMETERS * 2]
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    ][:_MOST_PARAMETERS]


def _references(scope: Scope, seen: Glance, module_names: Mapping[str, Expression]) -> str:
    local = seen.bound
    found: dict[str, int] = {}
    for path, line in seen.references.items():
        root, dot, rest = path.partition(".")
        if target := seen.imports.get(root):
            if not is_of_the_library(target):
                found.setdefault(f"{target}{dot}{rest}", line)
        elif (
            root not in local and _may_be_registered(module_names.get(root)) and scope.meaning(root, Spending()) is None
        ):
            found.setdefault(f":{path}", line)
    return " ".join(f"{path}@{line}" for path, line in list(found.items())[:_MOST_REFERENCES])


def _may_be_registered(meaning: Expression | None) -> bool:
    match meaning:
        case None | ["s" | "k" | "?", *_]:
            return False
        case ["i", str(target)]:
            return not is_of_the_library(target)
    return True


def _look_ups(inner: Scope, seen: Glance, module_names: Mapping[str, Expression]) -> list[list[object]]:
    found: list[list[object]] = []
    for call in seen.look_ups[:_MOST_LOOK_UPS]:
        root = dotted(call.func).partition(".")[0]
        target = seen.imports.get(root)
        if target is None and (root in seen.bound or not _may_be_registered(module_names.get(root))):
            continue
        if target is not None and is_of_the_library(target):
            continue
        callee: Expression = written(call.func, inner, Spending(50))
        if target is not None and callee[0] == "r":
            callee = ["i", callee[1].replace(root, target, 1)]
        args = [written(argument, inner, Spending(50)) for argument in call.args[:4]]
        found.append([call.lineno, callee, args, keywords_of(call, inner, Spending(50))])
    return found
