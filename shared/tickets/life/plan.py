"""What to do for a ticket: `desired × observed → create, read, one patch, or nothing`. Pure.

Creating, updating, closing, reopening, retrying and repairing are all this one function. It is three-way, field by
field: a field is written only when our value for it changed *and* the current value is the one that our last write
left there. What a person changed is theirs; a change of ours then becomes a comment.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.azure_devops.work_item_types import Workflow
from shared.azure_devops.work_items import WorkItem
from shared.connections.defaults import ClosedByPeople, Goal, Returned
from shared.tickets.life import remarks
from shared.tickets.life.moves import STAY, Move, closing, reopening
from shared.tickets.life.names import named
from shared.tickets.rows.records import CLOSED_CATEGORIES, Ticket
from shared.tickets.vulnerabilities.files import File
from shared.tickets.vulnerabilities.snapshots import Status

MOST_OBJECTIONS = 3
"""So often a card is reopened that people, or a rule of theirs, close again and again; then it is left to them."""


@dataclass(frozen=True, slots=True)
class Policies:
    """What a link says about the life of its work items. `goal`: how one is closed for the status that it has now."""

    goal: Goal = "completed"
    closed_by_people: ClosedByPeople = "leave"
    returned: Returned = "reopen"


@dataclass(frozen=True, slots=True)
class Desired:
    """What the newest snapshots of a ticket ask for. `fields` by reference name, without those set only once."""

    fields: Mapping[str, Any]
    open: bool
    farewell: str = ""
    """What the item is told with the change of its state, if we leave it then."""
    once: Mapping[str, Any] = field(default_factory=dict)
    """Fields that are set when the item is made, and are the team's from then on."""
    files: tuple[File, ...] = ()
    """What belongs to the item and does not fit into its fields."""
    problems: tuple[str, ...] = ()
    """Why a text is not what the link's template makes."""
    status: Status = Status.FIXED
    """Why it is not open, if it is not."""
    severity: str = ""
    policies: Policies = Policies()


@dataclass(frozen=True, slots=True)
class Create:
    """Make a work item; no state is sent, for the process has its own first one."""


@dataclass(frozen=True, slots=True)
class Look:
    """An attempt has no result: look whether it left a work item, before anything else."""


@dataclass(frozen=True, slots=True)
class Heal:
    """More than one work item carries the ticket: one survives."""


@dataclass(frozen=True, slots=True)
class LinkItem:
    """A person chose a work item that is there already: let it carry the ticket."""


@dataclass(frozen=True, slots=True)
class UnlinkItem:
    """A person wants the work item to carry the ticket no more."""


@dataclass(frozen=True, slots=True)
class Read:
    """Something is to be changed: read the work item first, for a person may have changed it."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One change of the work item. `keeps` are digests of values of ours that yield to a person's.

    `is_last`: whether the state that is desired is reached by it; `objects`: whether it answers to a card that people
    closed.
    """

    fields: Mapping[str, Any]
    state: str | None
    comment: str
    keeps: Mapping[str, str]
    is_last: bool = True
    objects: bool = False


@dataclass(frozen=True, slots=True)
class Renew:
    """The vulnerability is there again, and is to have a work item of its own, not the closed one."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Desired and observed agree, or there is nothing that we may do."""


NO_WORKFLOW = Workflow(())

type Plan = Create | Look | Heal | LinkItem | UnlinkItem | Read | Patch | Renew | Nothing


def plan(desired: Desired, ticket: Ticket, item: WorkItem | None = None, workflow: Workflow = NO_WORKFLOW) -> Plan:
    """Return what to do. `item` and `workflow` (of its type) are needed only to turn a `Read` into what comes of it."""
    if ticket.detached:
        return Nothing()
    if ticket.linking:
        return Look() if ticket.attempt else LinkItem()
    if not ticket.work_item.id:
        return _without_item(desired, ticket)
    if ticket.duplicates or ticket.unlinking:
        return Heal() if ticket.duplicates else UnlinkItem()
    if ticket.work_item.deleted or not (ticket.sending or _differs(desired, ticket)):
        return Nothing()
    return _with_item(desired, ticket, item, workflow) if item else Read()


def as_it_is(ticket: Ticket) -> Desired:
    """Return what is desired of a ticket of whose vulnerabilities nothing is known: that its work item stays as it is.

    What a person asked for, and what an attempt left behind, is seen to all the same.
    """
    open_ = ticket.written_open if ticket.work_item.id else ticket.open
    return Desired({}, open=open_, severity=ticket.told_severity, policies=Policies(goal="leave"))


