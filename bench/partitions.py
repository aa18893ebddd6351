"""What a new ticket costs where there are ever more of its asset: `python -m bench partitions`.

One process does what the triggers do, and counts; the tickets that are there already are copies of one.
"""

import time
from collections.abc import Iterator
from statistics import median

from bench.console import fill
from bench.counting import KINDS
from bench.results import Result, Size
from bench.scale import Bench
from bench.stacks import fresh_stack

STORED = (1_000, 10_000, 100_000)
_MADE = 300
_FACTOR = 1.3
_PATIENCE = 300.0


def measure(size: Size) -> Iterator[Result]:
    """Measure with each number of stored tickets of one asset; the fewest are the rival."""
    number = size.of(_MADE)
    with fresh_stack() as stack:
        bench = Bench.alone(stack)
        key, there, least = bench.first_ticket(), 1, (0.0, 0.0)
        for stored in dict.fromkeys(map(size.of, STORED)):
            fill(stack, bench.bridge.name, key, stored - there, first=there)
            there = stored
            seconds, calls = _cost(bench, number, size.rounds)
            there += number * size.rounds
            least = least if any(least) else (seconds, calls)
            yield Result(
                f"a new ticket where there are {stored:,} of its asset",
                f"{1000 * seconds:.1f} ms, {calls:.2f} calls",
                f"with the fewest {1000 * least[0]:.1f} ms, {least[1]:.2f} calls ({seconds / least[0]:.2f}×)",
                f"≤ {_FACTOR}×, as many calls",
                seconds <= _FACTOR * least[0] and abs(calls - least[1]) < 0.1,  # noqa: PLR2004  a page more or less
            )


def _cost(bench: Bench, number: int, rounds: int) -> tuple[float, float]:
    """Return the median of the seconds, and the calls, that a new ticket takes; waiting for a wake-up is no work."""
    times, calls = [], 0
    for _ in range(rounds):
        there, started = len(bench.bridge.work_items()), time.perf_counter()
        deadline = started + _PATIENCE
        counted = [bench.count(lambda: bench.take(number))]
        busy = time.perf_counter() - started
        while len(bench.bridge.work_items()) < there + number:
            if time.perf_counter() > deadline:
                raise SystemExit(f"{number} tickets were not made within {_PATIENCE:.0f} s")
            started = time.perf_counter()
            requests, messages = bench.drain()
            busy += (time.perf_counter() - started) if messages else 0.0
            counted.append(requests)
        times.append(busy / number)
        calls += sum(one.counts[kind] for one in counted for kind in KINDS)
    return median(times), calls / number / rounds
