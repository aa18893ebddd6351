"""How a ticket changes when something happened to it. Pure: each returns the ticket as it is afterwards."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import Any

from shared.azure_devops.work_items import WorkItem
from shared.errors import BridgeError
from shared.tickets import remarks
from shared.tickets.arrivals import read_vulnerability
from shared.tickets.attempts import generation_of
from shared.tickets.members import Members
from shared.tickets.plan import Desired, Patch, digest
from shared.tickets.records import (
    CLOSED_CATEGORIES,
    MOVED,
    NEVER,
    WITHDRAWN,
    Attempt,
    Failure,
    Hold,
    Sending,
    Ticket,
    WorkItemRef,
    Written,
)
from shared.tickets.snapshots import Status, Vulnerability
from shared.tickets.together import severity

_MAX_TITLE = 1000
_MAX_NAMED = 100
_MAX_NAMES = 8_000
"""Characters: an update message has a ticket twice, and a queue takes 48 KiB."""
_MAX_EARLIER = 8
TEXTS = frozenset({"System.Description", "Microsoft.VSTS.TCM.ReproSteps"})
"""Fields of HTML, of which the service stores its own version."""
_NOT_SENT = ""  # no field's digest: whatever is desired differs from it


def begun(members: Members) -> Ticket:
    """Return a ticket that no worker has seen yet; it has members, or had them."""
    first = members.snapshots[0] if members.snapshots else read_vulnerability(members.withdrawn[0])
    since = members.since or NEVER
    begun = Ticket(first.asset.kind, first.asset.id, created_at=since, changed_at=since)
    return summarised(begun, members.snapshots or (first,))


def summarised(ticket: Ticket, members: Sequence[Vulnerability]) -> Ticket:
    """The newest snapshots were taken in, in order; a group without members has nothing that is open."""
    if not members:
        return replace(ticket, vulnerabilities=(), vulnerability_count=0, open=False)
    first = members[0]
    return replace(
        ticket,
        kind=first.asset.kind,
        asset=first.asset.id,
        vulnerabilities=_named(members),
        vulnerability_count=len(members),
        title=first.title[:_MAX_TITLE],
        severity=severity(members).value,
        open=first.status is Status.OPEN,
    )


def _named(members: Sequence[Vulnerability]) -> tuple[str, ...]:
    """The first members' ids: as many as fit a message with room to spare."""
    lengths = accumulate(len(json.dumps(member.id)) for member in members[:_MAX_NAMED])
    fitting = sum(length <= _MAX_NAMES for length in lengths)
    return tuple(member.id for member in members[:fitting])


def held(ticket: Ticket, why: Hold) -> Ticket:
    """No work item is made now."""
    return replace(ticket, held=why, failure=None)


def wanted(ticket: Ticket) -> Ticket:
    """A person asks for its work item."""
    return replace(ticket, wanted=not ticket.work_item.id)


def attempted(ticket: Ticket, attempt: Attempt, desired: Desired) -> Ticket:
    """A create is about to be sent; what it will say is remembered, should its answer be lost."""
    sent = {name: Written(digest(value), _NOT_SENT) for name, value in desired.fields.items()}
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
    return _left(replace(ticket, attempt=None, failure=failure))


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
    if ticket.work_item.id not in (0, made.item.id):
        return _doubled(ticket, made)
    if ticket.work_item.id and ticket.attempt is None:
        return ticket
    ours = ticket.attempt is not None and ticket.attempt.nonce == made.nonce
    sent = (
        {name: known.sent for name, known in ticket.written.items()}
        if ours
        else dict.fromkeys(remarks.LABELS, _NOT_SENT)
    )
    return replace(
        _seen(ticket, made.item, made.category),
        nonce=made.nonce,
        own_revision=1,
        attempt=None,
        failure=None,
        held=None,
        wanted=False,
        written={name: Written(value, digest(made.first.get(name))) for name, value in sent.items() if made.first},
        written_open=True,
    )


def _doubled(ticket: Ticket, made: Made) -> Ticket:
    """Two work items carry the ticket: the one with the lowest id survives, whoever finds which one first.

    One with the nonce of ours is not a second one: a person copied the card, or our link into another one.
    """
    known, found = ticket.work_item.id, made.item.id
    if made.nonce == ticket.nonce or found in ticket.duplicates:
        return ticket
    if found > known:
        return replace(ticket, attempt=None, duplicates={**ticket.duplicates, found: 1})
    duplicates = {**ticket.duplicates, known: ticket.own_revision}
    nothing = WorkItemRef(project=ticket.work_item.project)
    return created(replace(ticket, attempt=None, sending=None, work_item=nothing, duplicates=duplicates), made)


def renewed(ticket: Ticket, generation: int) -> Ticket:
    """The ticket is to have another work item; the one that it has is left as it is."""
    return replace(
        ticket,
        generation=generation,
        predecessor=ticket.work_item.id or ticket.predecessor,
        work_item=WorkItemRef(),
        nonce="",
        attempt=None,
        sending=None,
        own_revision=0,
        duplicates={},
        written={},
        written_open=True,
        objected=False,
        objections=0,
    )


def healed(ticket: Ticket, duplicate: int) -> Ticket:
    """A duplicate was removed, or left to people with a word about it."""
    return replace(ticket, duplicates={n: own for n, own in ticket.duplicates.items() if n != duplicate})


