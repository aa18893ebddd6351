"""What names mean within functions, classes, loops and comprehensions of one module."""

import ast
from collections.abc import Iterable, Sequence

from shared.registries.reading.bindings import Bindings, Bound, Declared, bound_by
from shared.registries.reading.expressions import Spending, written
from shared.registries.reading.notation import Expression, unknown

type Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def parameters_of(function: Function) -> list[tuple[ast.arg, ast.expr | None]]:
    """Return the named parameters with their default values."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    return [*zip(positional, defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]


class Scope:
    """One place of a module: what encloses it, and so what its names mean. `where` is its qualified name."""

    def __init__(
        self,
        outer: "Scope | None" = None,
        node: ast.AST | None = None,
        body: Sequence[ast.stmt] = (),
        *,
        where: str = "",
    ) -> None:
        self.outer = outer
        self.node = node
        self.where = where
        self.loops: tuple[tuple[ast.expr, Scope], ...] = outer.loops if outer else ()
        self._body = body
        self._bindings: Bindings | None = None
        self._under_way: set[str] = set()
        self._turns: dict[str, Expression] = {}

    def function(self, node: Function) -> "Scope":
        """Return the scope of a function that is defined here."""
        return Scope(self, node, where=self._named(getattr(node, "name", "<lambda>")))

    def class_body(self, node: ast.ClassDef) -> "Scope":
        """Return the scope of the body of a class that is defined here."""
        return Scope(self, node, node.body, where=self._named(node.name))

    def loop(self, target: ast.expr, over: ast.expr, body: Sequence[ast.stmt] = ()) -> "Scope":
        """Return the scope of what is done for each of several values."""
        scope = Scope(self, None, body, where=self.where)
        at = len(self.loops)
        scope.loops = (*self.loops, (over, self))
        if isinstance(target, ast.Name):
            scope._turns[target.id] = ["v", at, None]
        elif isinstance(target, ast.Tuple):
            for position, one in enumerate(target.elts):
                if isinstance(one, ast.Name):
                    scope._turns[one.id] = ["v", at, position]
        return scope

    def meaning(self, name: str, spend: Spending) -> Expression | None:
        """Return what a name means here; None if it is a name of the module, or of nobody."""
        scope: Scope | None = self
        within_function = False
        while scope is not None:
            hidden = within_function and isinstance(scope.node, ast.ClassDef)
            if not hidden and (meaning := scope.own(name, spend)) is not None:
                return meaning
            within_function = within_function or isinstance(scope.node, _FUNCTIONS)
            scope = scope.outer
        return None

    def own(self, name: str, spend: Spending) -> Expression | None:
        """Return what a name means that is bound here; None if it is not."""
        if name in self._turns:
            return self._turns[name]
        bound = self._bound().get(name)
        return self._meant(name, bound, spend) if bound else None

    def written_loops(self) -> list[Expression]:
        """Return what the loops around it are over, the outermost first."""
        return [written(over, scope) for over, scope in self.loops]

    def binds(self, name: str) -> bool:
        """Whether a name is bound right here."""
        return name in self._bound()

    def is_function(self) -> bool:
        """Whether it is within a function: what stands here happens when that is called, if at all."""
        return isinstance(self.node, _FUNCTIONS) or bool(self.outer and self.outer.is_function())

    def annotation(self, node: ast.expr | None) -> Expression | None:
        """Return an annotation in the notation: `X | Y` as either, one that is quoted as what it says."""
        return None if node is None else _annotation(node, self, 0)

    def _named(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def _bound(self) -> Bindings:
        if self._bindings is None:
            node = self.node
            self._bindings = _within(node, self) if isinstance(node, _FUNCTIONS) else bound_by(self._body)
        return self._bindings

    def _meant(self, name: str, bound: list[Bound], spend: Spending) -> Expression:
        if name in self._under_way:  # x = x + 1
            return unknown("a name that is bound by itself")
        self._under_way.add(name)
        try:
            several = [self._one(one, spend) for one in bound[:8]]
        finally:
            self._under_way.discard(name)
        return several[0] if len(several) == 1 else ["o", *several]

    def _one(self, bound: Bound, spend: Spending) -> Expression:
        if isinstance(bound, list):
            return bound
        if isinstance(bound, Declared):
            return ["p", bound.name, self.annotation(bound.annotation)]
        if isinstance(bound, ast.expr):
            return written(bound, self, spend)
        return ["r", f"{self._named(bound.name)}"] if isinstance(bound, ast.ClassDef) else ["p", _name_of(bound), None]


def _name_of(statement: ast.stmt) -> str:
    return str(getattr(statement, "name", ""))


def _within(function: Function, scope: Scope) -> Bindings:
    body = [] if isinstance(function, ast.Lambda) else function.body
    bindings = bound_by(body)
    for node in _own_nodes(body):
        match node:
            case ast.NamedExpr():
                bindings.setdefault(node.target.id, []).append(node.value)
            case ast.Global():
                for name in node.names:
                    bindings.pop(name, None)
    outer = scope.outer
    parameters = parameters_of(function)
    for parameter, _ in parameters:
        annotation = outer.annotation(parameter.annotation) if outer else None
        bindings.setdefault(parameter.arg, []).insert(0, ["p", parameter.arg, annotation])
    if parameters and outer and isinstance(outer.node, ast.ClassDef) and not isinstance(function, ast.Lambda):
        _bind_self(function, parameters[0][0].arg, outer, bindings)
    for rest in (function.args.vararg, function.args.kwarg):
        if rest:
            bindings.setdefault(rest.arg, []).append(unknown("the rest of the arguments"))
    return bindings


def _bind_self(
    function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, class_body: Scope, bindings: Bindings
) -> None:
    decorators = {one.id for one in function.decorator_list if isinstance(one, ast.Name)}
    if "staticmethod" in decorators or bindings[name][1:]:
        return
    itself: Expression = ["r", class_body.where]
    bindings[name] = [itself if "classmethod" in decorators else ["c", itself, [], {}]]


def _own_nodes(statements: Iterable[ast.stmt]) -> Iterable[ast.AST]:
    waiting: list[ast.AST] = list(statements)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


_DEEPEST_ANNOTATION = 8
_LONGEST_QUOTED = 200


def _annotation(node: ast.expr, scope: Scope, depth: int) -> Expression:
    if depth > _DEEPEST_ANNOTATION:
        return unknown("too large an annotation")
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return ["o", _annotation(left, scope, depth + 1), _annotation(right, scope, depth + 1)]
        case ast.Constant(value=str(text)):
            return _quoted(text, scope, depth)
        case ast.Subscript(value=value, slice=ast.Tuple(elts=elements)):
            inner = [_annotation(one, scope, depth + 1) for one in elements[:8]]
            return ["[]", written(value, scope), ["l", inner]]
        case ast.Subscript(value=value, slice=one):
            return ["[]", written(value, scope), ["l", [_annotation(one, scope, depth + 1)]]]
    return written(node, scope, Spending(100))


def _quoted(text: str, scope: Scope, depth: int) -> Expression:
    if len(text) > _LONGEST_QUOTED:
        return unknown("a long text")
    try:
        return _annotation(ast.parse(text.strip(), mode="eval").body, scope, depth + 1)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return unknown("a text that is no annotation")
