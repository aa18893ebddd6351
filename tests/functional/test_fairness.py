"""One connection with much to do, or with an Azure DevOps that does not answer, does not hold up the others."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.stack import Stack
from tests.functional.bridge import Bridge

PENDING = 500
OTHERS = 9
TICKETS = 10
LATENCY = {"request_ms": 40, "entry_ms": 600}
"""Each lane of the flood then has 38 s to do, however fast the machine, and those of the others about one."""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kills")]


@pytest.fixture(scope="module")
def unscaled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Durations as in Azure: what is slow here must not count as what never answers."""
    with Stack(tmp_path_factory.mktemp("fair"), time_scale=1.0, in_memory_storage=True) as stack:
        yield stack


@pytest.fixture
def bridge(unscaled: Stack) -> Bridge:
    return Bridge.fresh(unscaled)


@pytest.fixture
def others(unscaled: Stack) -> Iterator[list[Bridge]]:
    bridges = [Bridge.fresh(unscaled) for _ in range(OTHERS)]
    yield bridges
    bridges[0].control("POST", "settings", {"latency": None})
    bridges[0].control("DELETE", "faults")


def all_open(bridges: list[Bridge]) -> None:
    """Give each of them tickets and wait until every one has a work item."""

    def one(bridge: Bridge) -> None:
        assert bridge.import_([bridge.snapshot(f"V{number}") for number in range(TICKETS)]).ok
        bridge.until_all(TICKETS)

    with ThreadPoolExecutor(len(bridges)) as threads:
        list(threads.map(one, bridges))


@pytest.mark.parametrize("fault", ["", "retry_after:600", "status:503", "latency:600000"])
def test_one_that_floods_or_is_throttled_or_does_not_answer(bridge: Bridge, others: list[Bridge], fault: str) -> None:
    if fault:
        bridge.control("POST", "faults", {"match": {"path": f"^/{bridge.name}/"}, "times": None, "fault": fault})
    bridge.control("POST", "settings", {"latency": LATENCY})
    assert bridge.import_([bridge.snapshot(f"F{number}") for number in range(PENDING)]).ok

    all_open(others)

    made = len(bridge.work_items())
    assert made == 0 if fault else made < PENDING
    assert {ticket["status"] for ticket in bridge.tickets(limit="1000")} <= {"waiting", "creating", "open"}
