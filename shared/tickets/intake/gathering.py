"""Carries out together what several threads ask for at the same moment, as databases commit.

Who asks while nothing is under way begins at once, alone. Who asks meanwhile waits, and one of those carries out what
all of them want as soon as that is done: nobody ever waits for company.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class _Asked[T, R]:
    item: T
    turn: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    outcome: R | BaseException | None = None


class Gathering[T, R]:
    """`carry_out(key, items)` returns an outcome for each item, in their order, an exception for one that failed."""

    def __init__(self, carry_out: Callable[[str, Sequence[T]], Sequence[R | BaseException]], most: int) -> None:
        self._carry_out = carry_out
        self._most = most
        self._lock = threading.Lock()
        self._asked: dict[str, list[_Asked[T, R]]] = {}
        """By what may be carried out together; the first of each leads, or will."""

    def __call__(self, key: str, item: T) -> R:
        """Return the outcome of an item. Raises what came of it, or of `carry_out` as a whole."""
        asked: _Asked[T, R] = _Asked(item)
        with self._lock:
            waiting = self._asked.setdefault(key, [])
            asked.leads = not waiting
            waiting.append(asked)
        if not asked.leads:
            asked.turn.wait()
        if asked.leads:
            self._lead(key)
        if isinstance(asked.outcome, BaseException):
            raise asked.outcome
        return asked.outcome  # type: ignore[return-value]  # who leads, or led, has set it

    def _lead(self, key: str) -> None:
        with self._lock:
            some = self._asked[key][: self._most]
        try:
            outcomes = list(zip(some, self._carry_out(key, [asked.item for asked in some]), strict=True))
        except BaseException as error:  # noqa: BLE001  raised where each of them waits
            outcomes = [(asked, error) for asked in some]
        for asked, outcome in outcomes:
            asked.outcome = outcome
        with self._lock:
            left = self._asked[key] = self._asked[key][len(some) :]
            if left:
                left[0].leads = True
            else:
                del self._asked[key]
        for asked in (*some, *left[:1]):
            asked.turn.set()
