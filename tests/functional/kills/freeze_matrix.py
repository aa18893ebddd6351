"""Freezes one invocation before its calls while others go on, and compares where each of these ends.

Each flow runs without a freeze, too: with what happens meanwhile after the invocation and, where an end is not that
one, before it. An end after a freeze is right if it is that of one of these two orders.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from shared.times import Times
from tests.functional.kills import state
from tests.functional.kills.extent import Extent
from tests.functional.kills.flows import reconciling
from tests.functional.kills.freezes import FREEZES, Freeze
from tests.functional.kills.matrix import AT_ONCE, Ended, Matrix, difference, met
from tests.functional.kills.place import UNHURRIED
from tests.functional.kills.state import State
from tests.functional.kills.tapped import Moment, pattern

_CREATES = re.compile(r"POST .*/_apis/wit/workitems/|PATCH .*/_apis/wit/\$batch")
_LONG = Times.scaled(UNHURRIED).send_window + 1
"""For so long stands still who is taken over: too long for sending anything that was not under way."""


@dataclass(frozen=True, slots=True)
class Orders:
    """A flow without a freeze: its calls, and where it ends, with what happens meanwhile after it and before it."""

    flow: str
    calls: list[str]
    after: State
    before: Callable[[], State]

    def moments(self, extent: Extent) -> list[tuple[str, Moment]]:
        """Return where it is frozen, in words and by name (a call more or less before it does not matter): before each
        call, or before those that matter most, of which a sample has half."""
        matters, found = FREEZES[self.flow].at, []
        for number, name in enumerate(self.calls, 1):
            named = pattern(name)
            nth = sum(bool(re.search(named, before)) for before in self.calls[:number])
            found.append((f"before {number}, {name}", Moment(nth, named)))
        chosen = [one for one, name in zip(found, self.calls, strict=True) if extent.every or re.search(matters, name)]
        return chosen[:: 2 if extent.sampled else 1]

    def difference(self, end: State) -> str:
        """Say how an end differs from the more similar of the two; empty if it is one of them."""
        from_after = difference(self.after, end)
        return from_after and min(from_after, difference(self.before(), end), key=len)


@dataclass(frozen=True, slots=True)
class FreezeMatrix:
    """All flows and all of their freezes, each in a place of its own."""

    places: Matrix

    def run(self, flows: Sequence[str], extent: Extent) -> Iterator[tuple[Orders, list[Ended]]]:
        """Yield each flow with the ends of all of its freezes."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            orders = list(threads.map(self._orders, flows))
            ends = [[threads.submit(self._ended, one, *at) for at in one.moments(extent)] for one in orders]
            yield from ((one, [end.result() for end in of_one]) for one, of_one in zip(orders, ends, strict=True))

    def _orders(self, flow: str) -> Orders:
        calls, after = self._without(flow, meanwhile_first=False)
        return Orders(flow, calls, after, cache(lambda: self._without(flow, meanwhile_first=True)[1]))

    def _without(self, flow: str, *, meanwhile_first: bool) -> tuple[list[str], State]:
        calls, end = met(lambda: self._end_without(FREEZES[flow], meanwhile_first=meanwhile_first))
        unsound = state.unsound(end)
        assert not unsound, f"{flow}, without any freeze: {unsound}"
        return calls, end

    def _end_without(self, freeze: Freeze, *, meanwhile_first: bool) -> tuple[list[str], State]:
        place = self.places.place()
        invocation = freeze.prepare(place)
        if meanwhile_first:
            freeze.meanwhile(place)
        calls = place.run(invocation)
        if not meanwhile_first:
            freeze.meanwhile(place)
        place.recover(invocation)
        return calls.names, state.of(place)

    def _ended(self, orders: Orders, where: str, moment: Moment) -> Ended:
        creates = bool(_CREATES.search(where))
        try:
            end = met(lambda: self._end_after(FREEZES[orders.flow], moment, creates=creates))
            return Ended(orders.flow, where, orders.difference(end))
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
