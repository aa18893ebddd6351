"""Whether conventions that a connection or a link gives can be used."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.errors import FieldProblem, RejectedRequestError
from shared.registries.conventions import conventions_of

_SETTING = "/registries"


def problems_of(given: Sequence[Mapping[str, Any]]) -> list[FieldProblem]:
    """Return what is wrong with them, by JSON pointers from the settings on."""
    try:
        conventions_of(None, given)
    except RejectedRequestError as error:
        found = error.problems or (FieldProblem("", error.message),)
        return [FieldProblem(_pointer(problem.field), problem.message) for problem in found]
    return []


def _pointer(field: str) -> str:
    """In `registry.toml` the tables are called `convention`, in settings `registries`."""
    return _SETTING + field.removeprefix("/convention")
