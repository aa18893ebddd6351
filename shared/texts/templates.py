"""Texts that an administrator wrote, with values in them: a small part of Jinja2 whose cost is bounded.

Text, `{{ value | filter }}`, `if` and `for`: nothing that computes, calls, defines or includes. Values are escaped for
the format; there is no way around that. https://jinja.palletsprojects.com/en/stable/sandbox/
Import this module where a template is at hand: most links have none.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from jinja2 import (
    ChainableUndefined,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
    Undefined,
    nodes,
    pass_context,
)
from jinja2.environment import Template
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from shared.texts.formats import PLAIN, Format
from shared.texts.markdown import TooComplexError

MAX_STEPS = 2_000
"""How often the loops of one text may go round, all together."""
MAX_TEXT = 400_000
"""Characters that a template may make of a snapshot; twice as many still fit into a work item."""
_MAX_SEPARATOR = 20
_MAX_PROBLEMS = 10
_STEPS = "_steps"
_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name, nodes.Const, nodes.List),
    *(nodes.Tuple, nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And),
    *(nodes.Or, nodes.Not, nodes.CondExpr, nodes.Keyword, nodes.Slice, nodes.Neg),
)
_STANDARD_FILTERS = (
    *("upper", "lower", "capitalize", "title", "trim", "default", "d", "first", "last", "length", "count", "truncate"),
    *("unique", "map", "select", "reject", "selectattr", "rejectattr", "sort", "list", "round", "int"),
)
_RUN_TIME = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)


class TemplateFailedError(Exception):
    """A template made no text of a snapshot; the message says why, without any value."""


def problems(source: str, shape: Format, sample: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a template, each thing in words for its author; `sample` has all values that exist."""
    environment = _environment(shape, StrictUndefined)
    try:
        tree = environment.parse(source)
    except (TemplateSyntaxError, RecursionError) as error:
        line = f"line {error.lineno}: " if isinstance(error, TemplateSyntaxError) else ""
        return [f"{line}{getattr(error, 'message', '') or 'it is nested too deeply'}"]
    found = [*_forbidden(tree), *_unknown(tree, environment, sample)]
    if not found:
        try:
            _written(environment, source, sample, MAX_TEXT)
        except TemplateFailedError as error:
            found.append(str(error))
    return list(dict.fromkeys(found))[:_MAX_PROBLEMS]


def rendered(source: str, shape: Format, values: Mapping[str, Any]) -> str:
    """Return the text that a template makes; a value that is missing is shown as nothing.

    Raises `TemplateFailedError` when it fails, or goes on for too long.
    """
    text = _written(_environment(shape, ChainableUndefined), source, values, MAX_TEXT)
    try:
        return shape.finished(text)
    except TooComplexError as error:
        raise TemplateFailedError(str(error)) from error


def _written(environment: "_Environment", source: str, values: Mapping[str, Any], room: int) -> str:
    parts: list[str] = []
    try:
        for part in _compiled(environment, source).generate({**values, _STEPS: iter(range(MAX_STEPS))}):
            parts.append(part)
            room -= len(part)
            if room < 0:
                raise TemplateFailedError(f"it makes more than {MAX_TEXT:,} characters")
    except _RUN_TIME as error:
        raise TemplateFailedError(_reason(error)) from error
    return "".join(parts)


def _reason(error: Exception) -> str:
    """What our filters and Jinja say of names is for the author; what Python says may repeat a value."""
    if isinstance(error, TemplateError):
        return error.message or "it cannot be carried out"
    return "a value in it has another form than it expects"


_ENVIRONMENTS: "dict[tuple[type[Format], type[Undefined]], _Environment]" = {}


class _Environment(ImmutableSandboxedEnvironment):
    """Nothing can be called, and every value is written by the format."""

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ARG002
        return False


def _environment(shape: Format, undefined: type[Undefined]) -> _Environment:
    key = (type(shape), undefined)
    if key not in _ENVIRONMENTS:
        _ENVIRONMENTS[key] = _new_environment(shape, undefined)
    return _ENVIRONMENTS[key]


def _new_environment(shape: Format, undefined: type[Undefined]) -> _Environment:
    environment = _Environment(
        autoescape=shape is not PLAIN, undefined=undefined, finalize=partial(_shown, shape), cache_size=0
    )
    environment.globals.clear()
    filters: dict[str, Callable[..., Any]] = {name: environment.filters[name] for name in _STANDARD_FILTERS}
    filters |= {"join": partial(_joined, shape), _STEPS: _counted}
    filters |= {name: partial(_block, getattr(shape, name)) for name in ("markdown", "code")}
    environment.filters = filters | {"link": partial(_linked, shape)}
    return environment


