"""What tests share: ports of their worker's own, no deadline for generated examples, and which complaint each answers.

That is a mark (`-m peer`), and a table at the end of the run.
"""

import os
from collections import defaultdict
from collections.abc import Iterable

import pytest
from hypothesis import settings

from local import ports
from tests.peers import PEERS
from tests.thorough import chosen

# Each worker has ports of its own: between a port is chosen and its server listens, another one could take it.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    number = int(worker.removeprefix("gw")) + 1
    os.environ[ports.SHARE] = f"{number}/{os.environ['PYTEST_XDIST_WORKER_COUNT']}"
# How long an example takes says how busy the machine is: three workers share two processors.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only `make thorough` does, and mark the tests that the table names."""
    kept = chosen(items)
    left_out = set(items) - set(kept)
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    items[:] = kept
    numbers = _numbers()
    for item in items:
        for number in numbers.get(_name(item.nodeid), ()):
            item.add_marker(pytest.mark.peer(number, PEERS[number].words))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what ran of the table; with all of it, what is excused, too."""
    outcomes: defaultdict[str, set[str]] = defaultdict(set)
    for outcome in ("passed", "failed", "skipped"):
        for report in terminalreporter.stats.get(outcome, ()):
            outcomes[_name(report.nodeid)].add(outcome)
    ran = {number: found for number, peer in PEERS.items() if (found := [t for t in peer.tests if t in outcomes])}
    if not ran:
        return
    terminalreporter.section("what peers get wrong, and the tests that say that we do not")
    for number, peer in PEERS.items():
        for test in ran.get(number, ()):
            terminalreporter.line(f"{number:5} {_outcome(outcomes[test])} {test}  {peer.words}")
        if peer.excused and len(ran) > len(PEERS) / 2:
            terminalreporter.line(f"{number:5} excused {peer.words} {peer.excused}")


def _outcome(outcomes: Iterable[str]) -> str:
    return next(outcome for outcome in ("failed", "skipped", "passed") if outcome in outcomes)


def _numbers() -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for number, peer in PEERS.items():
        for test in peer.tests:
            found[test].append(number)
    return found


def _name(node_id: str) -> str:
    """A test's file and function, "" for a whole file that was skipped: classes and parameters do not matter."""
    path, _, within = node_id.partition("[")[0].partition("::")
    return f"{path.removeprefix('tests/')}::{within.rpartition('::')[2]}"
