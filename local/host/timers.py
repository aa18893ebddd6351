"""Timer triggers: run when due, once more at start when a due time was missed, never twice at a time.

The rules are those of Azure's TimerListener:
https://github.com/Azure/azure-webjobs-sdk-extensions/tree/main/src/WebJobs.Extensions/Extensions/Timers
"""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from local.host.bindings import Function, TimerTrigger
from local.host.invocations import Invoker
from local.host.messages import TypedData
from local.host.pauses import pause
from local.host.schedule import Schedule
from local.host.timer_status import TimerStatus, TimerStatusFile

# A machine that slept finds out this soon that the wall clock has moved on.
_LONGEST_SLEEP = 30.0

type Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


class Timer:
    """Runs one function by its schedule."""

    def __init__(
        self,
        function: Function,
        trigger: TimerTrigger,
        invoker: Invoker,
        *,
        state: Path | None,
        clock: Clock = utc_now,
    ) -> None:
        self._function = function
        self._trigger = trigger
        self._invoker = invoker
        self._clock = clock
        self._schedule = Schedule.parse(trigger.schedule)
        # As in Azure, a timer that is due all the time has nothing to catch up on.
        monitored = trigger.use_monitor and not self._schedule.more_often_than_every_minute(clock())
        self._file = TimerStatusFile(state, function.name) if state and monitored else None
        self._status = self._first_status()
        self._running = asyncio.Lock()

    async def run(self, stop: asyncio.Event) -> None:
        """Run the function whenever it is due until `stop` is set, whatever the function raises."""
        past_due = self._clock() > self._status.next
        if past_due or self._trigger.run_on_startup:
            await self.run_now(past_due=past_due)
        while not stop.is_set():
            remaining = (self._status.next - self._clock()).total_seconds()
            if remaining <= 0:
                await self.run_now()
            else:
                await pause(stop, min(remaining, _LONGEST_SLEEP))

    async def run_now(self, *, past_due: bool = False) -> None:
        """Run the function once; waits for a run that is under way."""
        async with self._running:
            started = self._clock()
            await self._invoker.invoke(self._function, self._request(past_due=past_due))
            # A run by hand leaves the schedule alone; what fell into a long run is not made up for.
            early = started < self._status.next
            upcoming = self._status.next if early else self._schedule.next_after(self._clock())
            self._remember(TimerStatus(self._trigger.schedule, started, upcoming))

    def _first_status(self) -> TimerStatus:
        """Return what the last run left, unless the schedule is a new one: nothing of that was missed."""
        found = self._file.read() if self._file else None
        if found is not None and found.schedule == self._trigger.schedule:
            return found
        status = TimerStatus(self._trigger.schedule, None, self._schedule.next_after(self._clock()))
        self._remember(status)
        return status

    def _remember(self, status: TimerStatus) -> None:
        self._status = status
        if self._file:
            self._file.write(status)

    def _request(self, *, past_due: bool) -> TypedData:
        status = self._status
        last = (status.last or datetime.min.replace(tzinfo=UTC)).isoformat()
        times = {"Last": last, "Next": status.next.isoformat(), "LastUpdated": last}
        content = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": times, "IsPastDue": past_due}
        return TypedData(json=json.dumps(content))
