"""One kill's or freeze's own world: an organisation in the simulator and a storage account in Azurite."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
from azure.data.tables import TableClient, TableServiceClient
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from local import storage
from shared.times import Times
from tests.functional.bridge import PROJECT, eventually
from tests.functional.kills.frozen import Frozen, frozen
from tests.functional.kills.processes import Invocation, recover, run
from tests.functional.kills.tapped import Calls, Moment

ASSET = "shop"
UNHURRIED = 0.1
"""TIME_SCALE of who prepares or dies, so that requests have time enough; who recovers must wait, and has a smaller."""
_MOMENTS = ("due", "attempt_at", "looked_at")
TABLES = ("connections", "links", "tickets", "failedmessages")


@dataclass
class Place:
    """Where one flow is run once, by processes that know nothing of any other place."""

    name: str
    azure_devops: str
    environment: Mapping[str, str]
    busy: threading.Semaphore
    """Held while a process of this place prepares, dies or comes to stand still."""
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        storage.provide(self.storage)
        with TableServiceClient.from_connection_string(self.storage) as tables:
            for table in TABLES:
                tables.create_table_if_not_exists(table)
        self.control("POST", "organizations", {"name": self.name, "projects": {PROJECT: "Basic"}})
        asked = {"organization": self.name, "user": "Bridge"}
        self.token = self.control("POST", "personal-access-tokens", asked)["token"]
        credential = {"kind": "personal_access_token", "token": self.token}
        body = {"url": f"{self.azure_devops}/{self.name}", "credential": credential}
        self.connection: Invocation = ("connection", {"name": self.name, "body": body})
        self.link: Invocation = ("link", {"asset": ASSET, "body": {"connection": self.name, "project": PROJECT}})

    @property
    def storage(self) -> str:
        return self.environment["AzureWebJobsStorage"]

    # What happens

    @property
    def _own(self) -> Mapping[str, str]:
        return {**self.environment, "TIME_SCALE": str(UNHURRIED)}

    def run(self, *invocations: Invocation) -> Calls:
        with self.busy:
            calls = run(self._own, invocations)
        assert calls
        return calls

    def die(self, invocation: Invocation, kill: Moment) -> None:
        with self.busy:
            run(self._own, [invocation], kill)

    @contextmanager
    def frozen(self, invocation: Invocation, moment: Moment) -> Iterator[Frozen]:
        """A process that stands still at a moment; `busy` is given back as soon as it does."""
        with ExitStack() as stack:
            with self.busy:
                process = stack.enter_context(frozen(self._own, invocation, moment))
            yield process

    def recover(self, held: Invocation) -> None:
        recover(self.environment, self.name, held)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(method, f"{self.azure_devops}/_simulator/{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def act(self, item: int, **change: Any) -> None:
        self.control("POST", f"work-items/{item}?organization={self.name}", change)

    def fault(self, match: str, fault: str) -> None:
        self.control("POST", "faults", {"match": match, "times": 1, "fault": fault})

    def let_time_pass(self) -> None:
        """An hour later: leases are over, attempts and look-ups were long ago, what waits is due."""
        with self._table("tickets") as table:
            for row in table.list_entities():
                earlier = {name: row[name] - timedelta(hours=1) for name in _MOMENTS if name in row}
                changes = {"owner": ""} if str(row["RowKey"]).startswith("l|") else earlier
                if changes:
                    table.update_entity({"PartitionKey": self.name, "RowKey": row["RowKey"], **changes})

    def wait_until_forgotten(self) -> None:
        """Wait until what was written last counts as left behind; that is judged by storage's own time stamps."""
        time.sleep(Times.scaled(UNHURRIED).retry + 1)

    def event(self) -> Invocation:
        """Take the next event of a service hook off the queue, as a host does that processes it."""
        with self._queue("service-hook-events") as queue:
            message = eventually(queue.receive_message, what="the event")
            queue.delete_message(message)
        return "event", {name: value for name, value in json.loads(message.content).items() if name != "schema"}

    def _queue(self, name: str) -> QueueClient:
        return QueueClient.from_connection_string(
            self.storage,
            name,
            message_encode_policy=TextBase64EncodePolicy(),
            message_decode_policy=TextBase64DecodePolicy(),
        )

    # What there is

    def work_items(self) -> list[dict[str, Any]]:
        return list(self.control("GET", f"work-items?organization={self.name}")["work_items"])

    def rows(self, table: str) -> dict[str, dict[str, Any]]:
        with self._table(table) as client:
            return {row["RowKey"]: dict(row) for row in client.list_entities()}

    def _table(self, name: str) -> TableClient:
        return TableClient.from_connection_string(self.storage, name)

    def updates(self) -> list[dict[str, Any]]:
        """Take all update messages off the queue."""
        found = []
        with self._queue("ticket-updates") as queue:
            for message in queue.receive_messages(messages_per_page=32):
                found.append(json.loads(message.content))
                queue.delete_message(message)
        return found

    def subscriptions(self) -> list[dict[str, Any]]:
        url = f"{self.azure_devops}/{self.name}/_apis/hooks/subscriptions?api-version=7.1"
        answer = self.session.get(url, auth=("", self.token), timeout=30)
        assert answer.ok, answer.text
        return list(answer.json()["value"])
