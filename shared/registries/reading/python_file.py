"""One Python source → what its names are, and what in it may register something."""

import ast
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.registries.conventions import Conventions
from shared.registries.reading.bindings import Bound, bound_by
from shared.registries.reading.definitions import Defined, definition_of, is_of_the_library, kept, outline_of
from shared.registries.reading.expressions import Spending, dotted, keywords_of, written
from shared.registries.reading.glances import Words, calls_of_interest, children_of, glance, word_of
from shared.registries.reading.interest import Interest
from shared.registries.reading.notation import Definition, Expression, unknown
from shared.registries.reading.scopes import Scope
from shared.registries.reading.sketches import sketches

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LOOPS = (ast.For, ast.AsyncFor)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Import, ast.ImportFrom, ast.Assert, ast.Delete, ast.Raise)
"""Statements that register by calls and tables only, as those of expressions may do by an alias."""
_BRANCHES = (ast.If, ast.Try, ast.TryStar, ast.While, ast.Match)
_BUILT_IN = frozenset({"property", "staticmethod", "classmethod"})
_OF_PROPERTIES = frozenset({"setter", "getter", "deleter"})
_MOST_HITS = 5_000
_MOST_ENTRIES = 5_000
_MOST_NAMES = 5_000

SETUP = "setup"
"""Whose argument `entry_points` declares some: https://setuptools.pypa.io/en/latest/userguide/entry_point.html"""

type Hit = dict[str, Any]


@dataclass(slots=True)
class Read:
    """What was read of one module.

    `uses` are the qualified names, as the module has them, by which its hits are called; `always` that there is one
    which no name tells.
    """

    names: dict[str, Expression] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)
    always: bool = False


def read(tree: ast.Module, conventions: Conventions, interest: Interest, *, closely: bool) -> Read:
    """Return what is to be known of a module.

    Definitions are outlines, unless a decorator looks like one that registers, it is read `closely`, or registers by
    calls: these may name any of them.
    """
    return _Reading(tree, conventions, interest, closely=closely).done()