def patching(ticket: Ticket, patch: Patch, revision: int, *, open_: bool, severity: str = "") -> Ticket:
    """A patch of an item at a revision is about to be sent; what it says is remembered, should its answer be lost."""
    earlier = ticket.sending if ticket.sending and ticket.sending.revision == revision else Sending(0, {}, {}, [])
    newest = {name: [digest(value), *earlier.sent.get(name, [])][:_MAX_EARLIER] for name, value in patch.fields.items()}
    goals = [open_, *earlier.goals][:_MAX_EARLIER]
    only_texts = earlier.only_texts or (bool(patch.fields) and patch.fields.keys() <= TEXTS)
    severities = [severity or ticket.told_severity, *earlier.severities][:_MAX_EARLIER]
    return replace(
        ticket,
        sending=Sending(revision, {**earlier.sent, **newest}, patch.keeps, goals, only_texts, severities),
    )


def patched(ticket: Ticket, item: WorkItem, category: str, patch: Patch, desired: Desired) -> Ticket:
    """A patch of ours was taken: `item` is what it left. It concerns nobody if another item survived meanwhile.

    Where nothing had to be sent, an earlier patch without an answer may still be on its way to this revision.
    """
    if item.id != ticket.work_item.id:
        return ticket
    was_sent = bool(patch.fields or patch.state or patch.comment)
    ours = {name: Written(digest(value), digest(item.fields.get(name))) for name, value in patch.fields.items()}
    after = replace(
        _seen(ticket, item, category),
        own_revision=_own(ticket, item),
        sending=None if was_sent else ticket.sending,
        failure=None,
        written={**ticket.written, **ours, **_kept(ticket.written, patch.keeps)},
    )
    if not patch.is_last:  # the goal stays: there is one more step to take
        return after
    after = replace(
        after,
        written_open=desired.open,
        left=not desired.open and desired.policies.goal == "leave",
        told_severity=desired.severity or ticket.told_severity,
        objected=category in CLOSED_CATEGORIES and (patch.objects or ticket.objected),
        objections=ticket.objections + patch.objects if desired.open else 0,
    )
    return after if desired.open else _left(after)


def told(ticket: Ticket, after: WorkItem, *, is_closed: bool, by_us: bool) -> Ticket:
    """The answer to a patch was lost, and the item has a newer revision: it tells what of the patch stands there.

    `after` is the item at the revision that followed on the one that the patch tests. If patches were sent for that
    revision again and again, only one of them can have made it, or somebody else. A patch is carried out whole or not
    at all, so one value of it that is there proves it; the service may have made something else of a text.
    """
    sending = ticket.sending
    if sending is None or after.id != ticket.work_item.id:
        return ticket
    now = {name: digest(after.fields.get(name)) for name in sending.sent}
    there = {name for name, sent in sending.sent.items() if now[name] in sent}
    news = {name for name in now if name not in ticket.written or ticket.written[name].stored != now[name]}
    is_open = not is_closed
    goal_reached = is_open in sending.goals and is_open != ticket.written_open
    if not (there & news or goal_reached or (by_us and sending.only_texts)):
        return replace(ticket, sending=None)
    texts = {name: Written(_only(sending.sent[name]), now[name]) for name in (TEXTS & news) - there}
    values = {name: Written(now[name], now[name]) for name in there}
    return replace(
        ticket,
        own_revision=_own(ticket, after) if by_us else ticket.own_revision,
        sending=None,
        written={**ticket.written, **values, **texts, **_kept(ticket.written, sending.keeps)},
        written_open=is_open if is_open in sending.goals else ticket.written_open,
        told_severity=next(iter(sending.severities), ticket.told_severity),
    )


def observed(ticket: Ticket, item: WorkItemRef) -> Ticket:
    """A person (or a rule) changed the work item; what is older than what we know changes nothing."""
    known = ticket.work_item
    if item.id != known.id:
        return ticket
    # A category could perhaps not be asked for when the revision was taken in.
    is_more = item.deleted != known.deleted or (not known.category and bool(item.category))
    is_news = item.revision > known.revision or (item.revision == known.revision and is_more)
    seen = replace(ticket, work_item=item) if is_news else ticket
    return seen if seen.work_item.category in CLOSED_CATEGORIES else replace(seen, objected=False)


def settled(ticket: Ticket) -> Ticket:
    """Desired and observed agree: whatever failed before does not matter any more."""
    return _left(replace(ticket, failure=None, held=None))


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
    again = replace(ticket, detached="", failure=None)
    was_left = ticket.detached == MOVED or (ticket.detached == WITHDRAWN and ticket.work_item.deleted)
    return renewed(again, ticket.generation + 1) if was_left and ticket.work_item.id else again


def _left(ticket: Ticket) -> Ticket:
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


def _seen(ticket: Ticket, item: WorkItem, category: str) -> Ticket:
    """Take in an item's revision, unless an event already told of a later one."""
    if item.id == ticket.work_item.id and item.revision < ticket.work_item.revision:
        return ticket
    return replace(ticket, work_item=refer(item, category, project=ticket.work_item.project))


def _only(sent: Sequence[str]) -> str:
    """Which text was sent, if only one was: the service's own version of it does not tell."""
    return sent[0] if len(sent) == 1 else _NOT_SENT


def _own(ticket: Ticket, item: WorkItem) -> int:
    """A patch of ours left this revision: nobody else has written as long as each followed on the last of ours."""
    return item.revision if item.revision == ticket.own_revision + 1 else ticket.own_revision


def _kept(before: Mapping[str, Written], keeps: Mapping[str, str]) -> dict[str, Written]:
    """A person's value stays; ours is remembered as said, so that it is said once."""
    return {
        name: Written(sent, before[name].stored if name in before else digest(None)) for name, sent in keeps.items()
    }
