"""Requests and answers: from ASGI to what a function is given, and from what it returns to ASGI.

How the real host does it: https://github.com/Azure/azure-functions-host (GrpcMessageConversionExtensions)
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, quote

from local.host.messages import PROTOS, TypedData

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_SAME_SITE = {1: "Lax", 2: "Strict", 3: "None"}
# The server writes these itself, from the body it sends.
_OWN_HEADERS = frozenset(("content-length", "transfer-encoding", "connection", "keep-alive"))
_WITHOUT_BODY = frozenset((204, 205, 304))


class BodyTooLargeError(Exception):
    """The request's body exceeds the limit."""


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request without its body. Header names are lower case; repeated values are joined by commas."""

    method: str
    raw_path: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]

    @classmethod
    def read(cls, scope: Scope) -> "Request":
        """Return the request of an ASGI scope."""
        headers = _joined((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        raw_path = scope["raw_path"].decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        address = f"{scope['scheme']}://{headers.get('host', '127.0.0.1')}{raw_path}"
        return cls(
            method=scope["method"],
            raw_path=raw_path,
            url=f"{address}?{query}" if query else address,
            headers=headers,
            query=_joined(parse_qsl(query, keep_blank_values=True)),
        )

    @property
    def key(self) -> str:
        """The function key that came with it, or an empty text."""
        return self.headers.get("x-functions-key") or self.query.get("code", "")

    def typed_data(self, parameters: Mapping[str, str], body: bytes) -> TypedData:
        """Return it as the runtime wants it. As in Azure, empty headers and query values are left out."""
        return TypedData(
            http=PROTOS.RpcHttp(
                method=self.method,
                url=self.url,
                headers={name: value for name, value in self.headers.items() if value},
                query={name: value for name, value in self.query.items() if value},
                params=dict(parameters),
                body=TypedData(bytes=body),
            )
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. Headers may repeat."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = field(default=())

    async def send(self, send: Send) -> None:
        """Send it as ASGI messages."""
        body = b"" if self.status in _WITHOUT_BODY else self.body
        headers = [(name.lower(), value) for name, value in self.headers if name.lower() not in _OWN_HEADERS]
        if self.status not in _WITHOUT_BODY:
            headers.append(("content-length", str(len(body))))
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": self.status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})


async def read_body(request: Request, receive: Receive, limit: int) -> bytes:
    """Return the request's body. Raises `BodyTooLargeError` beyond `limit` bytes, and `ClientGoneError`."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > limit:
        raise BodyTooLargeError
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        body += message.get("body", b"")
        if len(body) > limit:
            raise BodyTooLargeError
        more = message.get("more_body", False)
    return bytes(body)


def answer(returned: TypedData | None) -> Answer:
    """Return the answer that a function's return value stands for."""
    if returned is None:
        return Answer(204)
    if returned.WhichOneof("data") != "http":
        return Answer(200, _bytes(returned), (("content-type", "text/plain; charset=utf-8"),))
    http = returned.http
    cookies = [("set-cookie", _cookie(each)) for each in http.cookies or ()]
    headers = [*(http.headers or {}).items(), *cookies]
    return Answer(int(http.status_code), _bytes(http.body), tuple(headers))


def _bytes(value: TypedData) -> bytes:
    content = getattr(value, value.WhichOneof("data") or "", b"")
    return content if isinstance(content, bytes) else str(content).encode()


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _cookie(cookie: Any) -> str:
    """Return a cookie as the real host writes it: the value percent-encoded."""
    parts = [f"{cookie.name}={quote(cookie.value, safe='')}"]
    if cookie.expires:
        parts.append(f"expires={formatdate(cookie.expires.value.seconds, usegmt=True)}")
    if cookie.max_age:
        parts.append(f"max-age={int(cookie.max_age.value)}")
    parts += [
        f"{name}={given.value}"
        for name, given in (("domain", cookie.domain), ("path", cookie.path))
        if given and given.value
    ]
    if cookie.secure and cookie.secure.value:
        parts.append("secure")
    if cookie.same_site in _SAME_SITE:
        parts.append(f"samesite={_SAME_SITE[cookie.same_site]}")
    if cookie.http_only and cookie.http_only.value:
        parts.append("httponly")
    return "; ".join(parts)
