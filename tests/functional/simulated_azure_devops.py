"""A client of the Azure DevOps simulator for its own tests, and a receiver of its service hooks."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from local.ports import free_port
from local.simulators import azure_devops
from local.simulators.serving import Serving

PATCH = {"Content-Type": "application/json-patch+json"}


@contextmanager
def simulator(
    file: Path, *, speed: float = 1.0, entra_tokens: Callable[[str, str], azure_devops.Identity | None] | None = None
) -> Iterator[str]:
    """Yield the address of a simulator over `file`."""
    port = free_port()
    serving = Serving(azure_devops.app(file, speed=speed, entra_tokens=entra_tokens), port)
    serving.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        serving.end()
        serving.stop()


@dataclass
class Organization:
    """One fresh organisation and a session that is signed in to it."""

    base: str
    name: str = field(default_factory=lambda: f"org-{uuid.uuid4().hex[:8]}")
    session: requests.Session = field(default_factory=requests.Session)

    def __enter__(self) -> "Organization":
        self.session.trust_env = False
        self.control("POST", "organizations", {"name": self.name})
        self.session.auth = ("", self.token())
        return self

    def __exit__(self, *_error: object) -> None:
        self.session.close()

    def token(self, **more: Any) -> str:
        asked = {"organization": self.name, "user": "Bridge <bridge@contoso.example>"} | more
        return str(self.control("POST", "personal-access-tokens", asked)["token"])

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(method, f"{self.base}/_simulator/{path}", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """Send a request to the organisation, with api-version 7.1 unless `params` says otherwise."""
        params = {"api-version": "7.1"} | more.pop("params", {})
        options: dict[str, Any] = {"timeout": 30, "allow_redirects": False, "params": params} | more
        if body is not None and "data" not in options:
            options["json"] = body
        return self.session.request(method, f"{self.base}/{self.name}/{path}", **options)

    def patch(self, method: str, path: str, document: Any, **params: str) -> requests.Response:
        return self.call(method, path, data=json.dumps(document), headers=PATCH, params=params)

    def create(self, project: str = "Mobile", kind: str = "Bug", links: Sequence[str] = (), **fields: Any) -> Any:
        """Return a new work item; fields are given by the last part of their name."""
        values = {"Title": "Log4Shell"} | fields
        document = [written(name, value) for name, value in values.items()]
        document += [link(url) for url in links]
        answer = self.patch("POST", f"{project}/_apis/wit/workitems/${kind}", document)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def update(self, number: int, *document: Any, **params: str) -> requests.Response:
        return self.patch("PATCH", f"_apis/wit/workitems/{number}", list(document), **params)

    def project_id(self, name: str) -> str:
        return str(self.call("GET", f"_apis/projects/{name}").json()["id"])

    def query(self, where: str, project: str = "Mobile", **params: str) -> list[int]:
        body = {"query": f"SELECT [System.Id] FROM WorkItems WHERE {where}"}
        answer = self.call("POST", f"{project}/_apis/wit/wiql", body, params=params)
        assert answer.status_code == 200, answer.text
        return [found["id"] for found in answer.json()["workItems"]]

    def subscribe(self, event: str, url: str, consumer: Any = None, **publisher: str) -> Any:
        body = {
            "publisherId": "tfs",
            "eventType": event,
            "resourceVersion": "1.0",
            "consumerId": "webHooks",
            "consumerActionId": "httpRequest",
            "publisherInputs": {"projectId": self.project_id("Mobile")} | publisher,
            "consumerInputs": {"url": url} | (consumer or {}),
        }
        answer = self.call("POST", "_apis/hooks/subscriptions", body)
        assert answer.status_code == 200, answer.text
        return answer.json()


def written(name: str, value: Any, operation: str = "add") -> dict[str, Any]:
    reference = name if "." in name else f"System.{name}"
    return {"op": operation, "path": f"/fields/{reference}", "value": value}


def link(url: str) -> dict[str, Any]:
    return {"op": "add", "path": "/relations/-", "value": {"rel": "Hyperlink", "url": url}}


def until[T](read: Callable[[], T], *, seconds: float = 10) -> T:
    """Return the first true value that `read` returns; fail if none comes in time."""
    deadline = time.monotonic() + seconds
    while not (value := read()):
        if time.monotonic() > deadline:
            pytest.fail(f"still {value!r} after {seconds:.0f} s")
        time.sleep(0.01)
    return value


@dataclass
class Receiver:
    """A web hook: what it got, and the statuses that it answers, the last one for ever."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    got: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    gates: dict[int, threading.Event] = field(default_factory=dict)
    """What an answer waits for, by how many deliveries came with it."""

    def answer(self) -> int:
        if gate := self.gates.get(len(self.got)):
            gate.wait(timeout=25)
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]

    def events(self) -> list[dict[str, Any]]:
        return [event for _, event in self.got]


@contextmanager
def receiver(*statuses: int) -> Iterator[Receiver]:
    """Yield a receiver that listens on a free port."""
    receiving = Receiver(statuses=list(statuses) or [200])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiving.got.append((dict(self.headers), json.loads(body)))
            self.send_response(receiving.answer())
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    receiving.url = f"http://127.0.0.1:{server.server_port}/hooks"
    try:
        yield receiving
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
