"""How a ticket changes when something happened to it. Pure: each returns the ticket as it is afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.azure_devops.work_items import WorkItem
from shared.errors import BridgeError
from shared.tickets.life import remarks
from shared.tickets.life.attempts import generation_of, is_link
from shared.tickets.life.names import named
from shared.tickets.life.plan import Desired, digest
from shared.tickets.life.room import ids, title
from shared.tickets.rows.arrivals import read_vulnerability
from shared.tickets.rows.members import Members
from shared.tickets.rows.records import (
    CLOSED_CATEGORIES,
    MOVED,
    NEVER,
    PARTED,
    WITHDRAWN,
    Attempt,
    Failure,
    Hold,
    Ticket,
    WorkItemRef,
    Written,
)
from shared.tickets.vulnerabilities.snapshots import Status, Vulnerability
from shared.tickets.vulnerabilities.together import severity

NOT_SENT = ""  # no field's digest: whatever is desired differs from it


def begun(members: Members) -> Ticket:
    """Return a ticket that no worker has seen yet; it has members, or had them."""
    first = members.snapshots[0] if members.snapshots else read_vulnerability(members.withdrawn[0])
    since = members.since or NEVER
    begun = Ticket(first.asset.kind, first.asset.id, created_at=since, changed_at=since)
    return summarised(begun, members.snapshots or (first,))


def summarised(ticket: Ticket, members: Sequence[Vulnerability]) -> Ticket:
    """The newest snapshots were taken in, in order; a group that lost its members has nothing that is open.

    Of one that was adopted and never had any, nothing is known.
    """
    if not (members or ticket.vulnerability_count):
        return ticket
    if not members:
        return replace(ticket, vulnerabilities=(), vulnerability_count=0, open=False)
    first = members[0]
    return replace(
        ticket,
        kind=first.asset.kind,
        asset=first.asset.id,
        vulnerabilities=ids(members),
        vulnerability_count=len(members),
        title=title(first.title),
        severity=severity(members).value,
        open=first.status is Status.OPEN,
    )


def held(ticket: Ticket, why: Hold) -> Ticket:
    """No work item is made now."""
    return replace(ticket, held=why, failure=None)


def wanted(ticket: Ticket) -> Ticket:
    """A person asks for its work item."""
    return replace(ticket, wanted=not ticket.work_item.id)


def attempted(ticket: Ticket, attempt: Attempt, desired: Desired) -> Ticket:
    """A create is about to be sent; what it will say is remembered, should its answer be lost."""
    sent = {name: Written(digest(value), NOT_SENT) for name, value in desired.fields.items()}
    begun = replace(ticket, attempt=attempt, held=None)
    return replace(begun, written=sent, written_open=True, told_severity=desired.severity)


def looked_in_vain(ticket: Ticket, at: datetime) -> Ticket:
    """The first look-up found nothing; only a second one proves it."""
    return replace(ticket, attempt=replace(ticket.attempt, looked_at=at)) if ticket.attempt else ticket


def not_created(ticket: Ticket) -> Ticket:
    """The attempt certainly left nothing behind."""
    return replace(ticket, attempt=None)


def failed(ticket: Ticket, error: BridgeError, code: str) -> Ticket:
    """A person must act before it is tried again."""
    failure = Failure(code, error.message, error.hint)
    # What is refused now says nothing of an earlier patch whose answer was lost.
    return left(replace(ticket, attempt=None, failure=failure))


@dataclass(frozen=True, slots=True)
class Made:
    """A work item that an attempt of ours made, as it is now.

    `first` has its fields as they were when it was made, empty if nobody can tell.
    """

    item: WorkItem
    category: str
    nonce: str
    first: Mapping[str, Any]


def created(ticket: Ticket, made: Made) -> Ticket:
    """Azure DevOps made the work item, or a look-up found that it had.

    Of the values that the attempt sent it is known that we wrote them; an item of an earlier attempt has other ones.
    """
    generation = generation_of(made.nonce)
    if generation < ticket.generation:  # an item that the ticket had before
        return ticket
    if generation > ticket.generation:  # our row is an older one, restored
        return created(renewed(ticket, generation), made)
    chosen = ticket.work_item.id or ticket.linking
    if chosen not in (0, made.item.id):
        return _doubled(ticket, made)
    if ticket.work_item.id and ticket.attempt is None:
        return ticket
    if is_link(made.nonce):
        return linked(ticket, made)
    ours = ticket.attempt is not None and ticket.attempt.nonce == made.nonce
    sent = (
        {name: known.sent for name, known in ticket.written.items()}
        if ours
        else dict.fromkeys(remarks.LABELS, NOT_SENT)
    )
    return replace(
        seen(ticket, made.item, made.category),
        nonce=made.nonce,
        own_revision=1,
        comments_since=1,
        comments_seen=1,
        attempt=None,
        linking=0,
        failure=None,
        held=None,
        wanted=False,
        written={name: Written(value, digest(named(made.first, name))) for name, value in sent.items() if made.first},
        written_open=True,
    )


def _doubled(ticket: Ticket, made: Made) -> Ticket:
    """Two work items carry the ticket: the one with the lowest id survives, whoever finds which one first.

    One with the nonce of ours is not a second one: a person copied the card, or our link into another one. What a
    person chose survives whatever its id.
    """
    known, found = ticket.work_item.id, made.item.id
    if made.nonce == ticket.nonce or found in ticket.duplicates:
        return ticket
    if found > known or ticket.linked or ticket.linking:
        return replace(ticket, attempt=None, duplicates={**ticket.duplicates, found: 1})
    duplicates = {**ticket.duplicates, known: ticket.own_revision}
    nothing = WorkItemRef(project=ticket.work_item.project)
    return created(replace(ticket, attempt=None, sending=None, work_item=nothing, duplicates=duplicates), made)


def linked(ticket: Ticket, made: Made) -> Ticket:
    """The work item that a person chose carries the ticket. What it says is people's, and stays until they change it.

    What was desired then is known as said, if the attempt is the one that remembered it: only what changes later is
    news. A card that is closed already needs no answer to that.
    """
    ours = ticket.nonce == made.nonce
    since = ticket.comments_since if ours else made.item.revision
    said = ticket.written if ours else dict.fromkeys(remarks.LABELS, Written(NOT_SENT, NOT_SENT))
    return replace(
        seen(ticket, made.item, made.category),
        nonce=made.nonce,
        linking=0,
        linked=True,
        own_revision=0,
        comments_since=since,
        comments_seen=since,
        failure=None,
        written=said,
        written_open=ticket.written_open if ours else ticket.open,
        objected=made.category in CLOSED_CATEGORIES,
    )


def to_link(ticket: Ticket, number: int) -> Ticket:
    """A person chose a work item for it. It stays as it is if it has one that is alive, or another one was chosen."""
    item = ticket.work_item
    if (item.id and not item.deleted) or ticket.linking:
        return ticket
    fresh = attached(ticket) if ticket.detached else ticket
    if fresh.work_item.id:
        fresh = renewed(fresh, fresh.generation + 1)
    return replace(fresh, linking=number, failure=None)


def linking(ticket: Ticket, nonce: str, desired: Desired, revision: int) -> Ticket:
    """The link is about to be sent to an item at a revision; what it would say if it were ours counts as said.

    Comments are told from then on: the next revision is that of the link, for it tests the one before.
    """
    kept = {name: Written(digest(value), digest(None)) for name, value in desired.fields.items()}
    return replace(
        ticket,
        nonce=nonce,
        written=kept,
        written_open=desired.open,
        told_severity=desired.severity,
        comments_since=revision + 1,
    )


def not_linked(ticket: Ticket, failure: Failure) -> Ticket:
    """The chosen work item cannot be linked: a person must choose again. If it carries the ticket after all, that mark
    is an earlier one."""
    return replace(renewed(ticket, ticket.generation + 1), detached=PARTED, leaving="", failure=failure)


def to_unlink(ticket: Ticket) -> Ticket:
    """A person wants to part it from its work item."""
    return replace(ticket, unlinking=True) if ticket.work_item.id and not ticket.detached else ticket


def unlinked(ticket: Ticket) -> Ticket:
    """Its work item carries it no more, or lies in the recycle bin; a mark that is still there is an earlier one."""
    fresh = renewed(ticket, ticket.generation + 1)
    return replace(fresh, detached=PARTED, leaving="", failure=None, predecessor=0)


def renewed(ticket: Ticket, generation: int) -> Ticket:
    """The ticket is to have another work item; the one that it has is left as it is."""
    return replace(
        ticket,
        generation=generation,
        predecessor=ticket.work_item.id or ticket.predecessor,
        work_item=WorkItemRef(),
        nonce="",
        linking=0,
        unlinking=False,
        linked=False,
        attempt=None,
        sending=None,
        own_revision=0,
        comments_told=(),
        comments_since=0,
        comments_seen=0,
        duplicates={},
        written={},
        written_open=True,
        objected=False,
        objections=0,
    )


def healed(ticket: Ticket, duplicate: int) -> Ticket:
    """A duplicate was removed, or left to people with a word about it."""
    return replace(ticket, duplicates={n: own for n, own in ticket.duplicates.items() if n != duplicate})


def observed(ticket: Ticket, item: WorkItemRef) -> Ticket:
    """A person (or a rule) changed the work item; what is older than what we know changes nothing.

    In the recycle bin nothing can be refused any more: restored, it is tried again.
    """
    known = ticket.work_item
    if item.id != known.id:
        return ticket
    # A category could perhaps not be asked for when the revision was taken in.
    is_more = item.deleted != known.deleted or (not known.category and bool(item.category))
    is_news = item.revision > known.revision or (item.revision == known.revision and is_more)
    failure = None if item.deleted else ticket.failure
    seen = replace(ticket, work_item=item, failure=failure) if is_news else ticket
    return seen if seen.work_item.category in CLOSED_CATEGORIES else replace(seen, objected=False)


def settled(ticket: Ticket) -> Ticket:
    """Desired and observed agree: whatever failed before does not matter any more."""
    return left(replace(ticket, failure=None, held=None))


def detached(ticket: Ticket, why: str) -> Ticket:
    """It is kept and not worked on any more. An attempt without a result stays: whoever attaches it again looks."""
    return ticket if ticket.detached else replace(ticket, detached=why, leaving="")


def taken_back(ticket: Ticket) -> Ticket:
    """Its import was taken back: its work item, if it had one, lies in the recycle bin now."""
    item = replace(ticket.work_item, deleted=bool(ticket.work_item.id))
    return replace(ticket, detached=WITHDRAWN, leaving="", failure=None, sending=None, work_item=item)


def leaving(ticket: Ticket, words: str) -> Ticket:
    """Its work item is to be closed with these words, and left."""
    return ticket if ticket.detached else replace(ticket, leaving=words)


def attached(ticket: Ticket) -> Ticket:
    """It is worked on again: with the work item that it has, or with a new one if that was closed and left, or
    taken back and not restored by anybody."""
    again = replace(ticket, detached="", leaving="", failure=None)
    was_left = ticket.detached == MOVED or (ticket.detached == WITHDRAWN and ticket.work_item.deleted)
    return renewed(again, ticket.generation + 1) if was_left and ticket.work_item.id else again


def left(ticket: Ticket) -> Ticket:
    """All was done that could be done to an item that we leave."""
    return detached(ticket, MOVED) if ticket.leaving else ticket


def refer(item: WorkItem, category: str, *, project: str = "", deleted: bool = False) -> WorkItemRef:
    """Return what we keep of a work item."""
    return WorkItemRef(
        id=item.id,
        url=item.url,
        project=item.project or project,
        revision=item.revision,
        type=item.type,
        state=item.state,
        category=category,
        assigned_to=identity(item.fields.get("System.AssignedTo")),
        deleted=deleted,
    )


def identity(value: object) -> str:
    """Return the name in an identity field: an object in the REST API, text in events of version 1.0."""
    if isinstance(value, Mapping):
        return str(value.get("displayName") or value.get("uniqueName") or "")
    return str(value or "")


def seen(ticket: Ticket, item: WorkItem, category: str) -> Ticket:
    """Take in an item's revision, unless an event already told of a later one."""
    if item.id == ticket.work_item.id and item.revision < ticket.work_item.revision:
        return ticket
    return replace(ticket, work_item=refer(item, category, project=ticket.work_item.project))
