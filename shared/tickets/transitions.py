"""How a ticket changes when something happened to it. Pure: each returns the ticket as it is afterwards."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from shared.azure_devops.work_items import WorkItem
from shared.errors import BridgeError
from shared.tickets.plan import Desired, Patch, digest
from shared.tickets.records import Attempt, Failure, Sending, Ticket, WorkItemRef, Written
from shared.tickets.snapshots import Status, Vulnerability

_MAX_TITLE = 1000
_MAX_EARLIER = 8
TEXTS = frozenset({"System.Description", "Microsoft.VSTS.TCM.ReproSteps"})
"""Fields of HTML, of which the service stores its own version."""
_NOT_SEEN = ""  # no field's digest: whatever stands there now is taken as a person's


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
    sent = {name: Written(digest(value), _NOT_SEEN) for name, value in desired.fields.items()}
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


def created(ticket: Ticket, item: WorkItem, category: str, nonce: str) -> Ticket:
    """Azure DevOps made the work item, or a look-up found that it had; `nonce` is its attempt's.

    Of the values that the attempt sent it is known that we wrote them; an item of an earlier attempt has other ones.
    """
    if ticket.work_item.id not in (0, item.id):
        return _doubled(ticket, item, category, nonce)
    if ticket.work_item.id and ticket.attempt is None:
        return ticket
    ours = ticket.attempt is not None and ticket.attempt.nonce == nonce
    sent = ticket.written if ours else {}
    values = {name: Written(known.sent, _stored(known, item, name)) for name, known in sent.items()}
    return replace(
        _seen(ticket, item, category), nonce=nonce, attempt=None, failure=None, written=values, written_open=True
    )


def _doubled(ticket: Ticket, item: WorkItem, category: str, nonce: str) -> Ticket:
    """Two work items carry the ticket: the one with the lowest id survives, whoever finds which one first.

    One with the nonce of ours is not a second one: a person copied the card, or our link into another one.
    """
    if nonce == ticket.nonce or item.id in ticket.duplicates:
        return ticket
    other = max(item.id, ticket.work_item.id)
    doubled = replace(ticket, attempt=None, duplicates=tuple(sorted({*ticket.duplicates, other})))
    if item.id > ticket.work_item.id:
        return doubled
    nothing = WorkItemRef(project=ticket.work_item.project)
    return created(replace(doubled, work_item=nothing, sending=None), item, category, nonce)


def healed(ticket: Ticket, duplicate: int) -> Ticket:
    """A duplicate was removed, or left to people with a word about it."""
    return replace(ticket, duplicates=tuple(number for number in ticket.duplicates if number != duplicate))


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
    return replace(ticket, sending=None, written={**ticket.written, **ours, **kept}, written_open=open_)


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


def _stored(known: Written, item: WorkItem, name: str) -> str:
    """What our create left in a field: known only as long as nobody else has written the item since."""
    value = digest(item.fields.get(name))
    return value if item.revision == 1 or value == known.sent else _NOT_SEEN


def _seen(ticket: Ticket, item: WorkItem, category: str) -> Ticket:
    """Take in an item's revision, unless an event already told of a later one."""
    if item.id == ticket.work_item.id and item.revision < ticket.work_item.revision:
        return ticket
    return replace(ticket, work_item=refer(item, category, project=ticket.work_item.project))


def _kept(before: Mapping[str, Written], keeps: Mapping[str, str]) -> dict[str, Written]:
    """A person's value stays; ours is remembered as said, so that it is said once."""
    return {
        name: Written(sent, before[name].stored if name in before else digest(None)) for name, sent in keeps.items()
    }
