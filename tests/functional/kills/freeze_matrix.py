"""Freezes one invocation before its calls while others go on, and compares where each of these ends.

Each flow runs without a freeze first: once with what happens meanwhile before the invocation, and once after it. An
end after a freeze is right if it is that of one of these two orders.
"""

import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from shared.times import Times
from tests.functional.kills import state
from tests.functional.kills.flows import reconciling
from tests.functional.kills.freezes import FREEZES, Freeze
from tests.functional.kills.matrix import AT_ONCE, Ended, Matrix, difference, met
from tests.functional.kills.place import UNHURRIED
from tests.functional.kills.state import State
from tests.functional.kills.tapped import Moment

_MATTERS = re.compile(r"/\$batch$|/_apis/wit/workitems|/_apis/hooks/|^DELETE|/tickets\(.*f%7C")
"""What is written of tickets and sent to Azure DevOps, and items as they are read just before."""
_CREATES = re.compile(r"POST .*/_apis/wit/workitems/|PATCH .*/_apis/wit/\$batch")
_LONG = Times.scaled(UNHURRIED).send_window + 1
"""For so long stands still who is taken over: too long for sending anything that was not under way."""


@dataclass(frozen=True, slots=True)
class Orders:
    """A flow without a freeze: its calls, and where it ends, with what happens meanwhile before it and after it."""

    flow: str
    calls: list[str]
    ends: list[State]

    def moments(self, *, every: bool) -> list[Moment]:
        """Return where it is frozen: before each call, or before those that matter most."""
        numbers = enumerate(self.calls, 1)
        return [Moment(number) for number, name in numbers if every or _MATTERS.search(name)]


@dataclass(frozen=True, slots=True)
class FreezeMatrix:
    """All flows and all of their freezes, each in a place of its own."""

    places: Matrix

    def run(self, flows: Sequence[str], *, every: bool) -> Iterator[tuple[Orders, list[Ended]]]:
        """Yield each flow with the ends of all of its freezes."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            orders = list(threads.map(self._orders, flows))
            ends = [[threads.submit(self._ended, one, at) for at in one.moments(every=every)] for one in orders]
            yield from ((one, [end.result() for end in of_one]) for one, of_one in zip(orders, ends, strict=True))

    def _orders(self, flow: str) -> Orders:
        freeze = FREEZES[flow]
        calls, after = met(lambda: self._without(freeze, meanwhile_first=False))
        ends = [after]
        if freeze.has_order:
            ends.append(met(lambda: self._without(freeze, meanwhile_first=True))[1])
        unsound = [wrong for end in ends for wrong in state.unsound(end)]
        assert not unsound, f"{flow}, without any freeze: {unsound}"
        return Orders(flow, calls, ends)

    def _without(self, freeze: Freeze, *, meanwhile_first: bool) -> tuple[list[str], State]:
        place = self.places.place()
        invocation = freeze.prepare(place)
        if meanwhile_first:
            freeze.meanwhile(place)
        calls = place.run(invocation)
        if not meanwhile_first:
            freeze.meanwhile(place)
        place.recover(invocation)
        return calls.names, state.of(place)

    def _ended(self, orders: Orders, moment: Moment) -> Ended:
        name = orders.calls[moment.number - 1]
        where = f"before {moment.number}, {name}"
        try:
            end = met(lambda: self._end_after(FREEZES[orders.flow], moment, creates=bool(_CREATES.search(name))))
            differences = [difference(expected, end) for expected in orders.ends]
            return Ended(orders.flow, where, "" if "" in differences else min(differences, key=len))
        except AssertionError as error:
            return Ended(orders.flow, where, str(error))

    def _end_after(self, freeze: Freeze, moment: Moment, *, creates: bool) -> State:
        place = self.places.place()
        invocation = freeze.prepare(place)
        with place.frozen(invocation, moment) as process:
            freeze.meanwhile(place)
            if freeze.taken_over:
                place.recover(invocation)
            process.thaw(after=_LONG if freeze.taken_over else 0.0)
        if creates:  # what it made is heard of as everything that nobody told is
            place.run(reconciling(place))
        place.recover(invocation)
        return state.of(place, without_healed=creates and freeze.taken_over)


def chosen() -> tuple[list[str], bool]:
    """Return which flows to freeze, by the environment, and whether before every call."""
    wanted = os.environ.get("FLOWS", "")
    return [flow for flow in FREEZES if flow.startswith(wanted)], os.environ.get("KILLS") == "every"
