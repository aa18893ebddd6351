"""A gate in front of a service: while it is shut, a request is taken and never answered, so that a host holds on."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.functional.proxy import pump


@dataclass
class Gate:
    """`port` is where it listens; `marked` is a piece of the request lines that it holds while it is shut."""

    port: int
    marked: bytes
    shut: bool = False
    holds: threading.Event = field(default_factory=threading.Event)
    """A request waits: whoever sent it is in the middle of its work."""
    passing: set[socket.socket] = field(default_factory=set)

    def close(self) -> None:
        """Shut it, also for those who have a connection already."""
        self.shut = True
        for connection in list(self.passing):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def gate(target: int, marked: bytes) -> Iterator[Gate]:
    """Stand before a port of this machine until the block ends."""

    class Door(socketserver.BaseRequestHandler):
        request: socket.socket

        def handle(self) -> None:
            first = self.request.recv(65536, socket.MSG_PEEK)
            if served.shut and served.marked in first.partition(b"\r\n")[0]:
                served.holds.set()
                with suppress(OSError):
                    while self.request.recv(65536):  # until its sender is gone
                        pass
                return
            served.passing.add(self.request)
            with socket.create_connection(("127.0.0.1", target), timeout=5) as there, suppress(OSError):
                pump(self.request, there)
            served.passing.discard(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Door) as server:
        served = Gate(server.server_address[1], marked)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield served
        server.shutdown()
        thread.join()
