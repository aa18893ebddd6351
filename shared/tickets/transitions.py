"""How a ticket changes when something happened to it. Pure: each returns the ticket as it is afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.azure_devops.work_items import WorkItem
from shared.errors import BridgeError
from shared.tickets.plan import LABELS, Desired, Patch, digest
from shared.tickets.records import Attempt, Failure, Sending, Ticket, WorkItemRef, Written
from shared.tickets.snapshots import Status, Vulnerability

_MAX_TITLE = 1000
_MAX_EARLIER = 8
TEXTS = frozenset({"System.Description", "Microsoft.VSTS.TCM.ReproSteps"})
"""Fields of HTML, of which the service stores its own version."""
_NOT_SENT = ""  # no field's digest: whatever is desired differs from it


def summarised(ticket: Ticket, vulnerability: Vulnerability) -> Ticket:
    """The newest snapshot was taken in."""
    return replace(
        ticket,
        kind=vulnerability.asset.kind,
        asset=vulnerability.asset.id,
        vulnerabilities=(vulnerability.id,),
        title=vulnerability.title[:_MAX_TITLE],
        severity=vulnerability.severity.value,
        open=vulnerability.status is Status.OPEN,
    )


def attempted(ticket: Ticket, attempt: Attempt, desired: Desired) -> Ticket:
    """A create is about to be sent; what it will say is remembered, should its answer be lost."""
    sent = {name: Written(digest(value), _NOT_SENT) for name, value in desired.fields.items()}
    return replace(ticket, attempt=attempt, written=sent, written_open=True)


def looked_in_vain(ticket: Ticket, at: datetime) -> Ticket:
    """The first look-up found nothing; only a second one proves it."""
    return replace(ticket, attempt=replace(ticket.attempt, looked_at=at)) if ticket.attempt else ticket


def not_created(ticket: Ticket) -> Ticket:
    """The attempt certainly left nothing behind."""
    return replace(ticket, attempt=None)


def failed(ticket: Ticket, error: BridgeError, code: str) -> Ticket:
    """A person must act before it is tried again."""
    return replace(ticket, attempt=None, sending=None, failure=Failure(code, error.message, error.hint))


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
    if ticket.work_item.id not in (0, made.item.id):
        return _doubled(ticket, made)
    if ticket.work_item.id and ticket.attempt is None:
        return ticket
    ours = ticket.attempt is not None and ticket.attempt.nonce == made.nonce
    sent = {name: known.sent for name, known in ticket.written.items()} if ours else dict.fromkeys(LABELS, _NOT_SENT)
    return replace(
        _seen(ticket, made.item, made.category),
        nonce=made.nonce,
        own_revision=1,
        attempt=None,
        failure=None,
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


def healed(ticket: Ticket, duplicate: int) -> Ticket:
    """A duplicate was removed, or left to people with a word about it."""
    return replace(ticket, duplicates={n: own for n, own in ticket.duplicates.items() if n != duplicate})


def patching(ticket: Ticket, patch: Patch, revision: int, *, open_: bool) -> Ticket:
    """A patch of an item at a revision is about to be sent; what it says is remembered, should its answer be lost."""
    earlier = ticket.sending.sent if ticket.sending and ticket.sending.revision == revision else {}
    newest = {name: [digest(value), *earlier.get(name, [])][:_MAX_EARLIER] for name, value in patch.fields.items()}
    return replace(ticket, sending=Sending(revision, {**earlier, **newest}, patch.keeps, open_))


def patched(ticket: Ticket, item: WorkItem, category: str, patch: Patch, *, open_: bool) -> Ticket:
    """A patch of ours was taken: `item` is what it left. It concerns nobody if another item survived meanwhile."""
    if item.id != ticket.work_item.id:
        return ticket
    ours = {name: Written(digest(value), digest(item.fields.get(name))) for name, value in patch.fields.items()}
    return replace(
        _seen(ticket, item, category),
        own_revision=_own(ticket, item),
        sending=None,
        failure=None,
        written={**ticket.written, **ours, **_kept(ticket.written, patch.keeps)},
        written_open=open_,
    )


def told(ticket: Ticket, item: WorkItem, *, is_closed: bool, by_us: bool) -> Ticket:
    """The answer to a patch was lost, and the item has a newer revision: it tells what of the patch stands there.

    A patch is carried out whole or not at all, so one value of it that is there proves the others; the service may
    have made something else of a text. If nobody has written since, that is what stands there now.
    """
    sending = ticket.sending
    if sending is None or item.id != ticket.work_item.id:
        return ticket
    now = {name: digest(item.fields.get(name)) for name in sending.sent}
    there = {name for name, sent in sending.sent.items() if now[name] in sent}
    is_new = any(name not in ticket.written or ticket.written[name].stored != now[name] for name in there)
    goal_reached = sending.open not in (ticket.written_open, is_closed)
    is_next = item.revision == sending.revision + 1
    only_texts = bool(sending.sent) and sending.sent.keys() <= TEXTS
    landed = is_new or goal_reached or (is_next and by_us and only_texts)
    ours = {
        name: Written(now[name] if name in there else sent[0], now[name])
        for name, sent in sending.sent.items()
        if name in there or (landed and is_next)
    }
    kept = _kept(ticket.written, sending.keeps) if landed else {}
    open_ = sending.open if landed else ticket.written_open
    own = _own(ticket, item) if landed and is_next else ticket.own_revision
    written = {**ticket.written, **ours, **kept}
    return replace(ticket, own_revision=own, sending=None, written=written, written_open=open_)


def observed(ticket: Ticket, item: WorkItemRef) -> Ticket:
    """A person (or a rule) changed the work item; what is older than what we know changes nothing."""
    known = ticket.work_item
    if item.id != known.id:
        return ticket
    # A category could perhaps not be asked for when the revision was taken in.
    is_more = item.deleted != known.deleted or (not known.category and bool(item.category))
    is_news = item.revision > known.revision or (item.revision == known.revision and is_more)
    return replace(ticket, work_item=item) if is_news else ticket


def settled(ticket: Ticket) -> Ticket:
    """Desired and observed agree: whatever failed before does not matter any more."""
    return replace(ticket, failure=None)


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


def _own(ticket: Ticket, item: WorkItem) -> int:
    """A patch of ours left this revision: nobody else has written as long as each followed on the last of ours."""
    return item.revision if item.revision == ticket.own_revision + 1 else ticket.own_revision


def _kept(before: Mapping[str, Written], keeps: Mapping[str, str]) -> dict[str, Written]:
    """A person's value stays; ours is remembered as said, so that it is said once."""
    return {
        name: Written(sent, before[name].stored if name in before else digest(None)) for name, sent in keeps.items()
    }
