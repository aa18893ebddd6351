"""What an answer of Azure DevOps means: a value, or one of our errors. Pure.

Azure DevOps does not answer uniformly. A credential that it does not accept can come back as 203 with a sign-in
page, as a 302 to one, or as a 401 with or without a body; error bodies may start with a BOM, be plain text or be
empty. Anything that is not clearly a result is therefore an error, and a write whose answer proves nothing is
`UnknownError`: it may have been carried out.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from shared.errors import (
    BridgeError,
    ConflictError,
    CredentialError,
    NotFoundError,
    RefusedError,
    ThrottledError,
    TransientError,
    UnknownError,
)

_CODE = re.compile(r"\b(?:TF|VS)\d{5,6}\b")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TENANT = "x-vss-resourcetenant"
_MAX_MESSAGE = 500
_SUCCESS = range(200, 300)
_SIGN_IN = frozenset({203, 301, 302, 303, 307})
_DEFAULT_PAUSE = 30.0
_LONGEST_PAUSE = 3600.0
_CREDENTIAL_HINT = "Give the connection a new credential, or add the identity to the organisation."
UNEXPECTED_FORM = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError, RecursionError)
"""What reading JSON of another form than the documented one can raise."""
_NOT_A_MEMBER = "TF401444"
_STALE = "The work item was changed meanwhile."
_BY_STATUS: Mapping[int, tuple[type[CredentialError | NotFoundError | ConflictError], str, str]] = {
    401: (CredentialError, "Azure DevOps did not accept the credential.", _CREDENTIAL_HINT),
    404: (NotFoundError, "Azure DevOps did not find it.", "It does not exist, or the credential may not see it."),
    409: (ConflictError, _STALE, "Read it again."),
    412: (ConflictError, _STALE, "Read it again."),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def judge(answer: Answer, *, changes: bool) -> Any:
    """Return the JSON value of an answer (None where there is no body).

    `changes` says whether the request could have changed something: if so, an answer that proves nothing is
    `UnknownError` and not merely `TransientError`.
    """
    if answer.status in _SIGN_IN:
        raise CredentialError("Azure DevOps answered with its sign-in page.", hint=_CREDENTIAL_HINT)
    if answer.status in _SUCCESS:
        return _value(answer, changes=changes)
    raise _error(answer, changes=changes)


def parsed(body: bytes) -> Any:
    """Return the JSON in `body`, or None if it is not JSON (RFC 8259). A byte-order mark is skipped."""
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(text, parse_float=_finite, parse_constant=_finite)
        return _without_lone_surrogates(value) if _ESCAPED_SURROGATE.search(text) else value
    except (ValueError, RecursionError):
        return None


def _finite(text: str) -> float:
    """Python reads NaN, Infinity and 1e999, but nothing that we write them to would take them."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not a number of JSON")
    return number


def _without_lone_surrogates(value: Any) -> Any:
    """Half an escaped surrogate pair parses, but no store, log or answer of ours could encode it."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _value(answer: Answer, *, changes: bool) -> Any:
    if not answer.body.strip():
        return None
    if "html" in answer.headers.get("content-type", "").lower():
        if changes:  # a proxy's page, perhaps, in front of an answer: no proof that nothing was done
            raise UnknownError("A web page came instead of Azure DevOps' answer.")
        raise CredentialError("Azure DevOps answered with a web page.", hint=_CREDENTIAL_HINT)
    value = parsed(answer.body)
    if value is None:
        raise _unclear("Azure DevOps answered with something that is not JSON.", changes=changes)
    return value


def _error(answer: Answer, *, changes: bool) -> BridgeError:
    details = parsed(answer.body)
    message = _message(answer, details)
    if answer.status == HTTPStatus.REQUEST_TIMEOUT or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unavailable(answer, message, changes=changes)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        pause = retry_after(answer.headers) or _DEFAULT_PAUSE
        return ThrottledError(message or "Azure DevOps asks to slow down.", retry_after=pause)
    if _NOT_A_MEMBER in message:  # whatever the status: it concerns the identity, not the request
        return CredentialError(message, hint=_CREDENTIAL_HINT)
    known = _BY_STATUS.get(answer.status)
    if known is None:
        return refusal(details, message, status=answer.status)
    kind, words, hint = known
    return kind(message or words, hint=hint + _tenant_hint(answer))


def _tenant_hint(answer: Answer) -> str:
    """A 401 names the tenant whose tokens the organisation takes, if it is connected to one."""
    tenant = answer.headers.get(_TENANT, "")
    if answer.status != HTTPStatus.UNAUTHORIZED or not _GUID.fullmatch(tenant) or not tenant.strip("0-"):
        return ""
    return f" A token of Microsoft Entra ID must be of the organisation's tenant, {tenant}."


def refusal(details: Any, message: str, *, status: int) -> BridgeError:
    """What a 4xx says that only a person can mend: a rule of the process, a missing right, a wrong request."""
    code = _CODE.search(message)
    fields = _rule_fields(details)
    hint = "Grant the connection's identity the right that the message names." if status == HTTPStatus.FORBIDDEN else ""
    if fields:
        hint = f"Set a value for {', '.join(fields)} in the link's fields, or change the rule in the process."
    return RefusedError(
        message or f"Azure DevOps refused the request ({status}).",
        hint=hint,
        rule=code.group() if code else str(status),
        fields=fields,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait before the next request, if the answer says so (429s do, and answers near the limit).

    https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
    """
    try:
        seconds = float(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return None if math.isnan(seconds) else min(max(0.0, seconds), _LONGEST_PAUSE)


def _unavailable(answer: Answer, message: str, *, changes: bool) -> BridgeError:
    pause = retry_after(answer.headers)
    if pause is not None and not changes:
        return ThrottledError(message or "Azure DevOps is busy.", retry_after=pause)
    return _unclear(message or f"Azure DevOps answered {answer.status}.", changes=changes)


def _unclear(message: str, *, changes: bool) -> BridgeError:
    return UnknownError(message) if changes else TransientError(message)


def _message(answer: Answer, details: Any) -> str:
    text = _text(details)
    if not text:
        text = unquote(answer.headers.get("x-tfs-serviceerror", "").replace("+", " "))
    if not text and "text/plain" in answer.headers.get("content-type", ""):
        text = answer.body.decode("utf-8-sig", "replace")
    text = " ".join(text.split())
    return text if len(text) <= _MAX_MESSAGE else text[: _MAX_MESSAGE - 1] + "…"


def _text(details: Any) -> str:
    """An error's message; the entries of a `$batch` carry it as `{"count": 1, "value": {"Message": …}}`."""
    inner = details.get("value", details) if isinstance(details, dict) else None
    if not isinstance(inner, dict):
        return ""
    text = inner.get("message") or inner.get("Message")
    return text if isinstance(text, str) else ""


def _rule_fields(details: Any) -> list[str]:
    """The reference names in a rule error's `customProperties.RuleValidationErrors`."""
    properties = details.get("customProperties") if isinstance(details, dict) else None
    errors = properties.get("RuleValidationErrors") if isinstance(properties, dict) else None
    if not isinstance(errors, list):
        return []
    names = (error.get("fieldReferenceName") for error in errors if isinstance(error, dict))
    return [name for name in names if isinstance(name, str)]
