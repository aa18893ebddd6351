"""What the doctor remembers of each project's service hooks from one round to the next: rows `c|hooks|`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.storage import tables
from shared.storage.tables import Row, Table, Value
from shared.tickets.rows import keys

_SCHEMA = 1
_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Record:
    """`told`: what is wrong and a person knows of; `replayed`: the last failed notification by subscription.

    `message` says what is wrong to who looks; one that only names another time or number of a request is no news.
    """

    told: tuple[str, ...] = ()
    replayed: Mapping[str, int] = field(default_factory=dict)
    message: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class HookRecords:
    """Reads and writes them; the project "" stands for the connection itself. Whoever writes last is right."""

    table: Table

    def read(self, connection: str, project: str) -> Record:
        """Return what is remembered of a project."""
        row = self.table.get(connection, keys.hooks_row(project))
        return read_record(row) if row else Record()

    def write(self, connection: str, project: str, record: Record) -> None:
        """Remember something else of a project."""
        values: dict[str, Value] = {
            "schema": _SCHEMA,
            "project": project,
            "told": json.dumps(record.told),
            "replayed": json.dumps(dict(record.replayed)),
            "message": record.message[:_LONGEST],
        }
        self.table.write(connection, tables.upsert(keys.hooks_row(project), values))


def read_record(row: Row) -> Record:
    """Return what a row says."""
    told, replayed = (json.loads(str(row.values.get(name, "null"))) for name in ("told", "replayed"))
    return Record(tuple(told or ()), dict(replayed or {}), str(row.values.get("message", "")))
