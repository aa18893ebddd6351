"""The bridge as its users see it: the platform, the administrator, and a person in Azure Boards."""

import json
import secrets
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from local.stack import Stack

PROJECT = "Web Shop"
MADE: list["Bridge"] = []
"""Those of the tests that run now, and of their modules."""
_SECONDS = 100.0
"""Long, for a busy machine: what comes at all comes earlier, and what never does is told apart by this alone."""
_ARRIVED: list[dict[str, Any]] = []
"""Update messages that any test of this process took off the queue; ticket ids tell whose they are."""
_ALERTED: list[dict[str, Any]] = []
"""Alerts, likewise."""


def eventually[T](look: Callable[[], T | None], *, seconds: float = _SECONDS, what: str) -> T:
    """Return what `look` finds as soon as it finds something that is true."""
    deadline = time.monotonic() + seconds
    pause = 0.05
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds:.0f} s")
        time.sleep(pause)
        pause = min(1.2 * pause, 0.3)  # looking takes the processor of what is waited for


@dataclass
class Bridge:
    """One test's own organisation, connection and asset in a running stack."""

    stack: Stack
    name: str
    token: str
    asset: str
    session: requests.Session = field(default_factory=requests.Session)

    @classmethod
    def fresh(cls, stack: Stack, *, linked: bool = True) -> "Bridge":
        name = f"t{secrets.token_hex(5)}"
        bridge = cls(stack, name, "", f"shop-{name}")
        MADE.append(bridge)
        bridge.session.trust_env = False
        bridge.control("POST", "organizations", {"name": name})
        bridge.token = bridge.control("POST", "personal-access-tokens", {"organization": name, "user": "Bridge"})[
            "token"
        ]
        if linked:
            # Asked again, they change nothing: a busy machine may not answer in time.
            eventually(lambda: bridge.connect().ok, what="the connection")
            eventually(lambda: bridge.link().ok, what="the link")
        return bridge

    # The administrator

    def connect(self, **changes: Any) -> requests.Response:
        credential = {"kind": "personal_access_token", "token": self.token}
        body = {"url": f"{self.stack.addresses.azure_devops}/{self.name}", "credential": credential, **changes}
        return self.ask("PUT", f"connections/{self.name}", json=body)

    def link(self, *, asset: str = "", **changes: Any) -> requests.Response:
        body = {"connection": self.name, "project": PROJECT, **changes}
        return self.ask("PUT", f"links/application/{asset or self.asset}", json=body)

    def ask(self, method: str, path: str, *, key: str | None = None, **request: Any) -> requests.Response:
        headers = {"x-functions-key": self.stack.addresses.host_key if key is None else key}
        headers |= request.pop("headers", {})
        url = f"{self.stack.addresses.functions}/api/{path}"
        return self.session.request(method, url, headers=headers, timeout=60, **request)

    # The platform

    def vulnerability(self, id_: str = "V1", **changes: Any) -> dict[str, Any]:
        asset = {"kind": "application", "id": self.asset}
        least = {"id": id_, "asset": asset, "title": f"Finding {id_}", "severity": "high", "status": "open"}
        return {**least, **changes}

    def snapshot(self, id_: str = "V1", **changes: Any) -> dict[str, Any]:
        return {"schema": 1, "vulnerability": self.vulnerability(id_, **changes)}

    def send(self, id_: str = "V1", **changes: Any) -> str:
        """Post a snapshot and return its ticket's id."""
        answer = self.ask("POST", "tickets", json=self.snapshot(id_, **changes))
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def import_(self, body: bytes | list[Any], **request: Any) -> requests.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", "tickets/import", data=content, **request)

    def import_sarif(self, body: bytes, **request: Any) -> requests.Response:
        params = {"kind": "application", "asset": self.asset}
        return self.import_(body, params=params, headers={"Content-Type": "application/sarif+json"}, **request)

    def ticket(self, ticket: str) -> dict[str, Any]:
        answer = self.ask("GET", f"tickets/{ticket}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def tickets(self, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        params = {"kind": "application", "asset": self.asset, **query}
        continuation: str | None = ""
        while continuation is not None:
            page = self.ask("GET", "tickets", params={**params, "continuation": continuation}).json()
            found += page["tickets"]
            continuation = page["continuation"]
        return found

    def until(self, ticket: str, status: str, *, seconds: float = _SECONDS) -> dict[str, Any]:
        """Return the ticket once it has the status."""

        def look() -> dict[str, Any] | None:
            found = self.ticket(ticket)
            return found if found["status"] == status else None

        return eventually(look, seconds=seconds, what=f"status {status} of {ticket} ({self.ticket(ticket)})")

    def until_all(self, count: int, status: str = "open", *, seconds: float = _SECONDS) -> list[dict[str, Any]]:
        def look() -> list[dict[str, Any]] | None:
            found = self.tickets(status=status)
            return found if len(found) == count else None

        return eventually(look, seconds=seconds, what=f"{count} tickets {status}")

    def queue(self, name: str) -> QueueClient:
        return QueueClient.from_connection_string(
            self.stack.addresses.storage_connection_string,
            name,
            message_encode_policy=TextBase64EncodePolicy(),
            message_decode_policy=TextBase64DecodePolicy(),
        )

    def updates(self, ticket: str | None) -> list[dict[str, Any]]:
        """Return the update messages of a ticket (None: of none) so far, in the order of their sequence.

        One that came again counts once, as for every consumer: they are delivered at least once, always the same.
        """
        self._receive("ticket-updates", _ARRIVED)
        mine = [message for message in _ARRIVED if message["ticket"] == ticket]
        if ticket is None:
            return mine
        once = {int(message["sequence"]): message for message in mine}
        assert all(message == once[int(message["sequence"])] for message in mine)
        return [once[sequence] for sequence in sorted(once)]

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts about this connection and its tickets so far."""
        self._receive("alerts", _ALERTED)
        return [message for message in _ALERTED if str(message["subject"]).partition(".")[0] == self.name]

    def _receive(self, queue: str, into: list[dict[str, Any]]) -> None:
        client = self.queue(queue)
        while batch := list(client.receive_messages(max_messages=32)):
            for message in batch:
                into.append(json.loads(message.content))
                client.delete_message(message)

    # A person in Azure Boards, and what Azure DevOps was asked

    def control(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.stack.addresses.azure_devops}/_simulator/{path}"
        answer = self.session.request(method, url, json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def fault(self, match: str, fault: str, *, times: int = 1) -> None:
        method, _, path = match.partition(" ")
        self.control("POST", "faults", {"match": f"{method} /{self.name}/{path}", "times": times, "fault": fault})

    def work_items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", f"work-items?organization={self.name}")["work_items"]
        return found

    def act(self, work_item: int, **change: Any) -> dict[str, Any]:
        """Do something to a work item, and return it as it is then."""
        return dict(self.control("POST", f"work-items/{work_item}?organization={self.name}", change))

    def asked(self) -> list[dict[str, Any]]:
        found = self.control("GET", "requests")["requests"]
        return [request for request in found if request["path"].startswith(f"/{self.name}/")]

    def hook(self, body: bytes, *, password: str | None = None, length: int | None = None) -> requests.Response:
        headers = {"Content-Type": "application/json"}
        if password is not None:
            headers["Authorization"] = f"Basic {b64encode(f'azure-devops:{password}'.encode()).decode()}"
        del length
        url = f"{self.stack.addresses.functions}/api/hooks/{self.name}"
        return self.session.post(url, data=body, headers=headers, timeout=30)
