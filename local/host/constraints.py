"""Route constraints, `{id:int}`, `{name:length(2,8)}`, with ASP.NET's meaning.

https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

type Test = Callable[[str], bool]

_WRITTEN = re.compile(r"(\w+)(?:\((.*)\))?", re.DOTALL)


class ConstraintError(ValueError):
    """A constraint is unknown or its arguments are wrong."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A test of one parameter's value, and how the template writes it."""

    text: str
    holds: Test = field(compare=False)


def constraint(text: str) -> Constraint:
    """Return the constraint that `text`, such as `min(3)`, writes. Raises `ConstraintError`."""
    written = _WRITTEN.fullmatch(text)
    name, arguments = (written[1].lower(), written[2]) if written else ("", None)
    if arguments is None and name in _PLAIN:
        return Constraint(text, _PLAIN[name])
    if arguments is not None and name in _WITH_ARGUMENTS:
        with suppress(ValueError, TypeError, re.error):
            return Constraint(text, _WITH_ARGUMENTS[name](arguments))
    raise ConstraintError(
        f"has an unknown constraint or wrong arguments in :{text}; known are "
        f"{', '.join([*_PLAIN, *(f'{known}(…)' for known in _WITH_ARGUMENTS)])}"
    )


def _whole(bits: int) -> Test:
    limit = 2 ** (bits - 1)
    pattern = re.compile(r"[+-]?\d+", re.ASCII)
    return lambda value: bool(pattern.fullmatch(value)) and -limit <= int(value) < limit


def _is_guid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    # UUID() also takes a URN, which .NET does not.
    return not value.lower().startswith("urn:")


def _is_number(value: str) -> bool:
    return bool(re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", value, re.ASCII | re.IGNORECASE))


def _regex(arguments: str) -> Test:
    # ASP.NET searches, without regard to case: whoever wants the whole value writes ^ and $.
    pattern = re.compile(arguments, re.IGNORECASE)
    return lambda value: bool(pattern.search(value))


def _length(arguments: str) -> Test:
    limits = [int(each) for each in arguments.split(",")]
    return _between(limits[0], limits[-1], limits)


def _between(least: int, most: int, limits: list[int]) -> Test:
    if len(limits) > 2 or least > most:  # noqa: PLR2004 - one length, or a least and a most
        raise ValueError
    return lambda value: least <= len(value) <= most


def _range(arguments: str) -> Test:
    least, most = (int(each) for each in arguments.split(","))
    return lambda value: _WHOLE_64(value) and least <= int(value) <= most


def _at_least(arguments: str) -> Test:
    least = int(arguments)
    return lambda value: _WHOLE_64(value) and int(value) >= least


def _at_most(arguments: str) -> Test:
    most = int(arguments)
    return lambda value: _WHOLE_64(value) and int(value) <= most


def _min_length(arguments: str) -> Test:
    least = int(arguments)
    return lambda value: len(value) >= least


def _max_length(arguments: str) -> Test:
    most = int(arguments)
    return lambda value: len(value) <= most


_WHOLE_64 = _whole(64)
_PLAIN: dict[str, Test] = {
    "int": _whole(32),
    "long": _WHOLE_64,
    "guid": _is_guid,
    "alpha": lambda value: bool(re.fullmatch("[a-zA-Z]*", value)),
    "bool": lambda value: value.lower() in ("true", "false"),
    "double": _is_number,
    "float": _is_number,
    "decimal": _is_number,
    "required": bool,
}
_WITH_ARGUMENTS: dict[str, Callable[[str], Test]] = {
    "length": _length,
    "minlength": _min_length,
    "maxlength": _max_length,
    "min": _at_least,
    "max": _at_most,
    "range": _range,
    "regex": _regex,
}
