"""How long each page of the console takes with many tickets stored: `python -m bench.console`.

One ticket is made by the bridge; its rows are copied, with other keys, titles and severities, until there are enough.
Azurite finds ranges by an index of its own here, as Azure does (`local/azurite/large_storage.js`).
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import batched
from pathlib import Path
from typing import Any

import requests
from azure.data.tables import TableClient

from local.stack import Stack
from shared.tickets.rows import keys
from tests.functional.bridge import Bridge, eventually

ROUNDS = 7
_AT_ONCE = 99
_KINDS = ("h", "t", "v")
"""Rows that every open ticket has."""
_SEVERITIES = ("critical", "high", "medium", "low", "info")
_SETTINGS = {"CONSOLE_ACCESS": "open"}


def main() -> None:
    """Print the median of each page, and its longest, in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as state,
        Stack(Path(state), in_memory_storage=True, large_storage=True, settings=_SETTINGS) as stack,
    ):
        bridge = Bridge.fresh(stack)
        ticket = bridge.until(bridge.send("V", title="Outdated parser"), "open")
        fill(stack, bridge.name, keys.parse_public_id(ticket["id"])[1], options.tickets - 1)
        console = f"{stack.addresses.functions}/api/console"
        eventually(lambda: "As of" in requests.get(console, timeout=60).text, seconds=600, what="the counts")
        print(f"{options.tickets:,} tickets; milliseconds: median and longest of {ROUNDS}")
        for name, path in pages(bridge, ticket["id"]).items():
            times = [timed(f"{console}{path}") for _ in range(ROUNDS)]
            print(f"{name:34} {statistics.median(times):6.0f} {max(times):6.0f}", flush=True)


def pages(bridge: Bridge, ticket: str) -> dict[str, str]:
    """Return what is looked at."""
    asset = f"kind=application&asset={bridge.asset}"
    return {
        "overview": "",
        "tickets": "/tickets",
        "tickets of an asset": f"/tickets?{asset}",
        "tickets with a status few have": "/tickets?status=failed",
        "tickets by a word nobody has": "/tickets?search=nothing",
        "tickets by their work item": "/tickets?search=%231",
        "a ticket": f"/tickets/{ticket}",
        "links": "/links",
        "connections": "/connections",
        "a connection": f"/connections/{bridge.name}",
        "tokens": "/tokens",
        "failed messages": "/failed-messages",
        "import": "/import",
    }


def timed(url: str) -> float:
    """Return how many milliseconds a page takes."""
    started = time.perf_counter()
    answer = requests.get(url, timeout=60)
    assert answer.ok, answer.text
    return 1000 * (time.perf_counter() - started)


def fill(stack: Stack, connection: str, key: str, count: int, *, first: int = 0) -> None:
    """Copy the rows of a connection's ticket so many times; `first` were made before."""
    with TableClient.from_connection_string(stack.addresses.storage_connection_string, "tickets") as table:
        rows = [dict(row) for kind in _KINDS for row in table.query_entities(_of(connection, f"{kind}|{key}"))]
        for some in batched(copies(rows, key, range(first, first + count)), _AT_ONCE, strict=False):
            table.submit_transaction([("upsert", row) for row in some])


def _of(partition: str, start: str) -> str:
    return f"PartitionKey eq '{partition}' and RowKey ge '{start}' and RowKey lt '{start}{keys.AFTER_ALL}'"


def copies(rows: list[dict[str, Any]], key: str, numbers: range) -> Iterator[dict[str, Any]]:
    """Yield the rows of other tickets of the same asset; of their work items nothing but the numbers."""
    for number in numbers:
        other = keys.ticket_key(key[: len(key) // 2], f"V{number}")
        for row in rows:
            copied = {**row, "RowKey": row["RowKey"].replace(key, other)}
            if row["RowKey"].startswith("t|"):
                copied |= {"title": f"Finding {number}", "severity": _SEVERITIES[number % len(_SEVERITIES)]}
            if "ticket" in row:
                copied["ticket"] = other
            yield copied


if __name__ == "__main__":
    main()
