"""Branches and tags that were asked for, so that a push to one is read before somebody asks again: rows `f|`."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from shared.links.service_hooks import Pushes
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError, Table, Value

_SCHEMA = 1
_ROWS = "f|"
_AFTER = "~"
_MOST_REFS = 10
"""Of one repository; the ones that were asked for last."""
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
REMEMBERED_WITHIN = timedelta(days=1)
"""When something was last asked for is known to a day: a question costs no write of its own."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A branch or tag by its full name. `project` and `repository` are ids, with the project's name for people."""

    connection: str
    project: str
    project_name: str
    repository: str
    ref: str
    asked_at: datetime = _NEVER


@dataclass(frozen=True, slots=True)
class Following:
    """Reads and writes the rows. Whoever writes last is right."""

    table: Table

    def all(self, connection: str, repository: str = "") -> Iterator[Followed]:
        """Yield what is followed of a repository, or of all of a connection."""
        start = f"{_ROWS}{repository}|" if repository else _ROWS
        return (_followed(row) for row in self.table.range(connection, start, start + _AFTER))

    def ask(self, wanted: Followed) -> bool:
        """Remember that something was asked for now; returns whether nothing of its repository was before."""
        others = list(self.all(wanted.connection, wanted.repository))
        known = next((one for one in others if one.ref == wanted.ref), None)
        now = self.table.clock.now()
        if known is None or now - known.asked_at > REMEMBERED_WITHIN:
            self.table.write(wanted.connection, tables.upsert(_key(wanted), _values(wanted, now)))
        if known is None:
            for one in sorted(others, key=lambda other: other.asked_at, reverse=True)[_MOST_REFS - 1 :]:
                self.forget(one)
        return not others

    def pushes(self, connection: str) -> dict[Pushes, str]:
        """Return the repositories of a connection whose pushes are to be heard of, with their projects' names."""
        return {Pushes(one.project.lower(), one.repository): one.project_name for one in self.all(connection)}

    def forget(self, followed: Followed) -> None:
        """Follow it no more."""
        with suppress(RowChangedError):  # it is gone
            self.table.write(followed.connection, tables.delete(_key(followed), tables.ANY))


def _key(followed: Followed) -> str:
    return f"{_ROWS}{followed.repository}|{sha256(followed.ref.encode()).hexdigest()[:16]}"


def _values(followed: Followed, now: datetime) -> dict[str, Value]:
    return {
        "schema": _SCHEMA,
        "project": followed.project,
        "project_name": followed.project_name,
        "repository": followed.repository,
        "ref": followed.ref,
        "asked_at": now,
    }


def _followed(row: Row) -> Followed:
    values = row.values
    asked_at = values["asked_at"]
    return Followed(
        connection=row.partition,
        project=str(values["project"]),
        project_name=str(values["project_name"]),
        repository=str(values["repository"]),
        ref=str(values["ref"]),
        asked_at=asked_at if isinstance(asked_at, datetime) else _NEVER,
    )
