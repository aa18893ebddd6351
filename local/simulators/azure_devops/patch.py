"""Reads a JSON Patch document into what it means for a work item. Nothing is judged here.

https://learn.microsoft.com/rest/api/azure/devops/wit/work-items/update
"""

from dataclasses import dataclass, field
from typing import Any

from local.simulators.azure_devops import errors

_FIELDS = "/fields/"
_RELATIONS = "/relations/"
_FORMATS = "/multilineFieldsFormat/"


@dataclass
class Patch:
    """What a document asks for.

    `writes` are (operation, field, value) in their order, `tests` the values that must still be there, `revision`
    the revision that must still be the newest.
    """

    revision: int | None = None
    writes: list[tuple[str, str, Any]] = field(default_factory=list)
    tests: list[tuple[str, Any]] = field(default_factory=list)
    formats: dict[str, str] = field(default_factory=dict)
    added: list[dict[str, Any]] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    replaced: dict[int, dict[str, Any]] = field(default_factory=dict)


def read(document: Any) -> Patch:
    """Return what `document` asks for. Raises 400 where it is no JSON Patch that the service takes."""
    if not isinstance(document, list) or not all(isinstance(operation, dict) for operation in document):
        message = "You must pass a valid patch document in the body of the request."
        raise errors.bad_request(message, "VssPropertyValidationException")
    patch = Patch()
    for operation in document:
        _take(patch, str(operation.get("op", "")).lower(), str(operation.get("path", "")), operation.get("value"))
    return patch


def _take(patch: Patch, operation: str, path: str, value: Any) -> None:
    if operation not in {"add", "replace", "remove", "test"}:
        raise _unsupported(operation, path)
    if path.startswith(_FIELDS):
        _take_field(patch, operation, path.removeprefix(_FIELDS), value)
    elif path.startswith(_RELATIONS):
        _take_relation(patch, operation, path.removeprefix(_RELATIONS), value)
    elif path.startswith(_FORMATS):
        patch.formats[path.removeprefix(_FORMATS)] = str(value).lower()
    elif path == "/rev" and operation == "test":
        patch.revision = _number(value, path)
    elif path != "/id":  # the temporary number of a batch entry says nothing to us
        raise _unsupported(operation, path)


def _take_field(patch: Patch, operation: str, name: str, value: Any) -> None:
    if operation == "test":
        patch.tests.append((name, value))
    else:
        patch.writes.append((operation, name, value))


def _take_relation(patch: Patch, operation: str, index: str, value: Any) -> None:
    if operation == "remove":
        patch.removed.append(_number(index.partition("/")[0], _RELATIONS + index))
        return
    if not isinstance(value, dict) or not value.get("rel") or not value.get("url"):
        raise errors.bad_request("The relation needs a rel and a url.")
    if index == "-" and operation == "add":
        patch.added.append(value)
    elif operation == "replace":
        patch.replaced[_number(index, _RELATIONS + index)] = value
    else:
        raise _unsupported(operation, _RELATIONS + index)


def _number(value: Any, path: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise errors.bad_request(f"The value of {path} is not a number.") from error


def _unsupported(operation: str, path: str) -> errors.ServiceError:
    return errors.bad_request(
        f"The operation '{operation}' on the path '{path}' is not supported.", "VssPropertyValidationException"
    )
