"""Traces where nobody collects them, as on one machine: the correlation id goes on all the same."""

import logging
import re
from typing import Any

import pytest

from shared.azure_devops import organisation
from shared.errors import RefusedError
from shared.telemetry import traces
from shared.telemetry.invocations import invocation

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def test_outside_of_any_there_is_none() -> None:
    assert traces.traceparent() == ""
    assert traces.correlation_id() == ""


def test_a_senders_trace_goes_on() -> None:
    with invocation("work", TRACEPARENT):
        assert traces.correlation_id() == TRACE
        assert traces.traceparent().split("-")[1] == TRACE
    assert traces.correlation_id() == ""


@pytest.mark.parametrize(
    "sent",
    [
        "",
        None,
        7,
        [],
        "00",
        TRACE,
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{'g' * 32}-00f067aa0ba902b7-01",
        f"{TRACEPARENT}\r\nX-Evil: 1",
        "00-" + "a" * 100_000,
    ],
)
def test_one_that_cannot_be_read_is_none(sent: Any) -> None:
    with invocation("work", sent):
        assert re.fullmatch("[0-9a-f]{32}", traces.correlation_id())
        assert traces.correlation_id() != TRACE


def test_each_without_a_sender_has_its_own() -> None:
    seen = set()
    for _ in range(3):
        with invocation("sweep"):
            seen.add(traces.correlation_id())
    assert len(seen) == 3


def test_a_cause_that_cannot_be_read_is_the_current_trace() -> None:
    with invocation("work", TRACEPARENT):
        assert traces.correlation_id("nonsense") == TRACE


def test_its_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), invocation("work", TRACEPARENT) as done:
        done.about["lane"] = 3

    (line,) = caplog.records
    assert line.getMessage() == "work: done"
    assert {"lane": 3, "function": "work", "outcome": "done", "correlation_id": TRACE}.items() <= vars(line).items()


def test_the_line_of_one_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(RefusedError), invocation("work"):
        raise RefusedError("what Azure DevOps quoted")

    (line,) = caplog.records
    assert line.getMessage() == "work: RefusedError"
    assert line.levelno == logging.ERROR


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("_apis/projects/Web%20Shop", "projects"),
        ("_apis/connectionData", "connectionData"),
        ("Web%20Shop/_apis/wit/workitems/$Issue", "wit/workitems"),
        ("_apis/wit/$batch", "wit/$batch"),
        ("p/_apis/git/repositories/secret-product/items", "git/repositories"),
        ("_apis/hooks/subscriptions", "hooks/subscriptions"),
        ("_apis/userentitlements/7", "userentitlements"),
    ],
)
def test_no_name_of_a_customer_is_measured(path: str, area: str) -> None:
    assert organisation._area(path) == area
