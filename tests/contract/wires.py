"""An organisation at the end of a wire that holds whatever bytes a test puts there, and then ends.

The bytes go through the real `http.client`, urllib3 and requests: only where a TCP connection would be opened is a
pair of local sockets instead.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from urllib3.connection import HTTPConnection

from shared.azure_devops.organisation import Organisation, new_session


@contextmanager
def answering(wire: bytes) -> Iterator[Organisation]:
    """Yield an organisation that answers each connection with `wire`, which must fit a socket's buffer."""
    with ExitStack() as stack:

        def connect(_connection: HTTPConnection) -> socket.socket:
            ours, theirs = socket.socketpair()
            stack.callback(ours.close)
            stack.callback(theirs.close)
            theirs.sendall(wire)
            theirs.shutdown(socket.SHUT_WR)
            return ours

        stack.enter_context(patch.object(HTTPConnection, "_new_conn", connect))
        session = stack.enter_context(new_session())
        session.trust_env = False
        yield Organisation("http://azure.example/contoso", session, lambda _: "Basic OmE=", seconds=5)


def http(status: int | str, headers: list[tuple[str, str]], body: bytes, *, length: int | None = None) -> bytes:
    """Return the bytes of an answer; `length` is what it claims where that is not the truth."""
    claimed = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in headers)]
    if not any(name.lower() == "transfer-encoding" for name, _ in headers):
        lines.append(f"Content-Length: {claimed}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body
