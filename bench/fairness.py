"""How long nine connections wait while a tenth one floods, is throttled, or gets no answers: `make fairness`.

Everything runs on this machine with durations as in Azure; the simulated Azure DevOps takes 40 ms for a request and
60 ms for each work item in it. Each of the nine gets 10 new tickets at the same moment, and the clock stops when all
of a connection's are open.
"""

import argparse
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from azure.data.tables import TableServiceClient

from local.stack import Stack
from shared.services import Services
from shared.tickets.vulnerabilities.scans import Report, Scan
from shared.tickets.vulnerabilities.snapshots import read_snapshot
from tests.functional.bridge import Bridge

NINE = 9
TICKETS = 10
LATENCY = {"request_ms": 40, "entry_ms": 60}
_PATIENCE = 900.0
_LOOK_EVERY = 0.2


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def wave(bridges: list[Bridge]) -> list[float]:
    """Give every connection new tickets and return for each how long it took until all were open, in seconds."""
    name = secrets.token_hex(3)
    with ThreadPoolExecutor(len(bridges)) as threads:
        return sorted(threads.map(lambda bridge: _one(bridge, name), bridges))


def _one(bridge: Bridge, name: str) -> float:
    bridge.session.close()  # its connections may be to a host that was killed
    started = time.monotonic()
    snapshots = [bridge.snapshot(f"{name}-{number}") for number in range(TICKETS)]
    answer = bridge.import_(snapshots)
    assert answer.ok, answer.text
    wanted = {snapshot["vulnerability"]["id"] for snapshot in snapshots}
    while time.monotonic() < started + _PATIENCE:
        if wanted <= {ticket["vulnerabilities"][0] for ticket in bridge.tickets(status="open", limit="1000")}:
            return time.monotonic() - started
        time.sleep(_LOOK_EVERY)
    raise SystemExit(f"{bridge.name} has not {TICKETS} open tickets after {_PATIENCE:.0f} s")


def fill(stack: Stack, bridge: Bridge, count: int) -> None:
    """Make pending tickets while no host runs, so that all are there when the hosts come."""
    while _is_at_work(stack):  # a lease that a dead host holds is another measurement
        time.sleep(_LOOK_EVERY)
    stack.kill("functions")
    say(f"{count:,} pending tickets are being made ...")
    snapshots = (read_snapshot(bridge.snapshot(f"F{number}")) for number in range(count))
    report = Report((Scan(),), lambda: ((Scan(), snapshot) for snapshot in snapshots))
    tally = Services(stack._host_environment()).take_report(report, secrets.token_hex(16))
    assert tally.counts()["changed"] == count
    stack.start_functions()


def _is_at_work(stack: Stack) -> bool:
    with TableServiceClient.from_connection_string(stack.addresses.storage_connection_string) as tables:
        leases = tables.get_table_client("tickets").query_entities("RowKey ge 'l|' and RowKey lt 'l|~'")
        return any(lease["owner"] for lease in leases)


def done(bridge: Bridge) -> int:
    """How many work items a connection has."""
    return len(bridge.work_items())


@contextmanager
def trouble(bridge: Bridge, fault: str) -> Iterator[None]:
    """Have every request of one organisation answered so, until the block ends."""
    bridge.control("POST", "faults", {"match": {"path": f"^/{bridge.name}/"}, "times": None, "fault": fault})
    try:
        yield
    finally:
        bridge.control("DELETE", "faults")


def measured(what: str, run: Callable[[], list[float]]) -> None:
    """Print one line: the median and the slowest of the nine."""
    seconds = run()
    say(f"{what:<58} {seconds[len(seconds) // 2]:6.1f} s {seconds[-1]:6.1f} s")


def during(nine: list[Bridge], tenth: Bridge) -> Callable[[], list[float]]:
    """A wave while the tenth has work; how much of that was done meanwhile is printed, too."""

    def run() -> list[float]:
        before = done(tenth)
        seconds = wave(nine)
        say(f"  (meanwhile {done(tenth) - before:,} work items of the tenth were made)")
        return seconds

    return run


def main() -> None:
    """Measure everything once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pending", type=int, default=50_000, help="tickets of the tenth connection")
    parser.add_argument("--time-scale", type=float, default=1.0, help="durations, times as much as in Azure")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(Path(folder), time_scale=options.time_scale, in_memory_storage=True) as stack,
    ):
        nine = [Bridge.fresh(stack) for _ in range(NINE)]
        tenth = Bridge.fresh(stack)
        tenth.control("POST", "settings", {"latency": LATENCY})
        wave(nine)  # what is read once per process is read now
        say(
            f"{f'Until all {TICKETS} new tickets of a connection are open, of {NINE}':<58} {'median':>8} {'slowest':>8}"
        )
        measured("alone", lambda: wave(nine))
        assert tenth.connect(enabled=False).ok
        fill(stack, tenth, options.pending)
        wave(nine)  # the hosts are new ones
        measured("alone, with all that a disabled tenth has in storage", lambda: wave(nine))
        assert tenth.connect().ok
        measured(f"while a tenth has {options.pending:,} pending", during(nine, tenth))
        measured("  once more, in the middle of it", during(nine, tenth))
        with trouble(tenth, "retry_after:60"):
            measured("while the tenth is throttled (429, Retry-After: 60)", during(nine, tenth))
            measured("  once more, now that it is paused", during(nine, tenth))
        assert tenth.connect().ok  # it goes on at once
        with trouble(tenth, "latency:300000"):
            measured("while the tenth's Azure DevOps never answers", during(nine, tenth))
            measured("  once more", during(nine, tenth))
        measured("with all of it there, and Azure DevOps well again", during(nine, tenth))


if __name__ == "__main__":
    main()
