"""A proxy in front of a simulator that keeps every exchange and passes on cut connections as they are."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.contract.exchanges import Exchange

_HOP = frozenset({"connection", "transfer-encoding", "keep-alive", "content-length", "date", "server"})


class Recording:
    """Where clients are sent to, and what they did there."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.upstream = ""
        self.cut = 0
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []

    def add(self, exchange: Exchange) -> None:
        with self._lock:
            self._exchanges.append(exchange)

    def exchanges(self) -> list[Exchange]:
        """Return what was asked of the service, the simulator's own control calls left out."""
        with self._lock:
            return [each for each in self._exchanges if not each.path.startswith("/_simulator/")]


@contextmanager
def recording() -> Iterator[Recording]:
    """Yield a recording of all that goes through its address to its `upstream`, which may be set later."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    found = Recording(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = _handler(found)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(found: Recording) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            connection = http.client.HTTPConnection(urlsplit(found.upstream).netloc, timeout=120)
            try:
                connection.request(self.command, self.path, body or None, dict(self.headers.items()))
                response = connection.getresponse()
                answer = response.read()
            except (OSError, http.client.HTTPException):
                found.cut += 1
                self.close_connection = True
                return
            finally:
                connection.close()
            found.add(_exchange(self, body, response, answer))
            self._answer(response, answer)

        def _answer(self, response: http.client.HTTPResponse, answer: bytes) -> None:
            self.send_response_only(response.status)
            for name, value in response.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = pass_on  # noqa: N815

        def log_message(self, *_arguments: Any) -> None:
            pass

    return Handler


def _exchange(
    asked: BaseHTTPRequestHandler, body: bytes, response: http.client.HTTPResponse, answer: bytes
) -> Exchange:
    sent = {name.lower(): value for name, value in asked.headers.items()}
    got = {name.lower(): value for name, value in response.getheaders()}
    return Exchange(asked.command, asked.path, response.status, sent, body, got, answer)
