"""Sends calls to one organisation: one keep-alive session per process, bounded in time, never redirected."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from shared.azure_devops.answers import Answer, judge
from shared.errors import CredentialError, TransientError, UnknownError

if TYPE_CHECKING:
    import requests

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
_CONNECT_SECONDS = 10.0
_MAX_ANSWER_BYTES = 64 * 1024 * 1024
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Call[T]:
    """One request below the organisation's URL. `read` makes a typed value of the answer's JSON."""

    method: str
    path: str
    read: Callable[[Any], T]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = field(default=None, repr=False)
    content_type: str = JSON
    changes: bool = False
    """Whether carrying it out changes something in Azure DevOps."""


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

    def do[T](self, call: Call[T]) -> T:
        """Send one call and return what it reads.

        Raises `CredentialError`, `RefusedError`, `NotFoundError`, `ConflictError`, `ThrottledError`,
        `TransientError`, and `UnknownError` for a change that may have been carried out.
        """
        answer = self._send(call, renew=False)
        try:
            value = judge(answer, changes=call.changes)
        except CredentialError:
            value = judge(self._send(call, renew=True), changes=call.changes)
        try:
            return call.read(value)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            message = "Azure DevOps answered in an unexpected form."
            raise (UnknownError if call.changes else TransientError)(message) from error

    def _send(self, call: "Call[Any]", *, renew: bool) -> Answer:
        import requests  # noqa: PLC0415  most of the time of a cold start that only takes a hook
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        deadline = time.monotonic() + self._seconds
        try:
            with self._session.request(
                call.method,
                f"{self.url}/{call.path}?{urlencode(call.query)}" if call.query else f"{self.url}/{call.path}",
                data=None if call.body is None else json.dumps(call.body).encode(),
                headers={"Content-Type": call.content_type, "Authorization": self._authorization(renew)},
                allow_redirects=False,
                stream=True,
                timeout=(min(_CONNECT_SECONDS, self._seconds), self._seconds),
            ) as response:
                body = _read(response, deadline)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, headers, body)
        except requests.ConnectTimeout as error:
            raise TransientError("Azure DevOps could not be reached in time.") from error
        except (requests.RequestException, HTTPError) as error:
            raise _broken(call, error) from error


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


def _read(response: "requests.Response", deadline: float) -> bytes:
    """Read the whole body, but not for longer than the deadline: a socket timeout starts anew at each byte."""
    import requests  # noqa: PLC0415

    parts: list[bytes] = []
    size = 0
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        parts.append(chunk)
        size += len(chunk)
        if time.monotonic() > deadline or size > _MAX_ANSWER_BYTES:
            raise requests.ReadTimeout("the answer was too long or too slow")
    return b"".join(parts)


def new_session() -> "requests.Session":
    """Return the process's session: keep-alive, proxies from the environment, no retry of anything that was sent."""
    import requests  # noqa: PLC0415
    from urllib3.util import Retry  # noqa: PLC0415

    session = requests.Session()
    # Only a connection that was never made is tried again, and reads: a create is never repeated blindly.
    retries = Retry(total=2, connect=2, read=1, redirect=0, status=0, other=0, allowed_methods={"GET"})
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
