"""A timer by a clock of the test's own: past due exactly once, its errors, its schedule."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from local.host.bindings import Function, TimerTrigger
from local.host.messages import TypedData
from local.host.runtime import Outcome
from local.host.timer_status import TimerStatusFile
from local.host.timers import Timer

if TYPE_CHECKING:
    from local.host.invocations import Invoker

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOURLY = "0 0 * * * *"


@dataclass
class World:
    """The time, and an invoker that writes down what it is asked; each run takes `minutes`."""

    now: datetime = NOON
    minutes: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    after_run: Callable[[], None] = lambda: None
    running: int = 0

    async def invoke(self, _function: Function, data: TypedData) -> Outcome:
        self.running += 1
        assert self.running == 1, "two runs at a time"
        await asyncio.sleep(0)
        self.requests.append(json.loads(data.json))
        self.now += timedelta(minutes=self.minutes)
        self.running -= 1
        self.after_run()
        return Outcome(error="whatever happens")

    def timer(self, state: Path | None, schedule: str = HOURLY, **options: bool) -> Timer:
        trigger = TimerTrigger("timer", schedule, **options)
        invoker = cast("Invoker", self)
        return Timer(Function("tick", "1", trigger), trigger, invoker, state=state, clock=lambda: self.now)

    def start(self, timer: Timer) -> list[bool]:
        """Start the timer, stop it at once, and return whether each run that it made was past due."""
        before = len(self.requests)
        stop = asyncio.Event()
        stop.set()
        asyncio.run(timer.run(stop))
        return [request["IsPastDue"] for request in self.requests[before:]]


def test_a_new_timer_waits_for_its_first_due_time(tmp_path: Path) -> None:
    world = World()

    assert world.start(world.timer(tmp_path)) == []
    status = TimerStatusFile(tmp_path, "tick").read()
    assert status is not None
    assert (status.last, status.next) == (None, NOON + timedelta(hours=1))


def test_past_due_once_however_much_was_missed(tmp_path: Path) -> None:
    world = World()
    world.timer(tmp_path)
    world.now += timedelta(hours=5, minutes=30)

    assert world.start(world.timer(tmp_path)) == [True]
    assert world.start(world.timer(tmp_path)) == []
    status = TimerStatusFile(tmp_path, "tick").read()
    assert status is not None
    assert (status.last, status.next) == (world.now, NOON + timedelta(hours=6))


def test_the_function_learns_when_it_was_due(tmp_path: Path) -> None:
    world = World()
    world.timer(tmp_path)
    world.now += timedelta(hours=5)
    world.start(world.timer(tmp_path))

    assert world.requests[0]["ScheduleStatus"]["Next"] == "2026-11-20T13:00:00+00:00"


def test_a_changed_schedule_missed_nothing(tmp_path: Path) -> None:
    world = World()
    world.timer(tmp_path)
    world.now += timedelta(days=2)

    assert world.start(world.timer(tmp_path, "0 30 * * * *")) == []


def test_a_status_that_cannot_be_read_missed_nothing(tmp_path: Path) -> None:
    world = World()
    world.timer(tmp_path)
    (tmp_path / "timers" / "tick.json").write_text('{"next": "yesterday"}')
    world.now += timedelta(days=2)

    assert world.start(world.timer(tmp_path)) == []


def test_what_is_not_monitored_is_not_made_up_for(tmp_path: Path) -> None:
    for schedule, options in ((HOURLY, {"use_monitor": False}), ("*/30 * * * * *", {})):
        world = World()
        world.timer(tmp_path, schedule, **options)
        world.now += timedelta(days=2)

        assert world.start(world.timer(tmp_path, schedule, **options)) == []
        assert not (tmp_path / "timers").exists()


def test_run_on_startup_is_one_run_even_when_past_due(tmp_path: Path) -> None:
    world = World()

    assert world.start(world.timer(tmp_path, run_on_startup=True)) == [False]
    world.now += timedelta(days=2)
    assert world.start(world.timer(tmp_path, run_on_startup=True)) == [True]


def test_what_fell_into_a_long_run_is_skipped(tmp_path: Path) -> None:
    world = World(minutes=150)
    timer = world.timer(tmp_path)
    world.now = NOON + timedelta(hours=1)

    async def one_run() -> None:
        stop = asyncio.Event()
        world.after_run = stop.set
        await asyncio.wait_for(timer.run(stop), 5)

    asyncio.run(one_run())
    assert [request["IsPastDue"] for request in world.requests] == [False]
    status = TimerStatusFile(tmp_path, "tick").read()
    assert status is not None
    assert status.next == NOON + timedelta(hours=4)


def test_a_run_by_hand_waits_for_the_other_and_leaves_the_schedule_alone(tmp_path: Path) -> None:
    world = World()
    timer = world.timer(tmp_path)

    async def two_at_once() -> None:
        await asyncio.gather(timer.run_now(), timer.run_now())

    asyncio.run(two_at_once())
    assert len(world.requests) == 2
    status = TimerStatusFile(tmp_path, "tick").read()
    assert status is not None
    assert status.next == NOON + timedelta(hours=1)
