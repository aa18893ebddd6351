"""A way to storage that can be away: what passes is passed on, and while it is away every request is answered 503."""

import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from tests.functional.proxy import pump

_BUSY = b"HTTP/1.1 503 Server Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Outage:
    """`start` and `end` it; connections that are open when it starts are cut."""

    def __init__(self) -> None:
        self._away = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    def start(self) -> None:
        self._away.set()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        self._away.clear()

    def serve(self, client: socket.socket, port: int) -> None:
        """Carry one connection to its end."""
        if self._away.is_set():
            with suppress(OSError):
                client.recv(65536)
                client.sendall(_BUSY)
            return
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as there:
            with self._lock:
                self._open.add(client)
            try:
                pump(client, there)
            finally:
                with self._lock:
                    self._open.discard(client)


@contextmanager
def ways(outage: Outage, ports: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Yield a port for each of these, through which it is reached until the outage."""
    servers = {name: _server(outage, port) for name, port in ports.items()}
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True) for server in servers.values()]
    for thread in threads:
        thread.start()
    try:
        yield {name: int(server.server_address[1]) for name, server in servers.items()}
    finally:
        for server in servers.values():
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


def _server(outage: Outage, port: int) -> socketserver.ThreadingTCPServer:
    class Way(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            outage.serve(self.request, port)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False  # connections are kept alive longer than we are

    return Server(("127.0.0.1", 0), Way)
