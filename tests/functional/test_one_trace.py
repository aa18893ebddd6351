"""One trace from the platform's request to every work item and every message, as Application Insights gets it.

The real exporter sends to a stand-in of its ingestion endpoint.
https://learn.microsoft.com/azure/azure-monitor/app/opentelemetry-configuration
"""

import gzip
import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.stack import Stack
from shared.tickets.rows.keys import LANES
from tests.functional.bridge import Bridge, eventually
from tests.functional.conftest import TIME_SCALE
from tests.unit.test_infra_settings import is_set

FINDINGS = 100
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("one trace")]


class Ingestion(ThreadingHTTPServer):
    """What Application Insights is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.envelopes: list[dict[str, Any]] = []

    @property
    def connection_string(self) -> str:
        address = f"http://127.0.0.1:{self.server_port}/"
        key = "00000000-0000-0000-0000-000000000001"
        return f"InstrumentationKey={key};IngestionEndpoint={address};LiveEndpoint={address}"

    def data(self, kind: str) -> list[dict[str, Any]]:
        """Return what came of one kind: RequestData, RemoteDependencyData, MessageData, MetricData."""
        found = [one for one in list(self.envelopes) if one["data"]["baseType"] == kind]
        return [{**one["data"]["baseData"], "trace": one["tags"].get("ai.operation.id")} for one in found]

    def of_the_trace(self) -> Counter[str]:
        """Return how often each step of the test's trace was told."""
        steps = self.data("RequestData") + self.data("RemoteDependencyData")
        return Counter(one["name"] for one in steps if one["trace"] == TRACE)

    def measured(self, name: str, **properties: str) -> float:
        """Return the sum of a metric over what was told of it with these properties."""
        values = 0.0
        for one in self.data("MetricData"):
            if properties.items() <= one.get("properties", {}).items():
                values += sum(metric["value"] for metric in one["metrics"] if metric["name"] == name)
        return values


