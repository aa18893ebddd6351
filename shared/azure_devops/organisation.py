"""Sends calls to one organisation: one keep-alive session per process, bounded in time and size, never redirected."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode
from uuid import UUID

from shared.azure_devops.answers import UNEXPECTED_FORM, Answer, judge, retry_after
from shared.errors import BridgeError, CredentialError, RefusedError, ThrottledError, TransientError, UnknownError
from shared.telemetry import metrics, traces

if TYPE_CHECKING:
    import requests

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
BYTES = "application/octet-stream"
TOO_LARGE = "too_large"
"""The `rule` of the `RefusedError` for an answer that is longer than its call allows."""
_CONNECT_SECONDS = 10.0
_MAX_ANSWER_BYTES = 64 * 1024 * 1024
_CHUNK = 64 * 1024
_LEAST_SECONDS = 0.1
_AREAS = frozenset({"wit", "git", "hooks", "tokens"})
"""Those whose next part is a resource, such as `wit/workitems`; else it names somebody's project or user."""


class Judge(Protocol):
    """Turns an answer into what a call reads, or raises one of our errors."""

    def __call__(self, answer: Answer, *, changes: bool) -> Any:
        """Return what `Call.read` takes."""


@dataclass(frozen=True, slots=True)
class Call[T]:
    """One request below the organisation's URL. `read` makes a typed value of the answer's JSON.

    A `body` of bytes is sent as it is, any other as JSON. Where the answer is more than a JSON body (a header that
    continues a list, a file), `judge` says what `read` gets instead.
    """

    method: str
    path: str
    read: Callable[[Any], T]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = field(default=None, repr=False)
    content_type: str = JSON
    changes: bool = False
    """Whether carrying it out changes something in Azure DevOps."""
    accept: str = JSON
    judge: Judge = judge
    max_bytes: int = _MAX_ANSWER_BYTES


class Organisation:
    """One Azure DevOps organisation as one identity.

    `authorization` returns the value of the Authorization header; it is called with `renew=True` once when the
    first one was not accepted, so that a rotated credential is picked up without a restart.
    """

    def __init__(
        self,
        url: str,
        session: "requests.Session",
        authorization: "Callable[[bool], str]",
        *,
        seconds: float,
    ) -> None:
        self.url = url
        self._session = session
        self._authorization = authorization
        self._seconds = seconds
        self.reached = False
        """Whether the last call had an answer."""
        self.trouble: TransientError | None = None
        """Why the last call had none that says anything."""
        self.slow_down = 0.0
        """For how many seconds Azure DevOps asked us to wait, in an answer that was no refusal."""

    def do[T](self, call: Call[T]) -> T:
        """Send one call and return what it reads.

        Raises `CredentialError`, `RefusedError`, `NotFoundError`, `ConflictError`, `ThrottledError`,
        `TransientError`, and `UnknownError` for a change that may have been carried out.
        """
        self.reached, self.trouble = False, None
        try:
            with _measured(call):
                value = self._value(call)
        except TransientError as error:
            self.trouble = None if isinstance(error, ThrottledError) else error
            raise
        self.reached = True
        return value

    def _value[T](self, call: Call[T]) -> T:
        deadline = time.monotonic() + self._seconds
        answer = self._send(call, deadline, renew=False)
        try:
            value = call.judge(answer, changes=call.changes)
        except CredentialError:
            answer = self._send(call, deadline, renew=True)
            value = call.judge(answer, changes=call.changes)
        self.slow_down = max(self.slow_down, retry_after(answer.headers) or 0.0)
        try:
            return call.read(value)
        except UNEXPECTED_FORM as error:
            message = "Azure DevOps answered in an unexpected form."
            raise (UnknownError if call.changes else TransientError)(message) from error

    def _send(self, call: "Call[Any]", deadline: float, *, renew: bool) -> Answer:
        import requests  # noqa: PLC0415  most of the time of a cold start that only takes a hook
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        seconds = max(deadline - time.monotonic(), _LEAST_SECONDS)
        try:
            with self._session.request(
                call.method,
                f"{self.url}/{call.path}?{urlencode(call.query)}" if call.query else f"{self.url}/{call.path}",
                data=_content(call.body),
                headers=_headers(call, self._authorization(renew)),
                allow_redirects=False,
                stream=True,
                timeout=(min(_CONNECT_SECONDS, seconds), seconds),
            ) as response:
                body = _read(response, deadline, call)
                headers = {name.lower(): value for name, value in response.headers.items()}
                if wait := retry_after(headers):
                    metrics.delays.record(wait)
                return Answer(response.status_code, headers, body)
        except requests.exceptions.SSLError as error:
            raise _untrusted(call, error) from error
        except requests.ConnectTimeout as error:
            raise TransientError("Azure DevOps could not be reached in time.") from error
        except (requests.RequestException, HTTPError, ArithmeticError) as error:  # a chunk of a negative length
            raise _broken(call, error) from error


