"""Azure DevOps, Key Vault, storage: each is away for a while. Intake answers, nothing is lost, nobody restarts us."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from azure.core.exceptions import ResourceNotFoundError

from local.ports import PREFERRED, free_port
from local.stack import Stack
from shared.connections.hook_password import derive
from tests.functional.bridge import Bridge, eventually
from tests.functional.conftest import connection_string
from tests.functional.outage import Outage, ways

TIME_SCALE = 0.01
HOUR = 3600 * TIME_SCALE
RESUMED = 64 * 30 * TIME_SCALE + 40
"""Seconds until work goes on: a ticket that failed again and again waits up to 64 retries."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.xdist_group("away")]


@pytest.fixture(scope="module")
def storage() -> Outage:
    return Outage()


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory, storage: Outage) -> Iterator[Stack]:
    """A stack whose host reaches storage by a way that can be closed; tests always reach it."""
    ports = {**dict.fromkeys(PREFERRED, 0), **{service: free_port() for service in ("blob", "queue", "table")}}
    with ways(storage, {service: ports[service] for service in ("blob", "queue", "table")}) as through:
        settings = {"AzureWebJobsStorage": connection_string(through)}
        folder = tmp_path_factory.mktemp("lonely")
        with Stack(folder, time_scale=TIME_SCALE, in_memory_storage=True, ports=ports, settings=settings) as stack:
            yield stack


@pytest.fixture
def alone(lonely: Stack) -> Iterator[Bridge]:
    """A bridge to that stack; the same processes must run before and after."""
    before = lonely.addresses.pids
    yield Bridge.fresh(lonely)
    assert lonely.addresses.pids == before


def put_on_queue(bridge: Bridge, id_: str) -> None:
    bridge.queue("ticket-requests").send_message(json.dumps(bridge.snapshot(id_)))


def assert_nothing_is_poisoned(bridge: Bridge) -> None:
    for name in ("ticket-requests", "ticket-work", "service-hook-events"):
        try:
            properties = bridge.queue(f"{name}-poison").get_queue_properties()
        except ResourceNotFoundError:
            continue
        assert properties.approximate_message_count == 0, name


def assert_one_each(bridge: Bridge, count: int) -> None:
    titles = sorted(item["title"] for item in bridge.work_items())
    assert len(titles) == len(set(titles)) == count


def password(bridge: Bridge) -> str:
    key = bridge.stack.vault.get("hook-key")
    assert key
    return derive(key, bridge.name, 1)


def state_changed(bridge: Bridge, item: int) -> bytes:
    fields = {"System.State": "Doing", "System.WorkItemType": "Issue", "System.TeamProject": "Web Shop"}
    resource = {"id": 2, "workItemId": item, "revision": {"id": item, "rev": 2, "fields": fields}}
    return json.dumps({"eventType": "workitem.updated", "resource": resource}).encode()


@contextmanager
def azure_devops_away(bridge: Bridge) -> Iterator[None]:
    match = f"/{bridge.name}/.*"
    bridge.control("POST", "faults", {"match": match, "times": None, "fault": "status:503"})
    try:
        yield
    finally:
        bridge.control("DELETE", "faults")


@contextmanager
def key_vault_away(bridge: Bridge) -> Iterator[None]:
    vault, trust = bridge.stack.addresses.key_vault, bridge.stack.addresses.ca_bundle
    faults = f"{vault}/_simulator/faults"
    fault = {"match": "/secrets/connection-.*", "times": None, "fault": "status:503"}
    assert requests.post(faults, json=fault, verify=trust, timeout=10).ok
    try:
        yield
    finally:
        assert requests.delete(faults, verify=trust, timeout=10).ok


def test_azure_devops_away_for_an_hour(alone: Bridge) -> None:
    known = alone.send("known")
    item = alone.until(known, "open")["work_item"]["id"]
    with azure_devops_away(alone):
        ends = time.monotonic() + HOUR
        sent = [alone.send(f"V{number}") for number in range(5)]
        put_on_queue(alone, "queued")
        alone.send("known", status="fixed")
        assert alone.hook(state_changed(alone, item), password=password(alone)).status_code == 200
        eventually(lambda: len(alone.tickets()) == 7, what="what was queued")
        while (left := ends - time.monotonic()) > 0:
            assert {alone.ticket(ticket)["status"] for ticket in sent} <= {"waiting", "creating"}
            time.sleep(min(left, 2.0))

    alone.until(known, "closed", seconds=RESUMED)
    alone.until_all(6, seconds=RESUMED)
    assert_one_each(alone, 7)
    assert_nothing_is_poisoned(alone)


def test_key_vault_away(alone: Bridge) -> None:
    assert alone.connect().status_code == 200  # saved again: who works next must read the credential anew
    with key_vault_away(alone):
        ticket = alone.send("V1")
        put_on_queue(alone, "V2")
        refused = alone.connect()
        eventually(lambda: len(alone.tickets()) == 2, what="what was queued")
        assert alone.ticket(ticket)["status"] == "waiting"

    assert refused.status_code == 503
    assert refused.headers["Content-Type"].startswith("application/problem+json")
    alone.until_all(2, seconds=RESUMED)
    assert_one_each(alone, 2)
    assert_nothing_is_poisoned(alone)


def test_storage_away(alone: Bridge, storage: Outage) -> None:
    ticket = alone.send("known")
    item = alone.until(ticket, "open")["work_item"]["id"]
    storage.start()
    put_on_queue(alone, "queued")
    posted = alone.ask("POST", "tickets", json=alone.snapshot("posted"))
    hook = alone.hook(state_changed(alone, item), password=password(alone))
    alone.act(item, state="Doing")
    storage.end()

    assert posted.status_code == 503, posted.text
    assert posted.headers["Content-Type"].startswith("application/problem+json")
    assert hook.status_code == 503
    assert alone.send("posted")  # as its sender does
    alone.until_all(3, seconds=RESUMED)

    def told() -> bool:
        return bool(alone.ticket(ticket)["work_item"]["state"] == "Doing")

    assert eventually(told, seconds=RESUMED, what="the change that was delivered again")
    assert_one_each(alone, 3)
    assert_nothing_is_poisoned(alone)