def digest(value: Any) -> str:
    """Return what stands for a field's value in a ticket's row; a description may be a million characters."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _without_item(desired: Desired, ticket: Ticket) -> Plan:
    if ticket.attempt:
        return Look()
    return Create() if desired.open else Nothing()


def _with_item(desired: Desired, ticket: Ticket, item: WorkItem, workflow: Workflow) -> Plan:
    renews = _renews(desired, ticket, workflow.category(item.state))
    return Renew() if renews else _patch(desired, ticket, item, workflow)


def _differs(desired: Desired, ticket: Ticket) -> bool:
    return (
        _is_to_move(desired, ticket)
        or bool(_changed(desired, ticket))
        or (desired.open and bool(remarks.worsened(ticket.told_severity, desired.severity)))
        or _objects(desired, ticket, ticket.work_item.category)
    )


def _is_to_move(desired: Desired, ticket: Ticket) -> bool:
    """Whether the platform's news are not yet to be seen in the state, which people may have been left before."""
    is_left_no_more = ticket.left and not desired.open and desired.policies.goal != "leave"
    return desired.open != ticket.written_open or is_left_no_more


def _objects(desired: Desired, ticket: Ticket, category: str) -> bool:
    """Whether people closed what the platform still finds, and the link asks for an answer that was not given yet."""
    is_closed_by_people = desired.open and ticket.written_open and category in CLOSED_CATEGORIES
    is_to_be_told = desired.policies.closed_by_people != "leave" and not ticket.objected
    return is_closed_by_people and is_to_be_told and ticket.objections < MOST_OBJECTIONS


def _renews(desired: Desired, ticket: Ticket, category: str) -> bool:
    returns = desired.open and not ticket.written_open and category in CLOSED_CATEGORIES
    return returns and desired.policies.returned == "new"


def _changed(desired: Desired, ticket: Ticket) -> dict[str, Any]:
    """The fields whose desired value is not the one that we last sent; nothing is sent to clear what is not ours."""
    return {
        name: value
        for name, value in desired.fields.items()
        if (known.sent != digest(value) if (known := named(ticket.written, name)) else value != "")
    }


def _patch(desired: Desired, ticket: Ticket, item: WorkItem, workflow: Workflow) -> Patch:
    changed = _changed(desired, ticket)
    theirs = {name: value for name, value in changed.items() if _is_theirs(name, value, ticket, item)}
    ours = {name: value for name, value in changed.items() if name not in theirs}
    objects = _objects(desired, ticket, workflow.category(item.state))
    move = _move(desired, ticket, item, workflow, objects=objects)
    return Patch(
        fields=ours,
        state=move.state,
        comment=_comment(desired, ticket, move, objects=objects) + remarks.kept(theirs, item.fields),
        keeps={name: digest(value) for name, value in theirs.items()},
        is_last=move.is_last,
        objects=objects,
    )


def _move(desired: Desired, ticket: Ticket, item: WorkItem, workflow: Workflow, *, objects: bool) -> Move:
    if _is_to_move(desired, ticket):
        to_close = not desired.open
        return closing(item.state, workflow, desired.policies.goal) if to_close else reopening(item.state, workflow)
    reopens = objects and desired.policies.closed_by_people == "reopen"
    return reopening(item.state, workflow) if reopens else STAY


def _comment(desired: Desired, ticket: Ticket, move: Move, *, objects: bool) -> str:
    """What people should know of it; a step on the way says nothing yet."""
    if not move.is_last:
        return ""
    if desired.farewell:
        return remarks.said(desired.farewell)
    if objects:
        return remarks.said(remarks.STILL_THERE)
    if not _is_to_move(desired, ticket):
        return remarks.worsened(ticket.told_severity, desired.severity) if desired.open else ""
    if desired.open:
        return remarks.said(remarks.RETURNED) if move.state else ""
    left = desired.policies.goal == "leave"
    return remarks.closed(desired.status, left=left) if move.state or left else ""


def _is_theirs(name: str, value: Any, ticket: Ticket, item: WorkItem) -> bool:
    """Neither what our last write left there nor what is desired (perhaps by a write whose answer was lost).

    Of a field that we never wrote, or do not know to have written, any value in an item that was touched is theirs.
    """
    known = named(ticket.written, name)
    current = named(item.fields, name)
    if known is None:
        return item.revision > 1 and current not in (None, "", value)
    return digest(current) not in (known.stored, digest(value))
