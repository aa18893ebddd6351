"""How a run talks to what it tortures: the functions, the simulator's control API, and storage."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import requests
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import ContainerClient
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

_SECONDS = 30
_SERVER_ERROR = 500


class RefusedError(Exception):
    """It was answered, and the answer is no: asking again will not help."""


class UnavailableError(Exception):
    """It was not answered, or not now: ask again."""


class Http:
    """Sessions by thread; nothing of the machine's own proxy settings."""

    def __init__(self, *, headers: dict[str, str] | None = None) -> None:
        self._headers = headers or {}
        self._local = threading.local()

    def ask(self, method: str, url: str, **request: Any) -> Any:
        """Return the JSON of an answer. Raises `RefusedError` and `UnavailableError`."""
        try:
            answer = self._session().request(method, url, timeout=_SECONDS, **request)
        except requests.RequestException as error:
            raise UnavailableError(f"{method} {url}: {type(error).__name__}") from error
        if answer.status_code >= _SERVER_ERROR or answer.status_code == requests.codes.too_many_requests:
            raise UnavailableError(f"{method} {url}: {answer.status_code} {answer.text[:300]}")
        if not answer.ok:
            raise RefusedError(f"{method} {url}: {answer.status_code} {answer.text[:500]}")
        try:
            return answer.json() if answer.content else None
        except requests.JSONDecodeError as error:  # the host is dead, and another process has its port
            raise UnavailableError(f"{method} {url}: no JSON") from error

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False
            session.headers.update(self._headers)
        return session


class Functions:
    """The functions' API at any host that answers: `addresses` says which there are now."""

    def __init__(self, addresses: Callable[[], Sequence[str]], key: str) -> None:
        self._addresses = addresses
        self._http = Http(headers={"x-functions-key": key})

    def ask(self, method: str, path: str, *, first: int = 0, **request: Any) -> Any:
        """Return the answer of the first host that gives one, beginning with number `first`."""
        addresses = self._addresses()
        for turn in range(len(addresses)):
            address = addresses[(first + turn) % len(addresses)]
            try:
                return self._http.ask(method, f"{address}/api/{path}", **request)
            except UnavailableError as error:
                unavailable = error
        raise unavailable


class Control:
    """The simulator's control API."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._http = Http()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer of `/_simulator/{path}`."""
        return self._http.ask(method, f"{self._address}/_simulator/{path}", json=body)


def queue(connection_string: str, name: str, *, base64: bool = True) -> QueueClient:
    """Return a client of a queue; without `base64`, texts are put as they are."""
    return QueueClient.from_connection_string(
        connection_string,
        name,
        retry_total=0,  # of 15 s and more; whoever asks tries again sooner
        read_timeout=20,
        message_encode_policy=TextBase64EncodePolicy() if base64 else None,
        message_decode_policy=TextBase64DecodePolicy() if base64 else None,
    )


def upload(container: ContainerClient, name: str, content: bytes) -> None:
    """Put a blob; one that is there already is the same."""
    try:
        container.upload_blob(name, content)
    except ResourceExistsError:
        return
