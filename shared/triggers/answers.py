"""What a caller gets to see: JSON for results, RFC 9457 problem documents for errors.

https://www.rfc-editor.org/rfc/rfc9457
"""

import json
import logging
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from http import HTTPStatus
from itertools import islice
from typing import Any, NotRequired, TypedDict

import azure.functions as func
from opentelemetry.trace import SpanKind
from pydantic_core import to_jsonable_python

from shared.conditions import Condition
from shared.errors import (
    BridgeError,
    ConfigurationError,
    CredentialError,
    FieldProblem,
    RefusedError,
    RejectedRequestError,
    ThrottledError,
    TransientError,
)
from shared.telemetry.invocations import Invocation, invocation
from shared.telemetry.traces import PROPERTY, correlation_id
from shared.triggers.conventions import MAX_PAGE
from shared.validation import well_formed

log = logging.getLogger(__name__)

type Handler = Callable[[func.HttpRequest], func.HttpResponse]
CORRELATION_ID = "X-Correlation-Id"
"""Of every answer: what the log says of it, and of all that came of it, has the same."""
MAX_BODY = 4 * 1024 * 1024
_PAGE = 100
_LIMIT_DIGITS = 4


class Problem(TypedDict):
    """What went wrong and what to do about it, by RFC 9457; `problems` names each field that is wrong."""

    type: str
    title: str
    status: int
    detail: str
    hint: NotRequired[str]
    problems: NotRequired[list[FieldProblem]]


def ok(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """Answer with JSON."""
    return func.HttpResponse(
        _json(value),
        status_code=status,
        mimetype="application/json",
        charset="utf-8",
        headers=dict(headers or {}),
    )


def problem(error: BridgeError) -> func.HttpResponse:
    """Answer with what went wrong and what to do about it."""
    status = HTTPStatus(status_of(error))
    document: Problem = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status,
        "detail": error.message,
    }
    if error.hint:
        document["hint"] = error.hint
    if isinstance(error, RejectedRequestError) and error.problems:
        document["problems"] = list(error.problems)
    if isinstance(error, ConfigurationError):
        document["problems"] = [FieldProblem("settings", message) for message in error.problems]
    headers = {"Retry-After": str(int(error.retry_after) + 1)} if isinstance(error, ThrottledError) else {}
    return func.HttpResponse(
        _json(document),
        status_code=int(status),
        mimetype="application/problem+json",
        charset="utf-8",
        headers=headers,
    )


def answered(handler: Handler) -> Handler:
    """Turn the errors that a handler raises into their answers, and log the one line of an invocation."""

    @wraps(handler)
    def answer(req: func.HttpRequest) -> func.HttpResponse:
        with invocation(handler.__name__, req.headers.get(PROPERTY), SpanKind.SERVER) as done:
            response = _answer(handler, req, done)
            response.headers[CORRELATION_ID] = correlation_id()
        return response

    return answer


def _answer(handler: Handler, req: func.HttpRequest, done: Invocation) -> func.HttpResponse:
    try:
        response = handler(req)
        done.outcome = str(response.status_code)
    except BridgeError as error:
        response = problem(error)
        done.outcome, done.level = f"{response.status_code} {error.message!r}", logging.WARNING
    except Exception:  # a defect of ours: the caller learns that it is, and that sending again may help
        log.exception("%s: unexpected", handler.__name__)
        response = problem(TransientError("Something unexpected went wrong here; it was logged."))
        done.outcome, done.level = str(response.status_code), logging.ERROR
    return response


def body_of(req: func.HttpRequest, *, limit: int = MAX_BODY) -> bytes:
    """Return a request's body. Raises `RejectedRequestError` (413) over the limit."""
    body = req.get_body()
    if len(body) > limit:
        raise RejectedRequestError(
            f"The body has {len(body)} bytes; at most {limit} are taken.",
            hint="Send it in several parts.",
            status=413,
        )
    return body


