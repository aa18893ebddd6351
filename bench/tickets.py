"""From tickets asked for to work items made, beside a loop over Microsoft's client: `python -m bench tickets`.

The simulated Azure DevOps charges for each request and for each entry in it; nothing of the bridge's durations is
scaled. The clock runs until the last update is on the queue `ticket-updates`, so the work item is made, its number is
kept, and the platform was told.
"""

import json
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from bench.microsoft_client import loop
from bench.results import Result, Size, in_turn
from bench.stacks import fresh_stack
from local.stack import Stack
from tests.functional.bridge import Bridge

SINGLE, IMPORTED = 1_000, 5_000
MODELS = {
    "40 ms a request, 60 ms an entry": {"request_ms": 40, "entry_ms": 60},
    "100 ms a request": {"request_ms": 100},
}
_MOST_CALLS = 100
_RESULTS_IN_A_SECOND = 2_000
_LOOK_EVERY = 0.05
_PATIENCE = 1_200.0
_SENT_IN_A_SECOND = 150
_LOOPED = 1_000
"""Work items that a loop makes where more would be the same again; its time is multiplied."""


def measure(size: Size) -> Iterator[Result]:
    """Measure single requests with both models, then an import and the same once more."""
    with fresh_stack() as stack:
        for name, model in MODELS.items():
            _charge(stack, model)
            yield _single(stack, name, size)
        _charge(stack, MODELS["40 ms a request, 60 ms an entry"])
        yield from _imported(stack, size)


def _charge(stack: Stack, model: dict[str, int]) -> None:
    Bridge.fresh(stack, linked=False).control("POST", "settings", {"latency": model})


def _single(stack: Stack, model: str, size: Size) -> Result:
    number, calls = size.of(SINGLE), []

    def ours() -> float:
        bridge = Bridge.fresh(stack)
        start = _send(bridge, number)
        bridge.control("DELETE", "requests")
        seconds = _until_told(bridge, number) - start
        calls.append(_made(bridge, number))
        return seconds

    def rival(threads: int) -> float:
        return loop(Bridge.fresh(stack, linked=False), number, threads)

    seconds, slow, fast = in_turn(size.rounds, ours, lambda: rival(1), lambda: rival(8))
    return Result(
        f"{number:,} requests on the queue → work items; {model}",
        f"{seconds:.1f} s, {max(calls)} calls",
        f"one thread {slow:.1f} s ({slow / seconds:.1f}×), eight {fast:.1f} s ({fast / seconds:.2f}×)",
        f"≥ 8×, ahead of eight, ≤ {_MOST_CALLS} calls",
        slow >= 8 * seconds and fast > seconds and max(calls) <= _MOST_CALLS,
    )


def _send(bridge: Bridge, number: int) -> float:
    """Put requests on the queue that all become visible at one moment, and return that."""
    bridge.queue("ticket-updates").clear_messages()
    requests = bridge.queue("ticket-requests")
    start = time.time() + math.ceil(number / _SENT_IN_A_SECOND) + 1

    def put(at: int) -> None:
        delay = max(0, round(start - time.time()))
        requests.send_message(json.dumps(bridge.snapshot(f"V{at}")), visibility_timeout=delay)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(number)))
    time.sleep(max(0.0, start - time.time()))
    return start


def _until_told(bridge: Bridge, number: int) -> float:
    """Return when so many updates were on their queue."""
    updates, deadline = bridge.queue("ticket-updates"), time.time() + _PATIENCE
    while (updates.get_queue_properties().approximate_message_count or 0) < number:
        if time.time() > deadline:
            raise SystemExit(f"{number} tickets were not made within {_PATIENCE:.0f} s")
        time.sleep(_LOOK_EVERY)
    return time.time()


def _made(bridge: Bridge, number: int) -> int:
    """Return how many calls that took, if exactly the right number of work items is there."""
    made = len(bridge.work_items())
    if made != number:
        raise SystemExit(f"{made} work items were made for {number} tickets")
    return len(bridge.asked())


def _imported(stack: Stack, size: Size) -> Iterator[Result]:
    number, looped = size.of(IMPORTED), min(size.of(IMPORTED), size.of(_LOOPED))
    again: list[tuple[float, int]] = []

    def ours() -> float:
        bridge = Bridge.fresh(stack)
        bridge.queue("ticket-updates").clear_messages()
        body = json.dumps([bridge.snapshot(f"V{at}") for at in range(number)]).encode()
        start = time.time()
        assert bridge.import_(body).ok
        seconds = _until_told(bridge, number) - start
        _made(bridge, number)
        bridge.control("DELETE", "requests")
        start = time.time()
        answer = bridge.import_(body, headers={"Idempotency-Key": "again"})
        assert answer.json()["unchanged"] == number, answer.text
        again.append((number / (time.time() - start), len(bridge.asked())))
        return seconds

    def rival(threads: int) -> float:
        return loop(Bridge.fresh(stack, linked=False), looped, threads) * number / looped

    seconds, slow, fast = in_turn(size.rounds, ours, lambda: rival(1), lambda: rival(8))
    yield Result(
        f"one import of {number:,} results",
        f"{seconds:.1f} s",
        f"one thread {slow:.0f} s ({slow / seconds:.1f}×), eight {fast:.0f} s ({fast / seconds:.1f}×)",
        "≥ 20× one thread, ≥ 4× eight",
        slow >= 20 * seconds and fast >= 4 * seconds,
    )
    speed, calls = sorted(again)[len(again) // 2][0], max(calls for _, calls in again)
    yield Result(
        f"the same import of {number:,} results once more",
        f"{speed:,.0f} results/s, {calls} calls",
        "",
        f"≥ {_RESULTS_IN_A_SECOND:,} results/s, 0 calls",
        speed >= _RESULTS_IN_A_SECOND and not calls,
    )