@lru_cache(maxsize=256)
def _compiled(environment: _Environment, source: str) -> Template:
    tree = environment.parse(source)
    if wrong := [*_forbidden(tree)]:  # stored by a version that allowed it
        raise TemplateFailedError(wrong[0])
    for loop in tree.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, _STEPS, [], [], None, None, lineno=loop.lineno)
    return Template.from_code(environment, environment.compile(tree), environment.make_globals(None))


@pass_context
def _counted(context: Context, values: Iterable[Any]) -> Iterator[Any]:
    """Go round a loop, unless all loops together went round too often."""
    for value in values:
        if next(context[_STEPS], None) is None:
            raise TemplateFailedError(f"its loops go round more than {MAX_STEPS:,} times")
        yield value


def _shown(shape: Format, value: Any) -> Any:
    """Write a value. What a filter of ours returned is written already; what is undefined says so itself."""
    if isinstance(value, Markup | Undefined):
        return value
    if isinstance(value, list | tuple | Iterator):
        return _joined(shape, value)
    return Markup(shape.text("" if value is None else str(value)))  # noqa: S704  the format escapes it


def _joined(shape: Format, values: Any, separator: str = ", ") -> Markup:
    if isinstance(values, str) or len(separator) > _MAX_SEPARATOR:
        raise TemplateError("join takes a list and a short separator")
    between = Markup(_spaced(shape, separator))  # noqa: S704
    return between.join(_shown(shape, value) for value in values)


def _spaced(shape: Format, separator: str) -> str:
    """A separator keeps its spaces, which a line of text does not."""
    core = shape.text(separator)
    before, after = separator != separator.lstrip(), separator != separator.rstrip()
    return f"{' ' * before}{core}{' ' * after}" if core else " "


def _block(write: Callable[[str], str], value: Any) -> Any:
    return value if isinstance(value, Undefined | Markup) else Markup(write(str(value or "")))  # noqa: S704


def _linked(shape: Format, value: Any, words: str = "") -> Any:
    return value if isinstance(value, Undefined) else Markup(shape.link(str(value or ""), str(words)))  # noqa: S704


def _forbidden(tree: nodes.Template) -> Iterator[str]:
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            word = type(node).__name__.lower()
            yield f"line {node.lineno}: {word} is not for templates: use text, values, filters, if and for"
        elif isinstance(node, nodes.For) and node.recursive:
            yield f"line {node.lineno}: a loop cannot be recursive"


def _unknown(tree: nodes.Template, environment: _Environment, sample: Mapping[str, Any]) -> Iterator[str]:
    """Names that no snapshot has; those in a branch that the trial does not take too."""
    local = {"loop", "True", "False", "None"} | {
        name.name for name in tree.find_all(nodes.Name) if name.ctx in ("store", "param")
    }
    for name in tree.find_all(nodes.Name):
        if name.ctx == "load" and name.name not in local and name.name not in sample:
            yield f"line {name.lineno}: there is no {name.name}; there are: {', '.join(sorted(sample))}"
    for node in tree.find_all(nodes.Filter):
        if node.name not in environment.filters or node.name == _STEPS:
            known = ", ".join(sorted(name for name in environment.filters if name != _STEPS))
            yield f"line {node.lineno}: there is no filter {node.name}; there are: {known}"
    for attribute in tree.find_all(nodes.Getattr):
        yield from _unknown_member(attribute, local, sample)


def _unknown_member(attribute: nodes.Getattr, local: set[str], sample: Mapping[str, Any]) -> Iterator[str]:
    """A name below a value whose names are all known."""
    root = attribute.node
    value = sample.get(root.name) if isinstance(root, nodes.Name) and root.name not in local else None
    if type(value) is dict and isinstance(root, nodes.Name) and attribute.attr not in value:
        known = ", ".join(value)
        yield f"line {attribute.lineno}: there is no {root.name}.{attribute.attr}; there are: {known}"


class Open(dict[str, Any]):
    """A part of a sample that may have any names."""

    def __missing__(self, name: str) -> ChainableUndefined:
        return ChainableUndefined(name=name)
