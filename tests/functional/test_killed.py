"""Hosts are killed by SIGKILL in the middle of things: nothing is lost and nothing is there twice."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from local.stack import Stack
from tests.functional.bridge import Bridge, eventually
from tests.functional.conftest import TIME_SCALE
from tests.functional.stored import belongings
from tests.thorough import THOROUGH

COUNT = 300 if THOROUGH else 120
CAP = 45

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("killed"), pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of this module's own, whose hosts may be killed."""
    with Stack(tmp_path_factory.mktemp("mortal"), time_scale=TIME_SCALE, in_memory_storage=True) as stack:
        yield stack


@pytest.fixture
def killed(mortal: Stack) -> Bridge:
    """A bridge to that stack."""
    return Bridge.fresh(mortal)


def assert_one_each(bridge: Bridge, count: int) -> None:
    titles = Counter(item["title"] for item in bridge.work_items())
    assert len(titles) == count
    assert set(titles.values()) == {1}


def has_made(bridge: Bridge, count: int) -> bool:
    return len(bridge.work_items()) >= count


def import_many(bridge: Bridge) -> None:
    bridge.control("POST", "settings", {"latency": {"request_ms": 40, "entry_ms": 60}})
    answer = bridge.import_([bridge.snapshot(f"V{number}") for number in range(COUNT)])
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("made", [1, COUNT // 3, COUNT // 2])
def test_a_host_killed_while_it_creates(killed: Bridge, made: int) -> None:
    import_many(killed)
    eventually(partial(has_made, killed, made), what=f"{made} work items")

    killed.stack.kill("functions")
    left, _ = belongings(killed)
    killed.stack.start_functions()
    tickets = killed.until_all(COUNT)

    assert any(key.startswith("p|") for _, _, key in left), "it was killed when everything was recorded"
    assert_one_each(killed, COUNT)
    assert {ticket["work_item"]["id"] for ticket in tickets} == {item["id"] for item in killed.work_items()}


def test_two_hosts_of_which_one_is_killed_again_and_again(killed: Bridge) -> None:
    killed.stack.start_functions("second")
    import_many(killed)
    for made in (COUNT // 10, COUNT // 3, COUNT // 2):
        eventually(partial(has_made, killed, made), what=f"{made} work items")
        killed.stack.kill("second")
        killed.stack.start_functions("second")

    killed.until_all(COUNT)

    killed.stack.kill("second")
    assert_one_each(killed, COUNT)


def test_two_hosts_make_no_more_than_a_day_has(killed: Bridge) -> None:
    assert killed.link(creates_per_day=CAP).ok
    killed.stack.start_functions("second")
    import_many(killed)

    def all_wait() -> bool:
        return len(killed.tickets(waiting_for="daily_cap")) == COUNT - CAP

    eventually(all_wait, what="an end of the day's share")
    killed.until_all(CAP)
    killed.stack.kill("second")
    assert_one_each(killed, CAP)


def test_every_history_that_a_killed_host_wrote_is_sent(killed: Bridge) -> None:
    ticket = killed.send()
    item = killed.until(ticket, "open")["work_item"]["id"]
    for state in ("Doing", "Done", "To Do", "Done"):
        last = killed.act(item, state=state)["rev"]
        killed.stack.kill("functions")
        killed.stack.start_functions()

    def complete() -> bool:
        found = {update["sequence"]: update["current"]["work_item"] for update in killed.updates(ticket)}
        is_whole = bool(found) and set(found) == set(range(1, max(found) + 1))
        return is_whole and found[max(found)]["revision"] == last

    assert eventually(complete, what="all updates")
    assert killed.ticket(ticket)["work_item"]["state"] == "Done"
