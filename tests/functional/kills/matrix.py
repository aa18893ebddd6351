"""Kills one invocation between every two of its calls, and compares where each of these ends.

Each flow runs once without a kill: that gives its calls and its end state. Then, for each call, it runs in a place of
its own and dies just before that call is sent; and just after the last answer. To die after an answer is to die
before the next call, unless another call was under way meanwhile: such calls are killed at both. To die after the
answer to a GET is to die before it, for it changes nothing: such kills are left out unless every one is asked for.
A sample has a third of the others, and a ninth of those of the flows that go the ways of others.
"""

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from tests.functional.kills import state
from tests.functional.kills.extent import Extent
from tests.functional.kills.flows import FLOWS, SAMPLED
from tests.functional.kills.hooks import Receiver
from tests.functional.kills.place import Place
from tests.functional.kills.processes import Invocation, SurvivedError
from tests.functional.kills.state import State
from tests.functional.kills.tapped import Calls, Moment

AT_ONCE = 48
_TRIES = 4
_BUSY = 4
"""How many processes prepare or die at once: durations are short here, and a crowd would make requests too slow."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A flow without a kill."""

    flow: str
    calls: Calls
    end: State

    def kills(self, extent: Extent) -> list[Moment]:
        """Every moment at which the flow may die, or those that leave different things behind."""
        numbers = range(1, len(self.calls.names) + 1)
        before = [Moment(number) for number in numbers if extent.every or number == 1 or not self._reads(number - 1)]
        answered = sorted({len(self.calls.names)} | self.calls.parallel)
        after = (Moment(number, answered=True) for number in answered if extent.every or not self._reads(number))
        step = 1 if not extent.sampled else 9 if self.flow in SAMPLED else 3
        return [*before, *after][::step]

    def _reads(self, number: int) -> bool:
        return self.calls.names[number - 1].startswith("GET ")


@dataclass(frozen=True, slots=True)
class Ended:
    """What a kill or a freeze led to; `wrong` is empty if that is what happens without it."""

    flow: str
    where: str
    wrong: str


class Matrix:
    """All flows and all of their kills."""

    def __init__(self, azure_devops: str, environments: Callable[[int], Mapping[str, str]], receiver: Receiver) -> None:
        self._azure_devops = azure_devops
        self._environments = environments
        self._receiver = receiver
        self._numbers = count()
        self._busy = threading.Semaphore(_BUSY)

    def run(self, flows: Sequence[str], extent: Extent) -> Iterator[tuple[Recorded, list[Ended]]]:
        """Yield each flow with the ends of all of its kills."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            recorded = list(threads.map(self._record, flows))
            ends = [[threads.submit(self._kill, one, kill) for kill in one.kills(extent)] for one in recorded]
            yield from ((one, [end.result() for end in of_one]) for one, of_one in zip(recorded, ends, strict=True))

    def _record(self, flow: str) -> Recorded:
        def record() -> Recorded:
            place, invocation = self._prepared(flow)
            calls = place.run(invocation)
            place.recover(invocation)
            end = state.of(place)
            unsound = state.unsound(end)
            assert not unsound, f"{flow}, without any kill: {unsound}"
            return Recorded(flow, calls, end)

        return met(record)

    def _kill(self, recorded: Recorded, kill: Moment) -> Ended:
        where = f"{'after' if kill.answered else 'before'} {kill.number}, {recorded.calls.names[kill.number - 1]}"
        try:
            return Ended(recorded.flow, where, difference(recorded.end, self._end_after(recorded.flow, kill)))
        except AssertionError as error:
            return Ended(recorded.flow, where, str(error))

    def _end_after(self, flow: str, kill: Moment) -> State:
        def end() -> State:
            place, invocation = self._prepared(flow)
            place.die(invocation, kill)
            place.recover(invocation)
            return state.of(place)

        return met(end)

    def _prepared(self, flow: str) -> tuple[Place, Invocation]:
        place = self.place()
        return place, FLOWS[flow](place)

    def place(self) -> Place:
        """Return a place that nobody has used."""
        name = f"k{secrets.token_hex(5)}"
        environment = self._environments(next(self._numbers))
        self._receiver.expect(name, environment)
        return Place(name, self._azure_devops, environment, self._busy)


def met[T](attempt: Callable[[], T]) -> T:
    """Try what depends on a process coming to a certain call: on a busy machine an answer may come too late for it."""
    for _ in range(_TRIES):
        with suppress(SurvivedError):
            return attempt()
    raise AssertionError("a call at which to die was never met")


def difference(expected: State, found: State) -> str:
    """Say which parts of an end are not those that are expected; empty if none."""
    return "; ".join(
        f"{part}: {expected[part]} expected, {found[part]} found" for part in expected if expected[part] != found[part]
    )


def table(what: str, results: Sequence[tuple[str, int, Sequence[Ended]]]) -> str:
    """Return what was done, a line for each flow with the number of its calls; `what`: kills, or freezes."""
    lines = [f"{'flow':<36}{'calls':>6}{what:>9}  end state"]
    for flow, calls, ends in results:
        wrong = Counter(bool(end.wrong) for end in ends)[True]
        verdict = f"{wrong} differ" if wrong else "all equal"
        lines.append(f"{flow:<36}{calls:>6}{len(ends):>9}  {verdict}")
    total = sum(len(ends) for *_, ends in results)
    return "\n".join([*lines, f"{len(results)} flows, {total} {what}"])