class _Handler(BaseHTTPRequestHandler):
    server: Ingestion

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        told = [json.loads(line) for line in body.splitlines()] if not body.startswith(b"[") else json.loads(body)
        if self.path.endswith("/v2.1/track"):
            self.server.envelopes += told
        answer = json.dumps({"itemsReceived": len(told), "itemsAccepted": len(told), "errors": []}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def ingestion() -> Iterator[Ingestion]:
    with Ingestion() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def observed(ingestion: Ingestion, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    """A bridge whose worker collects, as in Azure, and tells every fifth of a second."""
    deployed = {name: value for name, value in is_set("core").items() if name.startswith(("OTEL_", "PYTHON_APPL"))}
    settings = {
        **deployed,
        "APPLICATIONINSIGHTS_CONNECTION_STRING": ingestion.connection_string,
        "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "OTEL_BLRP_SCHEDULE_DELAY": "200",
        "OTEL_METRIC_EXPORT_INTERVAL": "500",
        "SWEEP_SCHEDULE": "0 0 0 1 1 *",  # what it finds first is worked on in its own trace
    }
    folder = tmp_path_factory.mktemp("observed")
    with Stack(folder, time_scale=TIME_SCALE, in_memory_storage=True, settings=settings) as stack:
        bridge = Bridge.fresh(stack)
        answer = bridge.import_(
            [bridge.snapshot(f"V{number}") for number in range(FINDINGS)], headers={"traceparent": TRACEPARENT}
        )
        assert answer.status_code == 202
        assert answer.headers["X-Correlation-Id"] == TRACE
        bridge.until_all(FINDINGS)
        yield bridge


def test_an_import_is_one_trace_to_every_work_item(observed: Bridge, ingestion: Ingestion) -> None:
    def all_told() -> bool:
        steps = ingestion.of_the_trace()
        return steps["ticket created"] >= FINDINGS and steps["work"] >= LANES and steps["PATCH wit/$batch"] >= LANES

    eventually(all_told, what=f"{FINDINGS} tickets in the trace")
    steps = ingestion.of_the_trace()

    assert steps["import_tickets"] == 1
    assert steps["ticket created"] == FINDINGS


def test_azure_devops_is_told_the_traces_id(observed: Bridge) -> None:
    sessions = {one["session"] for one in observed.asked() if one["path"].endswith("$batch")}

    assert sessions == {"4bf92f35-77b3-4da6-a3ce-929d0e0e4736"}


def test_every_update_leads_back_into_the_trace(observed: Bridge) -> None:
    def all_came() -> list[dict[str, Any]] | None:
        updates = [update for ticket in observed.tickets() for update in observed.updates(ticket["id"])]
        opened = [update for update in updates if update["current"]["status"] == "open"]
        return updates if len(opened) >= FINDINGS else None

    updates = eventually(all_came, what=f"{FINDINGS} updates")

    assert {update["traceparent"].split("-")[1] for update in updates} == {TRACE}


def test_one_line_of_each_invocation_has_its_id(observed: Bridge, ingestion: Ingestion) -> None:
    def lines() -> list[dict[str, Any]]:
        found = [one for one in ingestion.data("MessageData") if "outcome" in one.get("properties", {})]
        return [one for one in found if one["properties"]["correlation_id"] == TRACE]

    def complete() -> bool:
        return len(lines()) >= ingestion.of_the_trace()["work"] + 1

    eventually(complete, what="the lines of all invocations")

    (first,) = (one["properties"] for one in lines() if one["properties"]["function"] == "import_tickets")
    assert first["outcome"] == "202"
    assert {one["trace"] for one in lines()} == {TRACE}
    assert observed.name in {one["properties"].get("connection") for one in lines()}


def test_what_is_counted(observed: Bridge, ingestion: Ingestion) -> None:
    def counted() -> bool:
        return ingestion.measured("bridge.ticket.changes", change="created", status="open") >= FINDINGS

    eventually(counted, what="the count of tickets")

    assert ingestion.measured("bridge.ticket.changes", change="created", status="open") == FINDINGS
    assert ingestion.measured("bridge.snapshots", outcome="changed") == FINDINGS
    assert ingestion.measured("bridge.azure_devops.call.duration", area="wit/$batch", outcome="ok") > 0
    assert ingestion.measured("bridge.queue.age", **{"messaging.destination.name": "ticket-work"}) > 0


def test_what_is_refused_and_what_has_to_wait_is_counted(observed: Bridge, ingestion: Ingestion) -> None:
    observed.fault("POST .*_apis/wit/workitems/.*", "retry_after:2")
    observed.send("late")
    observed.queue("ticket-requests").send_message('{"schema": 1}')

    eventually(lambda: ingestion.measured("bridge.azure_devops.delay") >= 2, what="the delay")
    eventually(lambda: ingestion.measured("bridge.snapshots", outcome="refused") == 1, what="the refusal")
    eventually(
        lambda: ingestion.measured("bridge.azure_devops.call.duration", outcome="ThrottledError") > 0, what="its call"
    )


def test_no_step_says_more_of_an_error_than_its_kind(observed: Bridge, ingestion: Ingestion) -> None:
    """What Azure DevOps answers may quote what was sent."""
    said = "a sentence that only Azure DevOps says"
    where = {"organization": observed.name, "project": "Web Shop", "type": "Issue", "field": "Custom.Team"}
    observed.control("POST", "rules", {**where, "rule": {"required": True}})
    ticket = observed.send(said)
    error = observed.until(ticket, "failed")["error"]["message"]

    def told() -> bool:
        return any(one["name"].startswith("ticket failed") for one in ingestion.data("RemoteDependencyData"))

    eventually(told, what="the failed ticket")
    steps = ingestion.data("RequestData") + ingestion.data("RemoteDependencyData") + ingestion.data("ExceptionData")
    assert error
    assert error not in json.dumps(steps)


def test_no_secret_is_told(observed: Bridge, ingestion: Ingestion) -> None:
    told = json.dumps(ingestion.envelopes)

    for secret in (observed.token, observed.stack.addresses.host_key):
        assert secret not in told
