"""Who asks while nothing is under way begins at once; who asks meanwhile is done together with the others."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from shared.tickets.intake.gathering import Gathering

MOST = 4


class Work:
    """Adds 1 to each number; -1 fails alone, and so does everything with -2 in it. `gate` holds what is under way."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Semaphore(0)
        self.done: list[tuple[str, list[int]]] = []
        self.gathering = Gathering(self, MOST)

    def __call__(self, key: str, items: Sequence[int]) -> Sequence[int | BaseException]:
        self.begun.release()
        assert self.gate.wait(20)
        self.done.append((key, sorted(items)))
        if -2 in items:
            raise KeyError(key)
        return [ValueError("alone") if item == -1 else item + 1 for item in items]

    @contextmanager
    def under_way(self, *items: int) -> Iterator[list[Future[int]]]:
        """Begin with 0, have the others asked for meanwhile, and let all go on at the end of the block."""
        self.gate.clear()
        with ThreadPoolExecutor(len(items) + 1) as threads:
            ends = [threads.submit(self.gathering, "k", 0)]
            assert self.begun.acquire(timeout=20)
            for count, item in enumerate(items, 2):
                ends.append(threads.submit(self.gathering, "k", item))
                self._until_waiting(count)
            yield ends
            self.gate.set()

    def _until_waiting(self, count: int) -> None:
        deadline = time.monotonic() + 20
        while len(self.gathering._asked["k"]) < count:
            assert time.monotonic() < deadline
            time.sleep(0.001)


@pytest.fixture
def work() -> Work:
    return Work()


def test_one_alone_is_done_at_once(work: Work) -> None:
    assert [work.gathering("k", 1), work.gathering("k", 2)] == [2, 3]
    assert work.done == [("k", [1]), ("k", [2])]
    assert work.gathering._asked == {}


def test_those_who_ask_meanwhile_are_done_together_and_each_hears_its_own(work: Work) -> None:
    with work.under_way(1, 2, 3) as ends:
        pass

    assert [end.result() for end in ends] == [1, 2, 3, 4]
    assert work.done == [("k", [0]), ("k", [1, 2, 3])]


def test_more_than_fit_are_done_by_several(work: Work) -> None:
    with work.under_way(1, 2, 3, 4, 5, 6) as ends:
        pass

    assert [end.result() for end in ends] == [1, 2, 3, 4, 5, 6, 7]
    assert work.done == [("k", [0]), ("k", [1, 2, 3, 4]), ("k", [5, 6])]


def test_what_fails_fails_for_the_one_whose_it_is(work: Work) -> None:
    with work.under_way(1, -1, 3) as ends:
        pass

    assert [ends[1].result(), ends[3].result()] == [2, 4]
    with pytest.raises(ValueError, match="alone"):
        ends[2].result()


def test_what_fails_as_a_whole_fails_for_all_and_the_next_go_on(work: Work) -> None:
    with work.under_way(1, -2, 3, 4, 5) as ends:
        pass

    assert [type(end.exception()) for end in ends] == [type(None), *[KeyError] * 4, type(None)]
    assert work.gathering("k", 7) == 8


def test_what_belongs_elsewhere_does_not_wait(work: Work) -> None:
    with ThreadPoolExecutor(1) as threads, work.under_way() as ends:
        elsewhere = threads.submit(work.gathering, "other", 1)
        assert work.begun.acquire(timeout=20), "it has begun while the first one is under way"

    assert [ends[0].result(), elsewhere.result()] == [1, 2]
