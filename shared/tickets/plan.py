"""What to do for a ticket: `desired × observed → create, read, one patch, or nothing`. Pure.

Creating, updating, closing, reopening, retrying and repairing are all this one function. It is three-way, field by
field: a field is written only when our value for it changed *and* the current value is the one that our last write
left there. What a person changed is theirs; a change of ours then becomes a comment.
"""

import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.azure_devops.projects import State
from shared.azure_devops.work_items import WorkItem
from shared.tickets.files import File
from shared.tickets.records import CLOSED_CATEGORIES, Ticket

_LONG = 200
LABELS = {
    "System.Title": "title",
    "System.Description": "description",
    "Microsoft.VSTS.TCM.ReproSteps": "description",
    "Microsoft.VSTS.Common.Priority": "priority",
    "Microsoft.VSTS.Common.Severity": "severity",
    "Microsoft.VSTS.Scheduling.DueDate": "due date",
}


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
class Read:
    """Something is to be changed: read the work item first, for a person may have changed it."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One change of the work item. `keeps` are digests of values of ours that yield to a person's."""

    fields: Mapping[str, Any]
    state: str | None
    comment: str
    keeps: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Nothing:
    """Desired and observed agree, or there is nothing that we may do."""


type Plan = Create | Look | Heal | Read | Patch | Nothing


def plan(desired: Desired, ticket: Ticket, item: WorkItem | None = None, states: Sequence[State] = ()) -> Plan:
    """Return what to do. `item` and `states` (of its type) are needed only to turn a `Read` into its `Patch`."""
    if ticket.detached:
        return Nothing()
    if not ticket.work_item.id:
        return _without_item(desired, ticket)
    if ticket.duplicates:
        return Heal()
    if ticket.work_item.deleted or not (ticket.sending or _differs(desired, ticket)):
        return Nothing()
    if item is None:
        return Read()
    return _patch(desired, ticket, item, states)


def digest(value: Any) -> str:
    """Return what stands for a field's value in a ticket's row; a description may be a million characters."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _without_item(desired: Desired, ticket: Ticket) -> Plan:
    if ticket.attempt:
        return Look()
    return Create() if desired.open else Nothing()


def _differs(desired: Desired, ticket: Ticket) -> bool:
    return desired.open != ticket.written_open or bool(_changed(desired, ticket))


def _changed(desired: Desired, ticket: Ticket) -> dict[str, Any]:
    """The fields whose desired value is not the one that we last sent; nothing is sent to clear what is not ours."""
    return {
        name: value
        for name, value in desired.fields.items()
        if (value != "" if name not in ticket.written else ticket.written[name].sent != digest(value))
    }


def _patch(desired: Desired, ticket: Ticket, item: WorkItem, states: Sequence[State]) -> Plan:
    changed = _changed(desired, ticket)
    theirs = {name: value for name, value in changed.items() if _is_theirs(name, value, ticket, item)}
    ours = {name: value for name, value in changed.items() if name not in theirs}
    return Patch(
        fields=ours,
        state=_goal_state(item.state, states, desired.open) if desired.open != ticket.written_open else None,
        comment=f"<p>{html.escape(desired.farewell)}</p>" if desired.farewell else _comment(theirs, item),
        keeps={name: digest(value) for name, value in theirs.items()},
    )


def _is_theirs(name: str, value: Any, ticket: Ticket, item: WorkItem) -> bool:
    """Neither what our last write left there nor what is desired (perhaps by a write whose answer was lost).

    Of a field that we never wrote, or do not know to have written, any value in an item that was touched is theirs.
    """
    known = ticket.written.get(name)
    current = item.fields.get(name)
    if known is None:
        return item.revision > 1 and current not in (None, "", value)
    return digest(current) not in (known.stored, digest(value))


def _goal_state(current: str, states: Sequence[State], open_: bool) -> str | None:
    """The state to move to, chosen by category, or None to leave it; names differ in every process."""
    category = next((state.category for state in states if state.name == current), "")
    is_closed = category in CLOSED_CATEGORIES
    if open_ != is_closed:
        return None
    wanted = ("Proposed", "InProgress") if open_ else ("Completed",)
    for goal in wanted:
        for state in states:
            if state.category == goal:
                return state.name
    return None


def _comment(theirs: Mapping[str, Any], item: WorkItem) -> str:
    """Say what we would have written where a person's value stands."""
    lines = [f"<li>{html.escape(_line(name, value, item))}</li>" for name, value in theirs.items()]
    if not lines:
        return ""
    return f"<p>The security platform changed this; what was edited here stays:</p><ul>{''.join(lines)}</ul>"


def _line(name: str, value: Any, item: WorkItem) -> str:
    label = LABELS.get(name, name)
    if len(str(value)) > _LONG:
        return f"{label}: it has a new text"
    return f"{label}: {value} (here: {item.fields.get(name)})"
