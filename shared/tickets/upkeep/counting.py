"""How many tickets there are in each status, by severity: counted from time to time, for counting reads all of them.

A timer asks for it each hour, and whoever looks at old numbers asks for newer ones.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict

from shared.connections.store import ConnectionStore
from shared.shown import Moment, moment
from shared.storage import tables
from shared.storage.queues import Queue
from shared.storage.tables import Row, RowChangedError, Table, Value
from shared.tickets.rows import keys
from shared.times import Times

SCHEMA = 1
ROUND = "count"
_PARTITION, _ROW = "overview", "tickets"
_KEPT = 600
"""Seconds in which a message is taken, if queues are worked on at all."""

type Counts = Counter[tuple[str, str]]
"""By status and severity, "" where that is not known."""


class CountedView(TypedDict):
    """How many tickets there are, by status and in it by severity, and as of when; null: they were never counted."""

    tickets: dict[str, dict[str, int]]
    counted_at: Moment | None


@dataclass(frozen=True, slots=True)
class Counting:
    """The use case behind `GET /overview`, and its rounds. `table` has the counts, `tickets` what is counted."""

    table: Table
    tickets: Table
    connections: ConnectionStore
    queue: Queue
    times: Times

    def view(self) -> CountedView:
        """Return the latest counts, and ask for newer ones if they are old."""
        row = self.table.get(_PARTITION, _ROW)
        self._ask_if_old(row)
        counted_at = row.values.get("counted_at") if row else None
        return {
            "tickets": _by_status(json.loads(str(row.values["counts"]))) if row and counted_at else {},
            "counted_at": moment(counted_at) if isinstance(counted_at, datetime) else None,
        }

    def start(self) -> None:
        """Ask for a round."""
        self._ask_for(Counter(), connection="", after="")

    def run(self, message: Mapping[str, Any]) -> None:
        """Count as far as there is time, and ask for the rest. Two rounds at once come to the same."""
        end = time.monotonic() + self.times.drain
        counts: Counts = Counter({(status, severity): count for status, severity, count in message["counts"]})
        last, after = str(message["connection"]), str(message["after"])
        for connection in self.connections.with_tickets():
            if connection.name < last:
                continue
            start = f"{after}{keys.AFTER_ALL}" if connection.name == last else ""
            for row in self._rows(connection.name, start):
                counts[str(row.values.get("status", "")), str(row.values.get("severity", ""))] += 1
                if time.monotonic() > end:
                    ticket = keys.ticket_of_row(row.key)
                    self._ask_for(counts, connection=connection.name, after=ticket)
                    return
        values: dict[str, Value] = {
            "schema": SCHEMA,
            "counts": json.dumps(_listed(counts)),
            "counted_at": self.table.clock.now(),
        }
        self.table.write(_PARTITION, tables.upsert(_ROW, values))

    def _rows(self, connection: str, start: str) -> Iterator[Row]:
        columns = ("status", "severity")
        return self.tickets.range(connection, f"t|{start}", f"t|{keys.AFTER_ALL}", select=columns)

    def _ask_for(self, counts: Counts, **where: str) -> None:
        """The version before looks for a connection, and finds none without a name."""
        self.queue.send({"schema": SCHEMA, "round": ROUND, "counts": _listed(counts), **where}, kept=_KEPT)

    def _ask_if_old(self, row: Row | None) -> None:
        """One of many who look asks."""
        now = self.table.clock.now()
        old = now - timedelta(seconds=self.times.counts_fresh)
        known = [row.values.get(name) for name in ("counted_at", "asked_at")] if row else []
        if any(isinstance(at, datetime) and at > old for at in known):
            return
        asked: dict[str, Value] = {"schema": SCHEMA, "asked_at": now}
        with suppress(RowChangedError):  # somebody else asks
            self.table.write(_PARTITION, tables.merge(_ROW, asked, row.etag) if row else tables.create(_ROW, asked))
            self.start()


def _listed(counts: Counts) -> list[tuple[str, str, int]]:
    return [(status, severity, count) for (status, severity), count in counts.items()]


def _by_status(listed: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for status, severity, count in listed:
        found.setdefault(status, {})[severity] = count
    return found
