"""What a connection may not do, tried each night: who took a right away is told before work waits for it."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from shared.alerts import Alerts
from shared.connections.check import CheckConnection, Step, StepsView
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError, Table, Value
from shared.tickets.rows import keys

_SCHEMA = 1
_LONGEST = 1_000
ALERT = "right_missing"
_TOLD_ANYWAY = ("token", "member")
"""Without them nothing can be done, and the connection is paused with that as its problem."""


class MissingRight(TypedDict):
    """A right, what it is for and why it is missing, and how it is granted."""

    name: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What was missing, and when that was tried; never, where nobody did."""

    missing: tuple[MissingRight, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rights:
    """Tries them, and remembers what is missing."""

    table: Table
    check: CheckConnection
    alerts: Alerts

    def tried(self, connection: str) -> StepsView:
        """Try everything that a connection is for, for who looks at the answer.

        Raises `NotFoundError` for no connection.
        """
        found = self.check(connection)
        self._keep(connection, found["steps"])
        return found

    def watch(self, connection: str) -> None:
        """Try it for nobody: a person hears of each right that is missing and was not before."""
        row = self.table.get(connection, keys.RIGHTS_ROW)
        before = read_tried(row)
        steps = self.check(connection)["steps"]
        known = {*_TOLD_ANYWAY, *(right["name"] for right in before.missing)}
        if before.at and _is_conclusive(steps):
            for right in _missing(steps):
                if right["name"] not in known:
                    self.alerts.send(ALERT, connection, right["message"], hint=right["hint"], severity="error")
        # Told before it is remembered: a process that dies between the two tells it twice, never not at all.
        self._keep(connection, steps)

    def forget(self, connection: str) -> None:
        """Somebody else is signed in: what was missing says nothing any more."""
        with suppress(RowChangedError):  # nothing was known
            self.table.write(connection, tables.delete(keys.RIGHTS_ROW, tables.ANY))

    def _keep(self, connection: str, steps: Sequence[Step]) -> None:
        if _is_conclusive(steps):
            now, missing = self.table.clock.now(), json.dumps(_missing(steps))
            values: dict[str, Value] = {"schema": _SCHEMA, "at": now, "missing": missing}
            self.table.write(connection, tables.upsert(keys.RIGHTS_ROW, values))


def read_tried(row: Row | None) -> Tried:
    """Return what a `c|rights` row says."""
    if row is None:
        return Tried()
    at = row.values["at"]
    missing = [
        MissingRight(name=one["name"], message=one["message"], hint=one["hint"])
        for one in json.loads(str(row.values["missing"]))
    ]
    return Tried(tuple(missing), at if isinstance(at, datetime) else None)


def _is_conclusive(steps: Sequence[Step]) -> bool:
    return not any(step.passing for step in steps)


def _missing(steps: Sequence[Step]) -> list[MissingRight]:
    return [
        MissingRight(name=step.name, message=step.message[:_LONGEST], hint=step.hint[:_LONGEST])
        for step in steps
        if not step.ok
    ]
