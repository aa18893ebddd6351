"""How a connection is doing: its `c|` row. While it is paused, its tickets wait and nobody else does."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.errors import BridgeError
from shared.storage import tables
from shared.storage.tables import Table
from shared.tickets import keys


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a connection from working, in words for its administrator."""

    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Health:
    """Reads and writes how connections are doing."""

    table: Table

    def paused_for(self, connection: str) -> float:
        """Return for how many more seconds nothing may be sent; 0 if it may."""
        row = self.table.get(connection, keys.OPERATIONS_ROW)
        until = row.values.get("paused_until") if row else None
        if not isinstance(until, datetime):
            return 0.0
        return max(0.0, (until - self.table.clock.now()).total_seconds())

    def pause(self, connection: str, seconds: float, error: BridgeError, code: str) -> None:
        """Send nothing for a while, and say why."""
        seconds = max(seconds, self.paused_for(connection))
        problem = Problem(code, error.message, error.hint)
        values: dict[str, tables.Value] = {
            "schema": 1,
            "paused_until": self.table.clock.now() + timedelta(seconds=seconds),
            "problem": json.dumps(asdict(problem)),
        }
        self.table.write(connection, tables.upsert(keys.OPERATIONS_ROW, values))

    def resume(self, connection: str) -> None:
        """The cause was removed: go on at once."""
        self.table.write(connection, tables.upsert(keys.OPERATIONS_ROW, {"schema": 1}))

    def view(self, connection: str) -> dict[str, Any]:
        """Return what the API shows: until when it is paused, and the last problem."""
        row = self.table.get(connection, keys.OPERATIONS_ROW)
        values = row.values if row else {}
        until, problem = values.get("paused_until"), values.get("problem")
        paused = isinstance(until, datetime) and until > self.table.clock.now()
        return {
            "paused_until": until.isoformat() if paused and isinstance(until, datetime) else None,
            "problem": json.loads(str(problem)) if paused and problem else None,
        }
