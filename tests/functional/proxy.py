"""A forward proxy that tunnels: what a company's network puts between an app and the internet."""

import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """Where it listens, and which hosts it was asked to connect to."""

    url: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def proxy() -> Iterator[Proxy]:
    """Serve on a free port until the block ends."""

    class Tunnel(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            method, target, _ = self.rfile.readline().decode().split(" ", 2)
            assert method == "CONNECT"
            while self.rfile.readline().strip():
                pass
            served.asked.append(target)
            host, _, port = target.rpartition(":")
            with socket.create_connection((host, int(port)), timeout=5) as there:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                pump(self.connection, there)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Tunnel) as server:
        served = Proxy(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield served
        server.shutdown()
        thread.join()


def pump(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until either side is done."""
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            (other if ready is one else one).sendall(data)
