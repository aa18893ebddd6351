"""What is remembered of imports, in the table `imports`: one partition each, and one for those being taken back.

{import}  i|                     its figures, and how far taking it back has come
          p|{connection}|{asset} where it may have made rows, written before they are
undoing   {import}               it is being taken back, and the sweep asks for it until it is done
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.errors import ConflictError, NotFoundError
from shared.storage import tables
from shared.storage.tables import ANY, Row, RowChangedError, Table, Value
from shared.tickets.rows import keys

SCHEMA = 1
_RECORD = "i|"
_PLACES = "p|"
_UNDOING = "undoing"
_ID_LENGTH = 32
type Figure = Literal["accepted", "changed", "unchanged", "refused", "gone"]
FIGURES: tuple[Figure, ...] = ("accepted", "changed", "unchanged", "refused", "gone")


Progress = Literal["taking", "taken", "undoing", "undone"]


@dataclass(frozen=True, slots=True)
class Record:
    """One import. `taken`: its report was stored to its end. `made`: the rows it had made when its undo began."""

    id: str
    at: datetime
    taken: bool
    undoing: bool
    undone: bool
    made: int
    figures: Mapping[str, int]

    @property
    def status(self) -> Progress:
        """What the API calls it."""
        if self.undoing:
            return "undoing"
        if self.undone:
            return "undone"
        return "taken" if self.taken else "taking"


@dataclass(frozen=True, slots=True)
class Imports:
    """Keeps them. Every method raises `TransientError` when storage does not answer."""

    table: Table

    def begin(self, import_id: str) -> None:
        """A report comes in, perhaps once more. Raises `ConflictError` (409) while it is being taken back."""
        if self.table.get(_UNDOING, import_id):
            raise ConflictError(
                f"This report is import {import_id}, which is being taken back.",
                hint=f"Send it again when GET /api/imports/{import_id} says undone.",
                status=409,
            )
        self.table.write(import_id, tables.upsert(_RECORD, {"schema": SCHEMA, "at": self.table.clock.now()}))

    def add_place(self, import_id: str, connection: str, asset: str) -> None:
        """The import is about to make rows of an asset, by its key, in a connection."""
        values: dict[str, Value] = {"connection": connection, "asset": asset}
        self.table.write(import_id, tables.upsert(f"{_PLACES}{connection}|{asset}", {"schema": SCHEMA, **values}))

    def end(self, import_id: str, figures: Mapping[str, int]) -> None:
        """All of the report was stored."""
        self._merge(import_id, {"taken": True, **figures})

    def get(self, import_id: str) -> Record:
        """Return one. Raises `NotFoundError`."""
        is_id = len(import_id) == _ID_LENGTH and import_id.isascii() and import_id.isalnum()
        row = self.table.get(import_id, _RECORD) if is_id else None
        if row is None:
            raise NotFoundError(f"There is no import {import_id}.", hint="The answer to an import has its id.")
        return _read(row, undoing=self.table.get(_UNDOING, import_id) is not None)

    def places(self, import_id: str) -> Iterator[tuple[str, str]]:
        """Yield the connections and keys of assets in which it may have made rows."""
        for row in self.table.range(import_id, _PLACES, _PLACES + keys.AFTER_ALL):
            yield str(row.values["connection"]), str(row.values["asset"])

    def begin_undo(self, import_id: str, made: int) -> None:
        """It is to be taken back: all of the rows that it made, of which there are so many now."""
        self._merge(import_id, {"made": made})
        self.table.write(_UNDOING, tables.upsert(import_id, {"schema": SCHEMA}))

    def end_undo(self, import_id: str) -> None:
        """Nothing is left to be taken back."""
        with suppress(RowChangedError):  # the record was lost, or removed by hand
            self._merge(import_id, {"undone": True})
        with suppress(RowChangedError):  # another process was faster
            self.table.write(_UNDOING, tables.delete(import_id, ANY))

    def undoing(self) -> Iterator[str]:
        """Yield those that are being taken back."""
        return (row.key for row in self.table.range(_UNDOING, "", keys.AFTER_ALL))

    def _merge(self, import_id: str, values: Mapping[str, Value]) -> None:
        self.table.write(import_id, tables.merge(_RECORD, values, ANY))


def _read(row: Row, *, undoing: bool) -> Record:
    values: Mapping[str, Any] = row.values
    return Record(
        id=row.partition,
        at=values["at"],
        taken=bool(values.get("taken")),
        undoing=undoing,
        undone=bool(values.get("undone")),
        made=int(values.get("made", 0)),
        figures={name: int(values[name]) for name in FIGURES if name in values},
    )