def _content(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return json.dumps(body).encode()


def _headers(call: "Call[Any]", authorization: str) -> dict[str, str]:
    headers = {"Accept": call.accept, "Content-Type": call.content_type, "Authorization": authorization}
    if here := traces.correlation_id():
        # What Microsoft's own clients put their session's id into:
        # https://github.com/microsoft/azure-devops-python-api/blob/dev/azure-devops/azure/devops/client.py
        headers["X-TFS-Session"] = str(UUID(here))
    return headers


@contextmanager
def _measured(call: "Call[Any]") -> Iterator[None]:
    """Measure a call, as a part of the trace. Of its path only what kind of thing is asked for is told."""
    area = _area(call.path)
    about = {"http.request.method": call.method, "area": area}
    started, outcome = time.monotonic(), "ok"
    try:
        with traces.step(f"{call.method} {area}", {"peer.service": "Azure DevOps"}):
            yield
    except BridgeError as error:
        outcome = type(error).__name__
        raise
    finally:
        metrics.calls.record(time.monotonic() - started, {**about, "outcome": outcome})


def _untrusted(call: "Call[Any]", error: Exception) -> TransientError:
    """A certificate is judged before anything is sent; other trouble with TLS may come at any time."""
    if "CERTIFICATE_VERIFY_FAILED" not in str(error):
        return _broken(call, error)
    hint = "Behind a proxy that opens TLS, set REQUESTS_CA_BUNDLE to a file with its certificate authority."
    return TransientError("The certificate of Azure DevOps is not trusted here.", hint=hint)


def _broken(call: "Call[Any]", error: Exception) -> TransientError:
    if call.changes and not _never_sent(error):
        return UnknownError("The connection to Azure DevOps broke before its answer arrived.")
    return TransientError("Azure DevOps could not be reached.")


def _never_sent(error: BaseException) -> bool:
    """Whether the connection was never made, so that nothing can have been carried out."""
    from urllib3.exceptions import MaxRetryError, NewConnectionError  # noqa: PLC0415

    reason = error.args[0] if error.args else None
    if isinstance(reason, MaxRetryError):
        reason = reason.reason
    return isinstance(reason, NewConnectionError)


def _read(response: "requests.Response", deadline: float, call: "Call[Any]") -> bytes:
    """Read the whole body, but not for longer than the deadline: a socket timeout starts anew at each byte."""
    import requests  # noqa: PLC0415

    parts: list[bytes] = []
    size = 0
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        parts.append(chunk)
        size += len(chunk)
        if size > call.max_bytes:
            raise _too_large(call)
        if time.monotonic() > deadline:
            raise requests.ReadTimeout("the answer was too slow")
    return b"".join(parts)


def _too_large(call: "Call[Any]") -> RefusedError | UnknownError:
    message = f"Azure DevOps' answer is larger than the {call.max_bytes:,} bytes that are read."
    if call.changes:
        return UnknownError(message)
    return RefusedError(message, rule=TOO_LARGE)


def new_session() -> "requests.Session":
    """Return the process's session: keep-alive, proxies from the environment, no retry of anything that was sent."""
    import requests  # noqa: PLC0415
    from urllib3.util import Retry  # noqa: PLC0415

    session = requests.Session()
    # requests looks where a redirect leads even if it is not followed: it reads all of the body, without our limits,
    # and raises errors that are not its own for a Location that is no URL.
    session.get_redirect_target = _nowhere  # type: ignore[method-assign, assignment]
    # Only a connection that was never made is tried again, and reads: a create is never repeated blindly.
    # An answer is an answer: by default urllib3 would keep one with Retry-After for itself.
    retries = Retry(
        total=2,
        connect=2,
        read=1,
        redirect=0,
        status=0,
        other=0,
        allowed_methods={"GET"},
        respect_retry_after_header=False,
    )
    adapter = requests.adapters.HTTPAdapter(pool_connections=8, pool_maxsize=32, max_retries=retries)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers.update(
        {
            "Accept": JSON,
            "User-Agent": "azure-devops-bridge",
            # Else an expired credential is answered with a redirect or a sign-in page:
            # Microsoft's own Python client sends it, too.
            "X-TFS-FedAuthRedirect": "Suppress",
        }
    )
    # A .netrc entry for the host would replace our Authorization header.
    session.auth = _keep_authorization
    # One session serves several identities: a cookie would let one of them speak as another.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _keep_authorization(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    return request


def _nowhere(_: "requests.Response") -> str | None:
    return None


def _area(path: str) -> str:
    first, _, rest = path.partition("_apis/")[2].partition("/")
    return f"{first}/{rest.partition('/')[0]}" if first in _AREAS and rest else first