def part_of[T](
    req: func.HttpRequest, entries_after: Callable[[str], Iterator[T]], name_of: Callable[[T], str]
) -> tuple[list[T], str]:
    """Return the entries of the page that is asked for, and the name of its last one, empty on the last page.

    Raises `RejectedRequestError` for a limit or a continuation that cannot be used.
    """
    size = page_size(req)
    found = list(islice(entries_after(continuation_of(req)), size + 1))
    return found[:size], name_of(found[size - 1]) if len(found) > size else ""


def collection(name: str, items: list[Any], last: str, **more: Any) -> func.HttpResponse:
    """Answer with one page of a collection; `last` is empty on the last page. `more` stands beside it."""
    return ok({name: items, "continuation": continuation_after(last), **more})


def continuation_after(last: str) -> str | None:
    """Return what asks for the page after an entry; None where `last` is empty."""
    return urlsafe_b64encode(json.dumps({"after": last}).encode()).decode() if last else None


def continuation_of(req: func.HttpRequest) -> str:
    """Return what the page that is asked for comes after, empty for the first. Raises `RejectedRequestError`."""
    text = req.params.get("continuation", "")
    if not text:
        return ""
    try:
        document = json.loads(b64decode(text, altchars=b"-_", validate=True))
        return str(document["after"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise bad_continuation() from error


def bad_continuation() -> RejectedRequestError:
    """What the sender of an invented continuation gets."""
    return RejectedRequestError(
        "The continuation is not one of ours.",
        hint="Send back the one that the last page had, unchanged.",
        problems=[FieldProblem("continuation", "is not one that an answer had")],
    )


def flag(req: func.HttpRequest, name: str) -> bool:
    """Return a parameter of the query that is true or false, false if it is missing. Raises `RejectedRequestError`."""
    text = str(req.params.get(name, "false")).lower()
    if text not in ("true", "false"):
        problem = FieldProblem(name, "must be true or false")
        raise RejectedRequestError("The query cannot be used.", hint="See problems.", problems=[problem])
    return text == "true"


def condition_of(req: func.HttpRequest) -> Condition:
    """Return what a request expects of the stored version: `If-Match`, or `If-None-Match: *` to create only.

    Raises `RejectedRequestError` for another `If-None-Match`: left out of account, it would protect nothing.
    """
    none_match = req.headers.get("If-None-Match", "")
    if none_match not in ("", "*"):
        raise RejectedRequestError(
            "The condition cannot be used.",
            hint="Use If-None-Match: * to create only, or If-Match with the ETag that you read.",
            problems=[FieldProblem("If-None-Match", "must be *")],
        )
    return Condition(req.headers.get("If-Match", ""), only_new=bool(none_match))


def page_of(name: str, req: func.HttpRequest, entries: list[Any], key: Callable[[Any], str]) -> func.HttpResponse:
    """Answer with the page that is asked for of a list whose entries `key` tells apart."""

    def entries_after(after: str) -> Iterator[Any]:
        keys = [key(entry) for entry in entries]
        return iter(entries[keys.index(after) + 1 :] if after in keys else entries)

    return collection(name, *part_of(req, entries_after, key))


def page_size(req: func.HttpRequest) -> int:
    """Return how many entries are asked for, `?limit=`. Raises `RejectedRequestError`."""
    text = req.params.get("limit", str(_PAGE))
    if not (text.isascii() and text.isdigit() and len(text) <= _LIMIT_DIGITS and 1 <= int(text) <= MAX_PAGE):
        raise RejectedRequestError(
            "The limit cannot be used.",
            hint=f"Use a whole number from 1 to {MAX_PAGE}.",
            problems=[FieldProblem("limit", f"must be a whole number from 1 to {MAX_PAGE}")],
        )
    return int(text)


def _json(value: Any) -> str:
    return well_formed(json.dumps(value, ensure_ascii=False, default=to_jsonable_python))


def status_of(error: BridgeError) -> int:
    """Return the status with which an error is answered."""
    match error:
        case RejectedRequestError():
            return error.status
        case ConfigurationError():
            return 503
        case ThrottledError():
            return 503
        case CredentialError() | RefusedError():
            return 422
        case _:
            return 503