class _Reading:
    def __init__(self, tree: ast.Module, conventions: Conventions, interest: Interest, *, closely: bool) -> None:
        self._tree = tree
        self._closely = closely
        self._decorating_words = conventions.decorating_words
        self._interest = interest
        self._outlines: dict[Defined, Definition] = {}
        self._names_what_it_registers = False
        self._words = Words(conventions.call_words | {SETUP}, conventions.look_up_words)
        self._tables = conventions.table_words
        self._module = Scope()
        self._read = Read()
        self._referable: set[str] = set()
        self._definitions: dict[ast.stmt, Definition] = {}
        # Within a definition: the lines of what may register something, and everything else is passed over.
        self._lines: Sequence[int] | None = None

    def done(self) -> Read:
        self._name_all()
        self._statements(self._tree.body, self._module, conditional=False)
        if self._closely or self._names_what_it_registers:
            for node in list(self._outlines):
                self._define(node, self._module)
        used = dict.fromkeys(
            use for hit in self._read.hits if "x" in hit for use in sketches(hit["x"], self._read.names)
        )
        self._read.uses = list(used)
        return self._read

    # What the module's names are

    def _name_all(self) -> None:
        bindings = bound_by(self._tree.body)
        self._read.stars = [str(one[1]) for one in bindings.pop("*", []) if isinstance(one, list)]
        names = self._read.names
        defined: list[tuple[str, int, Defined]] = []
        for name, several in list(bindings.items())[:_MOST_NAMES]:
            meanings = [self._meaning(name, one) for one in several[:8]]
            names[name] = meanings[0] if len(meanings) == 1 else ["o", *meanings]
            defined += [(name, at, one) for at, one in enumerate(several[:8]) if isinstance(one, Defined.__value__)]
        self._referable = {name for name, meaning in names.items() if not _is_of_the_library(meaning)}
        for _, _, node in defined:
            if _touches(node, self._interest.assigning):
                for name in glance(node, self._words, self._referable).assigned_globals & names.keys():
                    names[name] = ["o", names[name], unknown("a name that a function assigns")]
        for name, at, node in defined:
            meaning = self._outlines[node] = outline_of(node, self._module)
            if names[name][0] == "o" and len(bindings[name]) > 1:
                names[name][at + 1] = ["D", meaning]
            else:
                names[name] = ["D", meaning]

    def _meaning(self, name: str, bound: Bound) -> Expression:
        if isinstance(bound, list):
            return bound
        if isinstance(bound, Defined.__value__):
            return ["D", {}]  # once all names are known, for it may refer to any
        return kept(name, self._module._one(bound, Spending()))  # noqa: SLF001

    def _define(self, node: Defined, scope: Scope) -> Definition:
        """Return the definition of what is registered, or may be; everybody who has its outline has it, too."""
        if node not in self._definitions:
            seen = glance(node, self._words, self._referable)
            definition = self._definitions[node] = self._outlines.pop(node, {})
            definition.clear()
            definition.update(definition_of(node, scope, seen, self._read.names))
        return self._definitions[node]

    # What may register something

    def _statements(self, statements: Iterable[ast.stmt], scope: Scope, *, conditional: bool) -> None:
        for statement in statements:
            if self._is_passed_over(statement):
                continue
            if isinstance(statement, Defined.__value__):
                self._definition(statement, scope, conditional=conditional)
            else:
                self._statement(statement, scope, conditional=conditional)

    def _is_passed_over(self, statement: ast.stmt) -> bool:
        if self._lines is not None:
            return not (_is_decorated(statement) or _touches(statement, self._lines))
        if self._tables or not isinstance(statement, _SIMPLE):
            return False
        return not _touches(statement, self._interest.registering)

    def _statement(self, statement: ast.stmt, scope: Scope, *, conditional: bool) -> None:
        if self._tables:
            self._table(statement, scope, conditional=conditional)
        for name in statement._fields:
            child = getattr(statement, name, None)
            if isinstance(child, ast.expr):
                discarded = isinstance(statement, ast.Expr)
                self._expression(child, scope, conditional=conditional, discarded=discarded)
        for item in getattr(statement, "items", ()):
            self._expression(item.context_expr, scope, conditional=conditional)
        branch = conditional or isinstance(statement, _BRANCHES)
        if isinstance(statement, _LOOPS):
            inner = scope.loop(statement.target, statement.iter, statement.body)
            self._statements(statement.body, inner, conditional=branch)
            self._statements(statement.orelse, scope, conditional=branch)
            return
        # `elif` nests in the tree as deep as there are branches: each is taken from the one before, not by recursion.
        while isinstance(statement, ast.If) and len(statement.orelse) == 1 and isinstance(statement.orelse[0], ast.If):
            self._expression(statement.test, scope, conditional=True)
            self._statements(statement.body, scope, conditional=True)
            statement = statement.orelse[0]
        for field_name in ("body", "handlers", "cases", "orelse", "finalbody"):
            for child in getattr(statement, field_name, ()):
                body = child.body if isinstance(child, ast.ExceptHandler | ast.match_case) else [child]
                self._statements(body, scope, conditional=branch)

    def _definition(self, node: Defined, scope: Scope, *, conditional: bool) -> None:
        for decorator in node.decorator_list:
            self._decorator(decorator, node, scope, conditional=conditional)
        if not self._tables and not _touches(node, self._interest.registering):
            return
        inner = scope.class_body(node) if isinstance(node, ast.ClassDef) else scope.function(node)
        before = self._lines
        self._lines = None if self._tables else self._interest.registering
        self._statements(node.body, inner, conditional=conditional or isinstance(node, _FUNCTIONS))
        self._lines = before

    def _decorator(self, decorator: ast.expr, node: Defined, scope: Scope, *, conditional: bool) -> None:
        call = decorator if isinstance(decorator, ast.Call) else None
        callee = call.func if call else decorator
        if self._is_of_no_interest(callee, scope):
            return
        hit = self._hit("d", decorator.lineno, callee, scope, conditional=conditional)
        hit |= {"l": node.lineno, "o": ["D", self._decorated(node, callee, scope)]}
        if call:
            hit |= self._arguments(call, scope)
        else:
            hit["bare"] = 1

    def _decorated(self, node: Defined, callee: ast.expr, scope: Scope) -> Definition:
        if self._closely or self._looks_like_a_registry(callee, scope):
            return self._define(node, scope)
        return self._definitions.get(node) or self._outlines.get(node) or outline_of(node, scope)

    def _looks_like_a_registry(self, callee: ast.expr, scope: Scope) -> bool:
        """Whether it shares a word with what a convention names. What has another name is read once more, closely."""
        path = dotted(callee)
        meaning = self._meant(path.partition(".")[0], scope)
        target = f"{meaning[1]}.{path}" if meaning and meaning[0] == "i" else path
        return not path or not self._decorating_words.isdisjoint(target.split("."))

    def _is_of_no_interest(self, callee: ast.expr, scope: Scope) -> bool:
        path = dotted(callee)
        root, _, rest = path.partition(".")
        if rest.rpartition(".")[2] in _OF_PROPERTIES:
            return True
        meaning = self._meant(root, scope) if root else None
        if meaning is None:
            return bool(root) and (root in _BUILT_IN or not self._read.stars)
        return meaning[0] == "i" and is_of_the_library(f"{meaning[1]}.{rest}")

    def _meant(self, name: str, scope: Scope) -> Expression | None:
        return scope.meaning(name, Spending()) or self._read.names.get(name)

    def _expression(self, expression: ast.expr, scope: Scope, *, conditional: bool, discarded: bool = False) -> None:
        if not (discarded and isinstance(expression, ast.Call)) and not calls_of_interest(expression, self._words):
            return
        waiting: list[tuple[ast.AST, Scope, bool]] = [(expression, scope, discarded)]
        while waiting:
            node, here, drops = waiting.pop()
            if isinstance(node, ast.Call):
                self._call(node, here, conditional=conditional, discarded=drops)
            if isinstance(node, _COMPREHENSIONS):
                for generator in node.generators:
                    waiting.append((generator.iter, here, False))
                    here = here.loop(generator.target, generator.iter)
            elif isinstance(node, ast.Lambda):
                here = here.function(node)
            waiting.extend((child, here, False) for child in children_of(node))

    def _call(self, node: ast.Call, scope: Scope, *, conditional: bool, discarded: bool) -> None:
        called = node.func
        if isinstance(called, ast.Call):
            hit = self._hit("cc", node.lineno, called.func, scope, conditional=conditional)
            hit |= {"o": self._object(node.args, scope), **self._arguments(called, scope)}
            return
        word = word_of(node)
        if word == SETUP and any(keyword.arg == "entry_points" for keyword in node.keywords):
            self._setup(node, scope)
        elif word in self._words.calls or (discarded and self._may_be_an_alias(called, scope)):
            self._names_what_it_registers |= word in self._words.calls
            hit = self._hit("c", node.lineno, called, scope, conditional=conditional)
            hit |= self._arguments(node, scope)
            if discarded:
                hit["drop"] = 1

    def _may_be_an_alias(self, called: ast.expr, scope: Scope) -> bool:
        meaning = None if scope.is_function() else self._meant(dotted(called).partition(".")[0], scope)
        return meaning is not None and meaning[0] in ("i", "c") and not _is_of_the_library(meaning)

    def _object(self, args: Sequence[ast.expr], scope: Scope) -> Expression:
        return written(args[0], scope) if args else unknown("nothing")

    def _hit(self, form: str, line: int, callee: ast.expr, scope: Scope, *, conditional: bool) -> Hit:
        hit: Hit = {"f": form, "l": line, "x": written(callee, scope, Spending(200))}
        if scope.where:
            hit["w"] = scope.where
        if conditional:
            hit["if"] = 1
        if scope.loops:
            hit["each"] = scope.written_loops()
        if len(self._read.hits) < _MOST_HITS:
            self._read.hits.append(hit)
        return hit

    def _arguments(self, call: ast.Call, scope: Scope) -> Hit:
        arguments: Hit = {}
        if call.args:
            arguments["a"] = [_argument(one, scope) for one in call.args[:20]]
        if call.keywords:
            arguments["k"] = keywords_of(call, scope, Spending(500))
        return arguments

    # Tables and entry points

    def _table(self, statement: ast.stmt, scope: Scope, *, conditional: bool) -> None:
        match statement:
            case ast.Assign(targets=[ast.Subscript(value=table, slice=key)], value=value):
                self._entries(table, [(key, value)], scope, conditional=conditional)
            case (
                ast.Assign(targets=[ast.Name() as table], value=value)
                | ast.AnnAssign(target=ast.Name() as table, value=ast.expr() as value)
                | ast.AugAssign(target=table, op=ast.BitOr(), value=value)
                | ast.Expr(value=ast.Call(func=ast.Attribute(value=table, attr="update"), args=[value], keywords=[]))
            ):
                self._entries(table, _entries_of(value), scope, conditional=conditional)

    def _entries(
        self, table: ast.expr, entries: list[tuple[ast.expr, ast.expr]] | None, scope: Scope, *, conditional: bool
    ) -> None:
        path = dotted(table)
        if path.rpartition(".")[2] not in self._tables:
            return
        hit = self._hit("t", table.lineno, table, scope, conditional=conditional)
        if isinstance(scope.node, ast.ClassDef) and scope.binds(path):
            hit["x"] = ["r", f"{scope.where}.{path}"]
        elif not scope.is_function() and path in self._read.names:
            hit["x"] = ["r", path]
        self._read.always = True
        if entries is not None:
            hit["t"] = [
                [key.lineno, written(key, scope, Spending(50)), written(value, scope, Spending(50))]
                for key, value in entries[:_MOST_ENTRIES]
            ]

    def _setup(self, node: ast.Call, scope: Scope) -> None:
        points = next(keyword.value for keyword in node.keywords if keyword.arg == "entry_points")
        self._read.always = True
        self._read.hits.append({"f": "setup", "l": node.lineno, "o": written(points, scope)})


def _is_of_the_library(meaning: Expression) -> bool:
    return meaning[0] == "i" and is_of_the_library(str(meaning[1]))


def _argument(node: ast.expr, scope: Scope) -> Expression:
    return ["*", written(node.value, scope)] if isinstance(node, ast.Starred) else written(node, scope)


def _is_decorated(statement: ast.stmt) -> bool:
    return bool(getattr(statement, "decorator_list", ()))


def _touches(statement: ast.stmt, lines: Sequence[int]) -> bool:
    at = bisect_left(lines, statement.lineno)
    return at < len(lines) and lines[at] <= (statement.end_lineno or statement.lineno)


def _entries_of(value: ast.expr) -> list[tuple[ast.expr, ast.expr]] | None:
    match value:
        case ast.Dict(keys=keys, values=values):
            return [
                (key or ast.Starred(one, ast.Load(), lineno=one.lineno, col_offset=0), one)
                for key, one in zip(keys, values, strict=True)
            ]
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            return [(ast.Constant(word.arg, lineno=word.lineno), word.value) for word in keywords]
    return None
