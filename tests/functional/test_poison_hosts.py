"""Hosts that die while they hold a message: it is sent again, and in the end it is a ticket or a failed message."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient

from local.stack import Stack
from shared.tickets.failed_messages.poisoned import MOST_RESENDS
from tests.functional.bridge import Bridge, eventually
from tests.functional.gate import Gate, gate

SCALE = 0.005
DELIVERIES = 5
"""host.json's maxDequeueCount: the next time the host puts it on the poison queue."""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("poison"), pytest.mark.timeout(300)]


@dataclass
class Held:
    """A stack in which reading a blob can be held up, and so the host that reads it."""

    stack: Stack
    gate: Gate

    def send(self, bridge: Bridge, content: dict[str, Any]) -> None:
        """Upload a snapshot and name it in a message, as a sender of large ones does."""
        with BlobServiceClient.from_connection_string(self.stack.addresses.storage_connection_string) as service:
            service.get_container_client("ticket-requests").upload_blob(bridge.name, json.dumps(content))
        message = {"schema": 1, "blob": bridge.name}
        bridge.queue("ticket-requests").send_message(json.dumps(message))

    def kill_while_it_holds(self) -> None:
        """Wait until the host is in the middle of the message, and end it by SIGKILL."""
        assert self.gate.holds.wait(30), "the message was not taken"
        self.stack.kill("functions")
        self.gate.holds.clear()


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    stack = Stack(tmp_path_factory.mktemp("held"), time_scale=SCALE, in_memory_storage=True)
    blobs = stack.wiring.ports["blob"]
    with gate(blobs, b"/ticket-requests/") as door:
        stack._settings["AzureWebJobsStorage"] = stack.wiring.storage.replace(f":{blobs}/", f":{door.port}/")
        with stack:
            yield Held(stack, door)


@pytest.fixture
def bridge(held: Held) -> Iterator[Bridge]:
    held.gate.close()
    yield Bridge.fresh(held.stack)
    held.gate.shut = False


def failed(bridge: Bridge) -> list[dict[str, Any]]:
    found = bridge.ask("GET", "failed-messages").json()["failed_messages"]
    return [entry for entry in found if bridge.name in entry["payload"]]


def is_empty(bridge: Bridge, *queues: str) -> bool:
    return not any(bridge.queue(name).get_queue_properties().approximate_message_count for name in queues)


@pytest.mark.thorough
def test_a_host_that_dies_once(held: Held, bridge: Bridge) -> None:
    held.send(bridge, bridge.snapshot())
    held.kill_while_it_holds()
    held.gate.shut = False
    held.stack.start_functions()

    bridge.until_all(1)

    assert len(bridge.work_items()) == 1
    assert failed(bridge) == []


def test_every_host_that_takes_it_dies_until_it_is_sent_again(held: Held, bridge: Bridge) -> None:
    held.send(bridge, bridge.snapshot())
    for _ in range(DELIVERIES):
        held.kill_while_it_holds()
        held.stack.start_functions()
    held.kill_while_it_holds()  # the poison message was sent again: this is the first delivery of its successor
    held.gate.shut = False
    held.stack.start_functions()

    bridge.until_all(1)

    assert len(bridge.work_items()) == 1
    assert failed(bridge) == []
    eventually(lambda: is_empty(bridge, "ticket-requests", "ticket-requests-poison"), what="empty queues")


def test_one_that_no_host_survives_is_kept_told_and_can_be_sent_again(held: Held, bridge: Bridge) -> None:
    held.send(bridge, bridge.snapshot())
    for _ in range(MOST_RESENDS + 1):
        held.kill_while_it_holds()
        taken_by_hosts_that_died(bridge, DELIVERIES - 1)
        held.stack.start_functions()

    (entry,) = eventually(lambda: failed(bridge), what="the failed message")
    assert entry["code"] == "no_result"
    assert f"all {MOST_RESENDS + 1} times it ended without a result" in entry["reason"]
    update = eventually(
        lambda: next((u for u in bridge.updates(None) if u["message"] == entry["message"]), None), what="the update"
    )
    assert (update["change"], update["error"]["code"]) == ("refused", "no_result")
    eventually(lambda: is_empty(bridge, "ticket-requests", "ticket-requests-poison"), what="empty queues")

    held.gate.shut = False
    assert bridge.ask("POST", f"failed-messages/{entry['id']}/resend").status_code == 202
    bridge.until_all(1)
    assert failed(bridge) == []


def taken_by_hosts_that_died(bridge: Bridge, times: int) -> None:
    """To the queue, a host that dies is one that takes a message and says no more."""
    client = bridge.queue("ticket-requests")
    for _ in range(times):
        eventually(lambda: list(client.receive_messages(visibility_timeout=1)), what="the message")
