"""Faults and rate limits of the Azure DevOps simulator, without a network."""

import pytest

from local.simulators.azure_devops import faults
from local.simulators.azure_devops.throttling import Throttle


def test_a_fault_counts_down_and_only_for_its_requests() -> None:
    waiting = faults.Faults()
    waiting.add(faults.read({"match": "POST /contoso/.*wit/workitems", "fault": "status:503", "times": 2}))
    assert waiting.take("GET", "/contoso/x/_apis/wit/workitems/1") is None
    taken = [waiting.take("POST", "/contoso/x/_apis/wit/workitems/$Bug") for _ in range(3)]
    assert [fault.number if fault else None for fault in taken] == [503.0, 503.0, None]


@pytest.mark.parametrize("fault", ["", "status", "late:", "explode:1"])
def test_refuses_a_fault_that_it_does_not_know(fault: str) -> None:
    with pytest.raises(ValueError, match="fault is one of"):
        faults.read({"match": "x", "fault": fault})


def test_no_limit_is_no_headers() -> None:
    verdict = Throttle().judge("ada", 1000, None)
    assert (verdict.blocked, verdict.headers) == (False, {})


def test_each_identity_has_its_own_budget() -> None:
    throttle = Throttle()
    assert not throttle.judge("ada", 10, 10).blocked
    assert throttle.judge("ada", 1, 10).blocked
    assert not throttle.judge("bob", 1, 10).blocked


def test_the_budget_comes_back_when_the_window_has_passed() -> None:
    throttle = Throttle(window=0.0)
    assert not throttle.judge("ada", 10, 10).blocked
    assert not throttle.judge("ada", 10, 10).blocked


def test_a_fault_may_ask_for_a_body() -> None:
    fault = faults.read({"match": {"method": "patch", "path": "batch", "body": r"workitems/\$"}, "fault": "late:1"})

    assert fault.matches("PATCH", "/contoso/_apis/wit/$batch", b"/p/_apis/wit/workitems/$Bug")
    assert not fault.matches("PATCH", "/contoso/_apis/wit/$batch", b"/_apis/wit/workitems/7")
