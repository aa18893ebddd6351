"""ASP.NET route templates: `tickets/{id:int}/{*rest}` becomes something that matches a path.

https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from local.host.constraints import Constraint, ConstraintError, constraint

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class TemplateError(ValueError):
    """A route template is malformed."""


class Weight(IntEnum):
    """How specific a segment is, as ASP.NET orders them: the lower, the earlier it is tried."""

    LITERAL = 1
    CONSTRAINED = 2
    PARAMETER = 3
    CONSTRAINED_REST = 4
    REST = 5


@dataclass(frozen=True, slots=True)
class Parameter:
    """`{name:constraint?}` or `{*name}`."""

    name: str
    constraints: tuple[Constraint, ...] = ()
    optional: bool = False
    rest: bool = False

    def accepts(self, value: str) -> bool:
        """Tell whether every constraint holds for `value`."""
        return all(each.holds(value) for each in self.constraints)


type Part = str | Parameter
type Segment = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template. `shape` is equal for templates that match the same paths."""

    pattern: re.Pattern[str]
    parameters: tuple[Parameter, ...]
    weights: tuple[Weight, ...]
    shape: str

    def match(self, path: str) -> dict[str, str] | None:
        """Return the parameters' values when `path`, without a leading slash, matches."""
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        pairs = [(each, value) for each, value in zip(self.parameters, found.groups(), strict=True) if value]
        if not all(parameter.accepts(value) for parameter, value in pairs):
            return None
        return {parameter.name: value for parameter, value in pairs}


def parse(text: str) -> Template:
    """Return the template that `text` writes. Raises `TemplateError` with the reason."""
    segments = _segments(text.strip("/"))
    parameters = tuple(part for segment in segments for part in segment if isinstance(part, Parameter))
    _check(segments, parameters)
    return Template(
        pattern=re.compile(_pattern(segments), re.IGNORECASE),
        parameters=parameters,
        weights=tuple(_weight(segment) for segment in segments),
        shape="/".join("".join(_shape(part) for part in segment) for segment in segments),
    )


def _segments(text: str) -> list[Segment]:
    segments: list[list[Part]] = [[]]
    position = 0
    while position < len(text):
        if text[position] == "{" and text[position : position + 2] != "{{":
            inside, position = _inside(text, position + 1)
            segments[-1].append(_parameter(inside))
        elif text[position] == "/":
            segments.append([])
            position += 1
        else:
            character, position = _character(text, position)
            segments[-1].append(character)
    return [_joined(segment) for segment in segments] if text else []


def _character(text: str, position: int) -> tuple[str, int]:
    """Return one literal character: a brace is written twice."""
    character = text[position]
    if character not in "{}":
        return character, position + 1
    if text[position : position + 2] != character * 2:
        raise TemplateError(f"has a {character} without its partner")
    return character, position + 2


def _inside(text: str, position: int) -> tuple[str, int]:
    """Return what stands between braces, and the position behind; in a regex a brace is written twice."""
    inside = ""
    while position < len(text):
        if text[position] == "}" and text[position : position + 2] != "}}":
            return inside, position + 1
        character, position = _character(text, position)
        inside += character
    raise TemplateError("has a { without its partner")


def _joined(parts: list[Part]) -> Segment:
    joined: list[Part] = []
    for part in parts:
        if joined and isinstance(part, str) and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)


def _parameter(inside: str) -> Parameter:
    rest = inside.startswith("*")
    name = _NAME.match(inside.lstrip("*"))
    if name is None:
        raise TemplateError(f"has no legal parameter name in {{{inside}}}")
    constraints = inside.lstrip("*")[name.end() :]
    optional = constraints.endswith("?")
    try:
        parsed = tuple(constraint(text) for text in _split(constraints.removesuffix("?")))
    except ConstraintError as error:
        raise TemplateError(str(error)) from error
    return Parameter(name[0], parsed, optional, rest)


def _split(constraints: str) -> list[str]:
    """Split `:int:range(1,5)` at the colons outside brackets."""
    if constraints and not constraints.startswith(":"):
        raise TemplateError(f"has {constraints} behind a parameter's name; defaults are not supported")
    found: list[str] = []
    depth = 0
    for character in constraints:
        if character == ":" and depth == 0:
            found.append("")
        else:
            depth += (character == "(") - (character == ")")
            found[-1] += character
    return found


def _check(segments: list[Segment], parameters: tuple[Parameter, ...]) -> None:
    names = [parameter.name.lower() for parameter in parameters]
    if len(set(names)) < len(names):
        raise TemplateError("names a parameter twice")
    if not all(segments):
        raise TemplateError("has an empty segment")
    last = len(segments) - 1
    for index, segment in enumerate(segments):
        if any(_open_ended(part) for part in segment) and (index < last or len(segment) > 1):
            raise TemplateError("has a catch-all or optional parameter that is not the whole last segment")
        if any(isinstance(one, Parameter) and isinstance(two, Parameter) for one, two in pairwise(segment)):
            raise TemplateError("has two parameters without a text between them")


def _open_ended(part: Part) -> bool:
    return isinstance(part, Parameter) and (part.rest or part.optional)


def _pattern(segments: list[Segment]) -> str:
    """Return a regular expression with one group for each parameter; a slash at the end is ignored."""
    pattern = ""
    for index, segment in enumerate(segments):
        slash = "/" if index else ""
        match segment:
            case (Parameter(rest=True),):
                pattern += f"(?:{slash}(.*))?"
            case (Parameter(optional=True),):
                pattern += f"(?:{slash}([^/]+))?"
            case _:
                parts = (re.escape(part) if isinstance(part, str) else "([^/]+)" for part in segment)
                pattern += slash + "".join(parts)
    return pattern + "/?"


def _weight(segment: Segment) -> Weight:
    match segment:
        case (str(),):
            return Weight.LITERAL
        case (Parameter(rest=True) as parameter,):
            return Weight.CONSTRAINED_REST if parameter.constraints else Weight.REST
        case (Parameter(constraints=()),):
            return Weight.PARAMETER
        case _:
            return Weight.CONSTRAINED


def _shape(part: Part) -> str:
    if isinstance(part, str):
        return part.lower()
    constraints = ":".join(each.text for each in part.constraints)
    return f"{{{'*' if part.rest else ''}:{constraints}{'?' if part.optional else ''}}}"
