"""Which of two snapshots of one vulnerability is the newer one, and how the newest is kept in its row."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.errors import FieldProblem, RejectedRequestError
from shared.storage.sizes import MAX_PROPERTY_BYTES
from shared.storage.tables import Row, Value
from shared.tickets.rows import keys
from shared.tickets.vulnerabilities import origins
from shared.tickets.vulnerabilities.origins import Origin
from shared.tickets.vulnerabilities.snapshots import Vulnerability

SCHEMA = 1
LIGHT = ("fingerprint", "sequence", "at", "first_at", "ticket", "grouping", "status", *origins.PROPERTIES)
"""The properties of a `v|` row that tell whether a snapshot changes anything."""
_FUTURE = timedelta(minutes=10)
_CLOCK_STEP = timedelta(seconds=2)  # the server's clock is read in whole seconds
_NO_SEQUENCE = -1
_MAX_PARTS = 12
_PLATFORM = Origin()
_PART = MAX_PROPERTY_BYTES - 16


@dataclass(frozen=True, slots=True)
class Position:
    """Where a snapshot stands in the order of a vulnerability's snapshots."""

    at: datetime
    sequence: int = _NO_SEQUENCE
    slack: timedelta = field(default=timedelta(), compare=False)
    """How much later `at` may be in truth."""

    def is_older_than(self, other: "Position") -> bool:
        """Whether this one must not replace the other; at the same place the later arrival wins."""
        if _NO_SEQUENCE not in (self.sequence, other.sequence):
            return self.sequence < other.sequence
        return self.at + self.slack < other.at


@dataclass(frozen=True, slots=True)
class Arrival:
    """A snapshot with its position; `at` is when it was observed, else when it was sent to us or came."""

    vulnerability: Vulnerability
    position: Position
    asset: str
    fingerprint: str
    origin: Origin

    @property
    def row(self) -> str:
        """The key of its row."""
        return keys.snapshot_row(self.asset, self.vulnerability.id)


def is_from_the_future(at: datetime, now: datetime) -> bool:
    """Whether a clock is further ahead than clocks may be."""
    return at > now + _FUTURE


def arrival(
    vulnerability: Vulnerability, *, sent_at: datetime | None, now: datetime, origin: Origin = _PLATFORM
) -> Arrival:
    """Return the snapshot in its place; `sent_at` None: it came at this moment, `now` by the server's clock.

    Raises `RejectedRequestError` when it claims to be from the future: it would shut out all that follow.
    """
    at = vulnerability.observed_at or sent_at
    slack = timedelta() if at else _CLOCK_STEP  # of two that came within it, the later arrival wins
    at = at or now
    if is_from_the_future(at, now):
        raise RejectedRequestError(
            "The snapshot is from the future.",
            hint="Correct the sender's clock: observed_at is more than 10 minutes ahead.",
            problems=[FieldProblem("/vulnerability/observed_at", "is more than 10 minutes in the future")],
            status=422,
        )
    sequence = _NO_SEQUENCE if vulnerability.sequence is None else vulnerability.sequence
    asset = keys.asset_key(vulnerability.asset.kind, vulnerability.asset.id)
    position = Position(at, sequence, slack)
    return Arrival(vulnerability, position, asset, vulnerability.fingerprint(), origin)


def row_values(arrival: Arrival, ticket: str, grouping: str, stored: Row | None = None) -> dict[str, Value]:
    """Return the properties of a `v|` row: the snapshot, and which ticket it belongs to by which grouping.

    `stored` is the row that it replaces.

    Raises `RejectedRequestError` when the snapshot is larger than a row can hold.
    """
    data = arrival.vulnerability.packed()
    parts = [data[start : start + _PART] for start in range(0, len(data), _PART)]
    if len(parts) > _MAX_PARTS:
        raise RejectedRequestError(
            "The snapshot is too large: over 768 KiB even when compressed.",
            hint="Shorten its texts and lists.",
            status=413,
        )
    return {
        "schema": SCHEMA,
        "ticket": ticket,
        "grouping": grouping,
        "fingerprint": arrival.fingerprint,
        "status": arrival.vulnerability.status,
        **position_values(arrival.position),
        "first_at": min(first_seen(stored), arrival.position.at) if stored else arrival.position.at,
        **{f"snapshot{number}": part for number, part in enumerate(parts)},
    }


def position_values(position: Position) -> dict[str, Value]:
    """Return the properties of a `v|` row that say where its snapshot stands."""
    return {"sequence": position.sequence, "at": position.at}


def read_position(row: Row) -> Position:
    """Return where a stored snapshot stands."""
    return Position(_moment(row.values["at"]), int(str(row.values["sequence"])))


def first_seen(row: Row) -> datetime:
    """Return the earliest moment for which the vulnerability of a `v|` row was told; rows did not always keep it."""
    return _moment(row.values.get("first_at", row.values["at"]))


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError("the row holds something else where a time belongs")
    return value


def read_vulnerability(row: Row) -> Vulnerability:
    """Return a stored snapshot."""
    parts = (row.values.get(f"snapshot{number}", b"") for number in range(_MAX_PARTS))
    return Vulnerability.unpacked(b"".join(part for part in parts if isinstance(part, bytes)))
