"""What is known of a ticket, and the status that follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

NEVER = datetime(2000, 1, 1, tzinfo=UTC)  # storage knows no year before 1601
UNLINKED = "unlinked"
"""Detached because its link or connection was deleted: attached again, it goes on with the work item that it has."""
MOVED = "moved"
"""Detached because its link moved and its work item was closed: attached again, it gets a new one."""
WITHDRAWN = "withdrawn"
"""Detached because its import was taken back: the next snapshot attaches it again, and it gets a new work item."""
PARTED = "parted"
"""Detached because a person unlinked its work item, or chose one that could not be linked: it has none now, and gets
one when somebody links it, or asks for a new one by a retry."""
CLOSED_CATEGORIES = frozenset({"Completed", "Removed"})


class TicketStatus(StrEnum):
    """What a ticket's sender sees of it."""

    WAITING = "waiting"
    CREATING = "creating"
    OPEN = "open"
    AWAITING_VALIDATION = "awaiting_validation"
    CLOSED = "closed"
    DELETED = "deleted"
    FAILED = "failed"
    DETACHED = "detached"


class Hold(StrEnum):
    """Why no work item is made for a ticket that is open; all else goes on."""

    FILTER = "filter"
    """The link's `creates` leaves it out."""
    DAILY_CAP = "daily_cap"
    """The link's `creates_per_day` are made."""
    STOPPED = "stopped"
    """A person stopped creation everywhere."""
    LINK_DISABLED = "link_disabled"


@dataclass(frozen=True, slots=True)
class WorkItemRef:
    """The work item as we last observed it. `id` 0: there is none (yet)."""

    id: int = 0
    url: str = ""
    project: str = ""
    revision: int = 0
    type: str = ""
    state: str = ""
    category: str = ""
    assigned_to: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """A create that was or will be sent and has no result yet. `looked_at`: the first look-up that found nothing."""

    nonce: str
    at: datetime
    project: str
    looked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """A patch that was or will be sent and has no result yet.

    `revision` is the one that it tests. `sent` has digests of its values by field and `goals` says whether it was to be
    open, both newest first: an earlier patch of the same revision may still be on its way.
    """

    revision: int
    sent: Mapping[str, list[str]]
    keeps: Mapping[str, str]
    goals: list[bool]
    only_texts: bool = False
    """Whether one of these patches had no other fields than texts, of which the service stores its own version."""
    severities: list[str] = field(default_factory=list)
    """What it told, newest first."""
    said: list[str] = field(default_factory=list)
    """Digests of its comments, likewise."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a ticket failed, in words for its sender."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """One field as we last wrote it: digests of what we sent and of what the service made of it."""

    sent: str
    stored: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket: a `t|` row. `open` says what the platform last said; `history` is the last entry's number."""

    kind: str
    asset: str
    vulnerabilities: tuple[str, ...] = ()
    """The first of its members, in order."""
    vulnerability_count: int = 0
    title: str = ""
    severity: str = ""
    open: bool = True
    work_item: WorkItemRef = WorkItemRef()
    nonce: str = ""
    """Of the attempt that made or linked the work item: another item with the same one is a copy, made by a person."""
    linking: int = 0
    """The work item that a person chose for it, while that does not carry it yet. `nonce` is then of that attempt, once
    there was one."""
    unlinking: bool = False
    """Whether a person wants its work item to carry it no more, while it still does."""
    linked: bool = False
    """Whether the work item was there before it, and is nobody's to remove."""
    attempt: Attempt | None = None
    sending: Sending | None = None
    failure: Failure | None = None
    held: Hold | None = None
    """Why no work item was made when that was last looked at."""
    wanted: bool = False
    """Whether a person asked for its work item, whatever filters and caps say."""
    detached: str = ""
    """Why it is kept and not worked on any more: `UNLINKED`, `MOVED`, `WITHDRAWN`, `PARTED`; empty for one that is."""
    leaving: str = ""
    """What its work item is told when it is closed because the link moved; the ticket is detached afterwards."""
    own_revision: int = 0
    """Up to which revision nobody but us has written the work item."""
    duplicates: Mapping[int, int] = field(default_factory=dict)
    """Further work items that carry this ticket, to be removed: a request came later than it could be waited for.
    Each with its own revision, as above."""
    written: Mapping[str, Written] = field(default_factory=dict)
    written_open: bool = True
    left: bool = False
    """Whether it is not open any more and the item's state was left to people."""
    told_severity: str = ""
    """The worst severity as the work item was last told it."""
    objected: bool = False
    """Whether the card was answered that people closed while the platform still finds what it is about."""
    objections: int = 0
    """How many such answers there were since the platform last said that it is gone."""
    comments_told: tuple[int, ...] = ()
    """The latest revisions whose comments were told, or are ours."""
    comments_since: int = 0
    """Comments up to this revision are not told any more."""
    comments_seen: int = 0
    """Up to which revision none was missed."""
    generation: int = 0
    """How many work items the ticket had before this one; those are left as they are."""
    predecessor: int = 0
    """The last of them."""
    history: int = 0
    created_at: datetime = NEVER
    changed_at: datetime = NEVER

    @property
    def status(self) -> TicketStatus:
        """What the sender sees; closing a card proves no fix, so that is *awaiting validation*."""
        if self.detached:
            return TicketStatus.DETACHED
        if self.work_item.deleted:
            return TicketStatus.DELETED
        if self.failure:
            return TicketStatus.FAILED
        if not self.work_item.id:
            return self._status_without_item()
        if self.work_item.category not in CLOSED_CATEGORIES:
            return TicketStatus.OPEN
        return TicketStatus.AWAITING_VALIDATION if self.open else TicketStatus.CLOSED

    @property
    def waiting_for(self) -> Hold | None:
        """What the sender sees of why it waits; None if nothing but a worker is to come."""
        return self.held if self.status is TicketStatus.WAITING else None

    def _status_without_item(self) -> TicketStatus:
        if self.attempt:
            return TicketStatus.CREATING
        return TicketStatus.WAITING if self.open else TicketStatus.CLOSED


@dataclass(frozen=True, slots=True)
class Stored:
    """A ticket as it was read; an empty etag says that it has no row yet."""

    key: str
    ticket: Ticket
    etag: str = ""
    cause: str = ""
    """The `traceparent` of what made it need work; empty: it is the current trace."""
