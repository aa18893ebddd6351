"""The console as a client of the API: its operations, called in this process, answers read as any client reads them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any

import azure.functions as func

from shared.errors import ConflictError, FieldProblem, RejectedRequestError
from shared.triggers.operations import JSON, Operation, declared

type Json = dict[str, Any]
_MOST_CHOICES = "1000"
THERE_ALREADY = "Open that one to change it, or choose another name."
CHANGED_MEANWHILE = (
    "Somebody changed it meanwhile. What you typed is still here: sent again, it takes the place of theirs."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answered, as it is in `raw`."""

    raw: func.HttpResponse

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.raw.status_code)

    @property
    def body(self) -> Json:
        """What it says, if that is JSON; {} for nothing."""
        content = self.raw.get_body()
        return json.loads(content) if content else {}


@dataclass(frozen=True, slots=True)
class Choices:
    """What a form offers of a collection; `complete`: there is no more."""

    entries: list[Any] = field(default_factory=list)
    complete: bool = True

    def named(self, name: str) -> "Choices":
        """Return one member of each entry as what is offered."""
        return Choices([entry[name] for entry in self.entries], self.complete)


def choices(
    collection: str, route: Mapping[str, str] | None = None, *, query: Mapping[str, str] | None = None
) -> Choices:
    """Return what may be chosen of a collection of the API, as many as a page should hold."""
    found = ask(f"list_{collection}", route, query={**(query or {}), "limit": _MOST_CHOICES}).body
    return Choices(found[collection], found["continuation"] is None)


def ask(
    operation: str,
    route: Mapping[str, str] | None = None,
    *,
    query: Mapping[str, str] | None = None,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    where_unexpected: str = "",
) -> Answer:
    """Carry out an operation by its id, with an object or bytes as its body.

    Raises what the operation raises: `BridgeError`s that say what is wrong and what to do; for a condition in `headers`
    that does not hold, what a person can do is `where_unexpected`, since programs are told of headers.
    """
    content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
    request = func.HttpRequest(
        method=_operations()[operation].method,
        url="",
        headers={"Content-Type": JSON, **(headers or {})},
        params=dict(query or {}),
        route_params=dict(route or {}),
        body=content,
    )
    try:
        return Answer(_operations()[operation].handler(request))
    except ConflictError as error:
        if error.status != HTTPStatus.PRECONDITION_FAILED or not where_unexpected:
            raise
        raise ConflictError(error.message, hint=where_unexpected) from error


def settings_in(text: str, field: str) -> Json:
    """Return the settings that a person typed as JSON, {} for nothing. Raises `RejectedRequestError` naming `field`."""
    try:
        found = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        problem = FieldProblem(field, "must be a JSON object of settings")
        raise RejectedRequestError("The settings cannot be read.", problems=[problem], status=422)
    return found


@cache
def _operations() -> Mapping[str, Operation]:
    return {operation.id: operation for operation in declared()}
