"""Requests to storage and to Azure DevOps for each ticket, event and unchanged finding: `python -m bench operations`.

docs/benchmarks.md says what each is for.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from bench.counting import Requests
from bench.results import Result, Size
from bench.scale import Bench
from bench.stacks import fresh_stack

_NUMBER = 300
_OF_A_MESSAGE = 2
"""The host asks for each and deletes it; up to 16 come by one request, which is left out here."""
_OF_AN_EVENT = 3
"""The edge puts it on its queue, too."""
_MOST_FOR_AN_EVENT = 5
_NOW_AND_THEN = 0.1
"""What is asked for once in some seconds, as a share of each."""


def measure(size: Size) -> Iterator[Result]:
    """Count with one process that does what the triggers do."""
    number = size.of(_NUMBER)
    with fresh_stack() as stack:
        bench = Bench.alone(stack)
        yield _row(
            "a ticket by a message of its own", _made(bench, lambda: _single(bench, number)), number, _OF_A_MESSAGE
        )
        names = [f"{secrets.token_hex(4)}-{at}" for at in range(number)]
        yield _row("a ticket of a report", _made(bench, lambda: bench.take(number, names)), number)
        yield _row("an unchanged finding of a report", _made(bench, lambda: bench.take(number, names)), number)
        events = min(number, 100)
        heard = bench.hear(events)
        yield _row("an event", [heard], events, _OF_AN_EVENT, most=_MOST_FOR_AN_EVENT)


def _made(bench: Bench, ask: Callable[[], object]) -> list[Requests]:
    asked = bench.count(ask)
    worked, _ = bench.drain()
    return [asked, worked]


def _single(bench: Bench, number: int) -> None:
    name = secrets.token_hex(4)
    for at in range(number):
        body = json.dumps(bench.bridge.snapshot(f"{name}-{at}")).encode()
        bench.services.ticket_requests.take(f"{at}", body, datetime.now(UTC))


def _row(what: str, found: list[Requests], number: int, of_the_host: int = 0, most: int | None = None) -> Result:
    tables, queues, azure_devops = (
        sum(one.counts[kind] for one in found) / number for kind in ("table", "queue", "azure_devops")
    )
    return Result(
        f"requests for {what}",
        f"{tables:.2f} to tables, {queues + of_the_host:.2f} to queues, {azure_devops:.2f} to Azure DevOps",
        "",
        f"≤ {most} round trips with the outbox" if most else "",
        tables + queues < most + _NOW_AND_THEN if most else None,
    )
