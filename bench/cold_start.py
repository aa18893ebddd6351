"""From the start of a process to its first answer, beside an app that does nothing: `python -m bench cold_start`."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median

import requests

from bench.hosts import APPS, host
from bench.results import Result, Size
from bench.stacks import fresh_stack
from local.processes import REPOSITORY
from tests.functional.bridge import Bridge

TRIGGERS = ("an HTTP request", "a queue message", "a timer")
OURS, EMPTY = (REPOSITORY, "accept_ticket_request"), (APPS / "empty", "take")
"""Each app, and its function that takes messages off `ticket-requests`."""
_FACTOR, _MEGABYTES = 2.0, 60.0
_STARTS = 3
_LOOK_EVERY = 0.01
_PATIENCE = 60.0
_EACH_SECOND = "* * * * * *"


def measure(size: Size) -> Iterator[Result]:
    """Start both apps in turn, several times."""
    starts = max(1, round(size.rounds * _STARTS * size.share))
    with fresh_stack() as stack:
        stack.kill("functions")
        bridge = Bridge.fresh(stack, linked=False)
        settings = {**stack._host_environment(), "SWEEP_SCHEDULE": _EACH_SECOND}
        pairs = [(_start(bridge, *OURS, settings), _start(bridge, *EMPTY, settings)) for _ in range(starts)]
    for trigger in TRIGGERS:
        ours, theirs = (median([pair[which][trigger] for pair in pairs]) for which in (0, 1))
        yield Result(
            f"start → first answer of {trigger}",
            f"{ours:.2f} s",
            f"{theirs:.2f} s ({ours / theirs:.2f}×)",
            f"≤ {_FACTOR:g}×",
            ours <= _FACTOR * theirs,
        )
    ours, theirs = (median([pair[which]["memory"] for pair in pairs]) for which in (0, 1))
    yield Result(
        "memory then", f"{ours:.0f} MB", f"{theirs:.0f} MB (+{ours - theirs:.0f} MB)", f"≤ {_MEGABYTES:.0f} MB more",
        ours - theirs <= _MEGABYTES,
    )  # fmt: skip


def _start(bridge: Bridge, app: Path, takes: str, settings: Mapping[str, str]) -> dict[str, float]:
    """Start a host once and return the seconds to each first answer, and MB of `memory`."""
    queue = bridge.queue("ticket-requests")
    queue.clear_messages()
    # Of an asset without a link: it is refused, which is an answer.
    queue.send_message(json.dumps(bridge.snapshot("V1")))
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as state, host(app, Path(state), settings) as running:
        done: dict[str, Callable[[], bool]] = {
            "an HTTP request": lambda: requests.get(f"{running.url}/api/health", timeout=60).ok,
            "a queue message": lambda: running.has_run(takes),
            "a timer": lambda: running.has_run("sweep"),
        }
        found: dict[str, float] = {}
        while len(found) < len(TRIGGERS):
            for trigger in [trigger for trigger in TRIGGERS if trigger not in found]:
                if done[trigger]():
                    found[trigger] = time.perf_counter() - begun
            if time.perf_counter() > begun + _PATIENCE:
                raise SystemExit(f"{app.name} did not answer {set(TRIGGERS) - found.keys()}")
            time.sleep(_LOOK_EVERY)
        return {**found, "memory": running.memory()}
