"""Where the simulator delivers service hooks: as the trigger does, one write to the queue of the place they concern."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shared.services import Services
from shared.tickets.observing.hook_events import read_event


class Receiver:
    """Its address, and the services of each connection."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._services: dict[str, Services] = {}

    def expect(self, connection: str, environment: Mapping[str, str]) -> None:
        """Take events of a connection from now on."""
        self._services[connection] = Services(environment)

    def take(self, connection: str, body: bytes) -> None:
        event = read_event(connection, json.loads(body))
        if event:
            self._services[connection].hook_events.send(event.message())


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Serve on a free port until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiving.take(self.path.partition("?")[0].rpartition("/")[2], body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiving = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiving
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
