"""Who reads which commit, and how that ended: rows `r|` of the table `registries`, one partition per connection.

A row's `owner` holds the lease of its commit, which ends `times.lease` after the row's last write by the storage
service's clock. Every write expects the row as it was read, so two hosts never read the same, and one that was
overtaken cannot write.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.errors import BridgeError, FieldProblem, RejectedRequestError, TransientError
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError, Table, Value
from shared.times import Times

_SCHEMA = 1
_ROWS = "r|"
_AFTER = "~"
"""Sorts after every character that keys are made of."""
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_PROBLEM = 10_000


class State(StrEnum):
    """How far a reading has come."""

    WAITING = "waiting"
    READING = "reading"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Key:
    """One commit read by one set of conventions, of which `basis` is the digest without the repository's own."""

    connection: str
    repository: str
    commit: str
    basis: str

    @property
    def row(self) -> str:
        """The row's key."""
        return f"{_ROWS}{self.repository}|{self.commit}|{self.basis}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a commit was not read. `passing`: trying again later may help."""

    message: str
    hint: str = ""
    status: int = 422
    passing: bool = False
    problems: tuple[FieldProblem, ...] = ()

    @classmethod
    def of(cls, error: BridgeError) -> "Problem":
        """Return what an error says."""
        rejected = error if isinstance(error, RejectedRequestError) else None
        return cls(
            error.message,
            error.hint,
            rejected.status if rejected else 422,
            isinstance(error, TransientError),
            rejected.problems if rejected else (),
        )

    def error(self) -> BridgeError:
        """Return it as it is answered."""
        if self.passing:
            return TransientError(self.message, hint=self.hint)
        return RejectedRequestError(self.message, hint=self.hint, problems=self.problems, status=self.status)


@dataclass(frozen=True, slots=True)
class Reading:
    """One row. `project` is an id; `attempts` counts those that are not known to have ended well."""

    key: Key
    project: str
    state: State = State.WAITING
    attempts: int = 0
    problem: Problem | None = None
    asked_at: datetime = _NEVER
    owner: str = ""
    written_at: datetime = field(default=_NEVER, compare=False)
    etag: str = field(default="", compare=False)


class TakenOverError(TransientError):
    """The row is not as it was read: another worker has it now."""


@dataclass(frozen=True, slots=True)
class Readings:
    """Reads and writes the rows."""

    table: Table
    times: Times

    def find(self, key: Key) -> Reading | None:
        """Return a commit's reading, or None."""
        row = self.table.get(key.connection, key.row)
        return _reading(row) if row else None

    def of(self, connection: str, repository: str = "") -> Iterator[Reading]:
        """Yield the readings of a repository, or of all of a connection."""
        start = f"{_ROWS}{repository}|" if repository else _ROWS
        return (_reading(row) for row in self.table.range(connection, start, start + _AFTER))

    def save(self, reading: Reading) -> Reading:
        """Store a reading as it was read or made, and return it with its new etag. Raises `TakenOverError`."""
        key, values = reading.key, _values(reading)
        write = tables.replace(key.row, values, reading.etag) if reading.etag else tables.create(key.row, values)
        try:
            etag = self.table.write(key.connection, write)
        except RowChangedError as error:
            raise TakenOverError("The commit is read by somebody else.") from error
        return replace(reading, etag=etag, written_at=self.now())

    def take(self, reading: Reading) -> Reading | None:
        """Return a reading whose lease is ours now, or None for one that is another's."""
        if self.is_leased(reading):
            return None
        mine = replace(reading, state=State.READING, owner=secrets.token_hex(8), attempts=reading.attempts + 1)
        try:
            return self.save(mine)
        except TakenOverError:
            return None

    def is_leased(self, reading: Reading) -> bool:
        """Whether a worker is at it, as far as is known."""
        return bool(reading.owner) and self.age(reading) <= timedelta(seconds=self.times.lease)

    def age(self, reading: Reading) -> timedelta:
        """Return how long ago a row was written."""
        return self.now() - reading.written_at

    def remove(self, reading: Reading) -> None:
        """Delete a row as it was read. Raises `TakenOverError`."""
        try:
            self.table.write(reading.key.connection, tables.delete(reading.key.row, reading.etag))
        except RowChangedError as error:
            raise TakenOverError("The commit is read by somebody else.") from error

    def now(self) -> datetime:
        """Return the storage service's time."""
        return self.table.clock.now()


def _values(reading: Reading) -> dict[str, Value]:
    key = reading.key
    return {
        "schema": _SCHEMA,
        "repository": key.repository,
        "commit": key.commit,
        "basis": key.basis,
        "project": reading.project,
        "state": reading.state.value,
        "attempts": reading.attempts,
        "problem": json.dumps(_written(reading.problem), ensure_ascii=False),
        "asked_at": reading.asked_at,
        "owner": reading.owner,
    }


def _written(problem: Problem | None) -> dict[str, object] | None:
    if problem is None:
        return None
    return {
        "message": problem.message[:_MAX_PROBLEM],
        "hint": problem.hint[:_MAX_PROBLEM],
        "status": problem.status,
        "passing": problem.passing,
        "problems": [[one.field, one.message[:200]] for one in problem.problems[:20]],
    }


def _problem(text: str) -> Problem | None:
    found = json.loads(text)
    if found is None:
        return None
    problems = tuple(FieldProblem(*one) for one in found["problems"])
    return Problem(found["message"], found["hint"], found["status"], found["passing"], problems)


def _reading(row: Row) -> Reading:
    values = row.values
    asked_at = values["asked_at"]
    return Reading(
        key=Key(row.partition, str(values["repository"]), str(values["commit"]), str(values["basis"])),
        project=str(values["project"]),
        state=State(str(values["state"])),
        attempts=int(str(values["attempts"])),
        problem=_problem(str(values["problem"])),
        asked_at=asked_at if isinstance(asked_at, datetime) else _NEVER,
        owner=str(values["owner"]),
        written_at=row.written_at,
        etag=row.etag,
    )
