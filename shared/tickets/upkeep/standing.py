"""How a connection is doing: whether it is paused, what it may not do, what is wrong with its service hooks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.shown import Moment, moment
from shared.storage.tables import Row, Table
from shared.tickets.lanes.health import HealthView, health_view
from shared.tickets.rows import keys
from shared.tickets.upkeep.hook_records import read_record
from shared.tickets.upkeep.rights import MissingRight, read_tried


class StandingView(HealthView):
    """As it was last seen: rights are tried each night and by a check, service hooks each hour and by a check.

    `rights_tried_at` is null where nobody tried them.
    """

    missing_rights: list[MissingRight]
    rights_tried_at: Moment | None
    hook_problems: list[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """Reads it off a connection's `c|` rows, by one request."""

    table: Table

    def view(self, connection: str) -> StandingView:
        """Return what the API shows."""
        found = self.table.range(connection, keys.OPERATIONS_ROW, keys.OPERATIONS_ROW + keys.AFTER_ALL)
        rows = {row.key: row for row in found}
        tried = read_tried(rows.get(keys.RIGHTS_ROW))
        return {
            **health_view(rows.get(keys.OPERATIONS_ROW), self.table.clock.now()),
            "missing_rights": list(tried.missing),
            "rights_tried_at": moment(tried.at) if tried.at else None,
            "hook_problems": list(_hook_problems(rows)),
        }


def _hook_problems(rows: Mapping[str, Row]) -> Iterator[str]:
    for key, row in rows.items():
        if key.startswith(keys.HOOKS_ROWS):
            record = read_record(row)
            if record.told:
                yield record.message or f"Service hooks need a person: {', '.join(record.told)}."
        elif key.startswith(keys.MISSED_ROWS) and row.values.get("known"):
            yield f"Nothing is heard of {row.values['project']!s} although its work items change."
