"""A lane's changes go as several requests at once, as many as Azure DevOps takes; each outcome is its own call's."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Barrier, BrokenBarrierError, Lock
from types import SimpleNamespace
from typing import Any

import pytest

from shared.azure_devops.work_items import WorkItem, add_fields, create
from shared.errors import BridgeError, RefusedError, ThrottledError, UnknownError
from shared.tickets.work.lane import Lane
from shared.tickets.work.widths import MOST, Widths

TRACE = ContextVar("TRACE", default="")
CALLS = [create("P", "Issue", add_fields({"System.Title": f"{number}"})) for number in range(95)]


@dataclass
class Answering:
    """Makes what it is asked for, or raises what `errors` has for the request; `sizes` are those of its requests.

    `together` requests meet before any is answered, or some seconds of `patience` are over.
    """

    together: int = 1
    errors: dict[int, BridgeError] = field(default_factory=dict)
    slow_down: float = 0.0
    sizes: list[int] = field(default_factory=list)
    met: bool = True
    patience: float = 20.0
    seen: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._barrier = Barrier(self.together)

    def do(self, call: Any) -> Any:
        bodies = [entry["body"] for entry in call.body] if call.path.endswith("$batch") else [call.body]
        titles = [int(body[0]["value"]) for body in bodies]
        with self._lock:
            self.sizes.append(len(titles))
            self.seen.append(TRACE.get())
        try:
            self._barrier.wait(timeout=self.patience)
        except BrokenBarrierError:
            self.met = False
        if error := self.errors.get(titles[0]):
            raise error
        made = [WorkItem(number, 1, "P", {}, (), "") for number in titles]
        return made if call.path.endswith("$batch") else made[0]


def lane_of(organisation: Answering, widths: Widths) -> Lane:
    tools: Any = SimpleNamespace(
        widths=widths,
        leases=SimpleNamespace(may_send=lambda _: True),
        health=SimpleNamespace(batch_trouble=pytest.fail),
    )
    connection: Any = SimpleNamespace(name="c")
    condition: Any = SimpleNamespace(single_calls=False)
    lease: Any = None
    asked: Any = organisation
    return Lane(tools, connection, asked, lease, condition)


def numbers(outcomes: list[Any]) -> list[Any]:
    return [outcome.id if isinstance(outcome, WorkItem) else type(outcome) for outcome in outcomes]


def test_many_go_at_once_and_come_back_in_order() -> None:
    organisation = Answering(together=6)

    TRACE.set("of the caller")
    outcomes = lane_of(organisation, Widths()).send(CALLS)

    assert numbers(outcomes) == list(range(95))
    assert organisation.seen == ["of the caller"] * 6
    assert sorted(organisation.sizes) == [15, *[16] * 5]
    assert organisation.met


def test_a_few_go_in_one_request() -> None:
    organisation = Answering()

    assert numbers(lane_of(organisation, Widths()).send(CALLS[:32])) == list(range(32))
    assert organisation.sizes == [32]


@pytest.mark.parametrize(("count", "sizes"), [(33, [32, 1]), (63, [32, 31]), (64, [16] * 4), (80, [16] * 5)])
@pytest.mark.every_case
def test_of_a_flood_more_requests_go_at_once(count: int, sizes: list[int]) -> None:
    """Where fewer than a flood are due, each request has as many as there are."""
    organisation = Answering(together=len(sizes))

    assert numbers(lane_of(organisation, Widths()).send(CALLS[:count])) == list(range(count))
    assert sorted(organisation.sizes, reverse=True) == sizes
    assert organisation.met


def test_what_goes_wrong_with_one_request_is_nothing_to_the_others() -> None:
    organisation = Answering(errors={32: UnknownError("lost"), 64: RefusedError("as a whole")})

    outcomes = numbers(lane_of(organisation, Widths()).send(CALLS))

    assert outcomes[:32] == list(range(32))
    assert outcomes[32:48] == [UnknownError] * 16
    assert outcomes[48:64] == list(range(48, 64))
    assert outcomes[64:] == [RefusedError, *range(65, 95)]  # refused as a whole: its calls went one by one


@pytest.mark.parametrize("how", ["a header", "a refusal"])
def test_fewer_go_at_once_after_azure_devops_asked_to_slow_down(how: str) -> None:
    widths, organisation = Widths(), Answering()
    if how == "a header":
        organisation.slow_down = 5.0
    else:
        organisation.errors = {0: ThrottledError("Too much.", retry_after=5.0)}
    lane = lane_of(organisation, widths)
    lane.send(CALLS)
    assert widths.of("c") == MOST // 2
    lane.send(CALLS)
    assert widths.of("c") == 1

    alone = Answering(together=2, patience=0.5)
    lane_of(alone, widths).send(CALLS)

    assert alone.sizes == [50, 45]
    assert not alone.met, "the second waits for the first"
    assert widths.of("another") == MOST


def test_more_go_at_once_again_after_a_while() -> None:
    widths = Widths()
    widths.learn("c", slower=True)
    widths.learn("c", slower=True)

    for _ in range(100):
        widths.learn("c", slower=False)

    assert widths.of("c") == MOST
