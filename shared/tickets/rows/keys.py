"""Names: of tickets, of their lanes, and of the rows in a connection's partition of the table `tickets`."""

import re
from base64 import b32encode
from hashlib import sha256

from shared.errors import NotFoundError

LANES = 8
AFTER_ALL = "~"
"""Sorts after every character that keys are made of."""
_LAST_SEQUENCE = 10**10 - 1
_PART = 16  # base32 letters: 80 bits
_LENGTH = 2 * _PART
TICKET = re.compile(rf"[a-z2-7]{{{_LENGTH}}}")


def asset_key(kind: str, asset: str) -> str:
    """Return the 16 letters that stand for an asset."""
    return _hash(f"{kind}\n{asset}")


def ticket_key(asset: str, grouping_key: str) -> str:
    """Return the 32 letters that stand for a ticket of an asset (of which `asset_key` gave the letters)."""
    return asset + _hash(grouping_key)


def group_key(asset: str, grouping_key: str) -> str:
    """Return the 32 letters that stand for a group's ticket: never those of a vulnerability's own, whatever its id."""
    return asset + _letters(b"\xff" + grouping_key.encode())  # no text in UTF-8 begins so


def lane_of(ticket: str) -> int:
    """The lane in which a ticket is worked on: always the same one."""
    return int.from_bytes(sha256(ticket.encode()).digest()[:2]) % LANES


def public_id(connection: str, ticket: str) -> str:
    """A ticket's id in the API: it says where the ticket lives, so that every read is a point read."""
    return f"{connection}.{ticket}"


def parse_public_id(text: str) -> tuple[str, str]:
    """Return the connection and the ticket of an id. Raises `NotFoundError` for what cannot be one."""
    connection, _, ticket = text.rpartition(".")
    if not connection or not TICKET.fullmatch(ticket):
        raise NotFoundError(f"There is no ticket {text}.", hint="List tickets with GET /api/tickets.")
    return connection, ticket


def snapshot_row(asset: str, vulnerability: str) -> str:
    """`v|`: the newest snapshot of one vulnerability."""
    return f"v|{ticket_key(asset, vulnerability)}"


def snapshot_of(ticket: str) -> str:
    """`v|` of the one member of a ticket without grouping: both keys are made of the vulnerability's id.

    Its property `ticket` tells whether it still belongs there.
    """
    return f"v|{ticket}"


def member_rows(ticket: str) -> str:
    """What the keys of a group's members begin with."""
    return f"m|{ticket}|"


def member_row(ticket: str, snapshot: str) -> str:
    """`m|`: a vulnerability belonged to a group, of which `snapshot` is the key of its `v|` row."""
    return f"{member_rows(ticket)}{snapshot[-_PART:]}"


def snapshot_of_member(row: str) -> str:
    """`v|` of the vulnerability of an `m|` row."""
    return f"{snapshots_beside(ticket_of_row(row))}{row[-_PART:]}"


def snapshots_beside(ticket: str) -> str:
    """What the keys of all `v|` rows of a ticket's asset begin with."""
    return f"v|{ticket[:_PART]}"


def ticket_of_row(row: str) -> str:
    """The ticket of a `t|` or `m|` row's key, and of a `v|` row's whose vulnerability is in no group."""
    return row[2 : 2 + _LENGTH]


def ticket_row(ticket: str) -> str:
    """`t|`: what we know and did of one ticket."""
    return f"t|{ticket}"


def pending_row(ticket: str) -> str:
    """`p|`: the ticket needs work."""
    return f"{pending_rows(lane_of(ticket))}{ticket}"


def ticket_of_pending(row: str) -> str:
    """The ticket of a pending row's key."""
    return row[-_LENGTH:]


def pending_rows(lane: int | None = None) -> str:
    """What the keys of a lane's pending rows begin with, or of all lanes'."""
    return "p|" if lane is None else f"p|{lane}|"


def work_item_row(work_item: int) -> str:
    """`w|`: which ticket a work item belongs to."""
    return f"w|{work_item:012}"


def number_of(row: str) -> int:
    """The work item of a `w|` row's key."""
    return int(row[2:])


def feed_row(project: str) -> str:
    """`f|`: how far a project's feed of revisions was read."""
    return f"f|{project}"


def history_row(ticket: str, sequence: int) -> str:
    """`h|`: one entry of a ticket's history."""
    return f"h|{ticket}|{sequence:010}"


def history_rows(ticket: str, since: int = 0) -> tuple[str, str]:
    """Where a ticket's history lies, from one entry on: the first key, and what sorts after the last."""
    return history_row(ticket, since), history_row(ticket, _LAST_SEQUENCE) + AFTER_ALL


def sequence_of(row: str) -> int:
    """The number of an `h|` row's entry."""
    return int(row.rpartition("|")[2])


def outbox_row(ticket: str) -> str:
    """`u|`: the ticket has history that was not sent yet."""
    return f"u|{ticket}"


def lease_row(lane: int) -> str:
    """`l|`: who works on a lane."""
    return f"l|{lane}"


OPERATIONS_ROW = "c|"
"""`c|`: how the connection itself is doing."""


RIGHTS_ROW = "c|rights"
"""`c|rights`: what the connection could not do when that was last tried."""
HOOKS_ROWS = "c|hooks|"


def hooks_row(project: str) -> str:
    """`c|hooks|`: what the doctor last found of a project's service hooks."""
    return f"{HOOKS_ROWS}{_hash(project)}"


def heard_row(project: str) -> str:
    """`c|heard|`: when a project's service hooks last told something. A project's name may be anything."""
    return f"c|heard|{_hash(project)}"


MISSED_ROWS = "c|missed|"


def missed_row(project: str) -> str:
    """`c|missed|`: since when changes in a project had to be read that no service hook told."""
    return f"{MISSED_ROWS}{_hash(project)}"


def _hash(text: str) -> str:
    return _letters(text.encode())


def _letters(data: bytes) -> str:
    return b32encode(sha256(data).digest()[:10]).decode().lower()
