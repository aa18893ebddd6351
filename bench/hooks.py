"""Taking service hooks in, beside a function that only writes: `python -m bench hooks`.

Both run on hosts of the same kind, in turn, and write the same bytes to a queue by the same library. Sixteen
connections send one delivery after another. Then how long it takes from a delivery until the platform is told.
"""

import base64
import http.client
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from azure.storage.queue import QueueClient

from bench.hosts import APPS, Host, host
from bench.results import Result, Size, percentile
from bench.stacks import fresh_stack
from local.processes import REPOSITORY
from local.stack import Stack
from shared.connections.hook_password import derive
from shared.settings import EDGE, ROLE
from shared.tickets.observing.hook_events import read_event
from tests.functional.bridge import Bridge, eventually

DELIVERIES, CONNECTIONS = 4_000, 16
EVENTS, EACH_SECOND = 400, 20
_WAKING = 2
"""Seconds that are left out: a host looks into an idle queue once a second, and the first deliveries wait for that."""
_FACTOR, _MILLISECONDS = 1.3, 100
_NAME = "contoso"


def measure(size: Size) -> Iterator[Result]:
    """Measure intake, then the way of an event through everything."""
    with fresh_stack() as stack:
        stack.kill("functions")
        yield _intake(stack, size)
    with fresh_stack() as stack:
        yield _followed(stack, size)


def delivery(number: int, work_item: int = 1, state: str = "Doing", revision: int = 2) -> dict[str, Any]:
    """Return what Azure DevOps sends of a change, with a description as long as ours are."""
    fields = {
        "System.TeamProject": "Web Shop",
        "System.WorkItemType": "Issue",
        "System.State": state,
        "System.Title": "SQL injection in the search of orders",
        "System.Description": "<p>The parameter is joined into a statement.</p>" * 60,
        "System.ChangedBy": "Ada <ada@example.com>",
        "System.Tags": "Phoenix_Security; security",
    }
    resource = {
        "id": number,
        "workItemId": work_item,
        "rev": revision,
        "revisedBy": {"displayName": "Ada", "uniqueName": "ada@example.com"},
        "fields": {"System.State": {"oldValue": "To Do", "newValue": state}},
        "revision": {"id": work_item, "rev": revision, "fields": fields},
    }
    return {
        "subscriptionId": "7c4bd5f2-0000-4000-8000-000000000001",
        "notificationId": number,
        "eventType": "workitem.updated",
        "publisherId": "tfs",
        "resource": resource,
        "resourceVersion": "1.0",
    }


def _intake(stack: Stack, size: Size) -> Result:
    number = size.of(DELIVERIES)
    event = read_event(_NAME, delivery(1))
    assert event
    settings = stack._host_environment()
    written = {"STORAGE": settings["AzureWebJobsStorage"], "QUEUE": "bench-hooks", "EVENT": json.dumps(event.message())}
    Bridge.fresh(stack, linked=False).queue("bench-hooks").create_queue()
    password = derive(settings["HOOK_KEY"], _NAME, 1)
    with (
        tempfile.TemporaryDirectory() as state,
        host(REPOSITORY, Path(state) / "ours", {**settings, ROLE: EDGE}) as ours,
        host(APPS / "writes_only", Path(state) / "rival", {**settings, **written}) as rival,
    ):
        both = [(_pressed(ours, number, password), _pressed(rival, number, password)) for _ in range(size.rounds + 1)]
    found = both[1:]  # the first round warms both up
    p99, their_p99 = (median([each[which][0] for each in found]) for which in (0, 1))
    speed, their_speed = (median([each[which][1] for each in found]) for which in (0, 1))
    return Result(
        f"{number:,} deliveries of service hooks over {CONNECTIONS} connections",
        f"{speed:,.0f}/s, p99 {1000 * p99:.0f} ms",
        f"{their_speed:,.0f}/s, p99 {1000 * their_p99:.0f} ms ({p99 / their_p99:.2f}×)",
        f"p99 ≤ {_FACTOR}×",
        p99 <= _FACTOR * their_p99,
    )


def _pressed(target: Host, number: int, password: str) -> tuple[float, float]:
    """Send deliveries as fast as they are answered; return the 99th percentile in seconds, and how many in a second."""
    numbers, times = count(), []

    def send() -> None:
        client = http.client.HTTPConnection(urlsplit(target.url).netloc, timeout=60)
        while (at := next(numbers)) < number:
            times.append(_send(client, _NAME, password, delivery(at)))
        client.close()

    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for done in [pool.submit(send) for _ in range(CONNECTIONS)]:
            done.result()
    return percentile(times, 0.99), number / (time.perf_counter() - started)


def _send(client: http.client.HTTPConnection, name: str, password: str, body: dict[str, Any]) -> float:
    credentials = base64.b64encode(f"azure-devops:{password}".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {credentials}"}
    content = json.dumps(body)
    started = time.perf_counter()
    client.request("POST", f"/api/hooks/{name}", content, headers)
    answer = client.getresponse()
    said = answer.read()
    seconds = time.perf_counter() - started
    assert answer.status == http.HTTPStatus.OK, said
    return seconds


def _followed(stack: Stack, size: Size) -> Result:
    number = size.of(EVENTS)
    bridge = Bridge.fresh(stack)
    assert bridge.import_([bridge.snapshot(f"V{at}") for at in range(number)]).ok
    items = {ticket["id"]: ticket["work_item"]["id"] for ticket in bridge.until_all(number, seconds=600)}
    updates = bridge.queue("ticket-updates")
    eventually(lambda: not updates.get_queue_properties().approximate_message_count or _cleared(updates), what="quiet")
    revisions = {item["id"]: item["rev"] for item in bridge.work_items()}
    sent: dict[str, float] = {}
    password = derive(stack._host_environment()["HOOK_KEY"], bridge.name, 1)
    with _told(updates) as told:
        client = http.client.HTTPConnection(urlsplit(stack.addresses.functions).netloc, timeout=60)
        begun = time.perf_counter()
        for at, (ticket, item) in enumerate(items.items()):
            time.sleep(max(0.0, begun + at / EACH_SECOND - time.perf_counter()))
            sent[ticket] = time.perf_counter()
            _send(client, bridge.name, password, delivery(at, item, "Doing", revisions[item] + 1))
        eventually(lambda: len(told) == number, what="the last update")
    times = [told[ticket] - sent[ticket] for ticket in sent][min(_WAKING * EACH_SECOND, number // 2) :]
    p99 = percentile(times, 0.99)
    return Result(
        f"from a delivery to the update of its ticket, {EACH_SECOND} each second, {number:,} in all",
        f"median {1000 * median(times):.0f} ms, p99 {1000 * p99:.0f} ms",
        "",
        f"p99 ≤ {_MILLISECONDS} ms",
        1000 * p99 <= _MILLISECONDS,
    )


@contextmanager
def _told(updates: QueueClient) -> Iterator[dict[str, float]]:
    """Listen until the block ends; when the first update of each ticket came."""
    told: dict[str, float] = {}
    ended = threading.Event()

    def listen() -> None:
        while not ended.is_set():
            for message in updates.receive_messages(max_messages=32):
                told.setdefault(json.loads(message.content)["ticket"], time.perf_counter())

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield told
    finally:
        ended.set()
        listener.join()


def _cleared(queue: Any) -> bool:
    queue.clear_messages()
    return False
