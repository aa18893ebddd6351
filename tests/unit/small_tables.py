"""A table of one partition in memory: rows, etags and transactions, and nothing of the service's other rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared.storage.sizes import checked_size
from shared.storage.tables import ANY, Operation, Row, RowChangedError


@dataclass
class SmallTable:
    """As much of `Table` as a lane's work asks for. `at` is the service's time."""

    at: datetime = datetime(2026, 11, 21, tzinfo=UTC)
    rows: dict[str, Row] = field(default_factory=dict)
    writes: int = 0

    @property
    def clock(self) -> "SmallTable":
        return self

    def now(self) -> datetime:
        return self.at

    def get(self, _: str, key: str) -> Row | None:
        return self.rows.get(key)

    def range(self, _: str, start: str, stop: str, *, limit: int | None = None, **query: Any) -> Iterator[Row]:
        now = (query.get("parameters") or {}).get("now")
        found = [self.rows[key] for key in sorted(self.rows) if start <= key < stop]
        return iter([row for row in found if now is None or row.values["due"] <= now][:limit])

    def all(self, *, partition: str, start: str = "", stop: str = "\uffff") -> Iterator[Row]:
        return self.range(partition, start, stop)

    def write(self, partition: str, operation: Operation) -> str:
        return self.transact(partition, [operation])[0]

    def transact(self, _: str, operations: Sequence[Operation]) -> list[str]:
        for operation in operations:
            checked_size(operation)
        for index, operation in enumerate(operations):
            if not self._fits(operation):
                raise RowChangedError(index)
        return [self._put(operation) for operation in operations]

    def _fits(self, operation: Operation) -> bool:
        row = self.rows.get(operation.key)
        match operation.kind:
            case "create":
                return row is None
            case "upsert":
                return True
            case _:
                return row is not None and operation.etag in (ANY, row.etag)

    def _put(self, operation: Operation) -> str:
        self.writes += 1
        if operation.kind == "delete":
            del self.rows[operation.key]
            return ""
        before = self.rows[operation.key].values if operation.kind == "merge" else {}
        row = Row("c", operation.key, {**before, **operation.values}, str(self.writes), self.at)
        self.rows[operation.key] = row
        return row.etag
