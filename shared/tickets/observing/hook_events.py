"""What a service hook's delivery, or the feed of revisions, says, reduced to what we need of it. Pure.

Payloads differ between events, versions and years; each getter names the oddity it survives.
https://learn.microsoft.com/azure/devops/service-hooks/events
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shared.azure_devops.revisions import Revision

SCHEMA = 1
QUEUE = "service-hook-events"
EVENTS = {
    "workitem.updated": "updated",
    "workitem.commented": "updated",  # a comment makes a revision, too, and the event carries all of it
    "workitem.deleted": "deleted",
    "workitem.restored": "restored",
}
_MAX_TEXT = 400
_MAX_TAGS = 8_000  # the event still fits a queue message
_MAX_COMMENT = 3_000
_MAX_COMMENT_BYTES = 7_000
_MAX_ID = 2**31 - 1
_UNPRINTABLE = re.compile(r"[\x00-\x1f\ud800-\udfff]")
_NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class HookEvent:
    """A hint that a work item has changed. `revision` 0: not told; `state` empty: not told."""

    connection: str
    change: str
    work_item: int
    revision: int
    project: str
    by: str
    type: str
    state: str
    assigned_to: str
    tags: str
    comment: str = ""
    """What was said at that revision, HTML, as much of it as fits."""
    at: str = ""
    """When it was made, as Azure DevOps says it."""
    waits: int = 0
    """How often it was put off because its item is not known."""
    faults: int = 0
    """How often it could not be taken in."""
    told: bool = True
    """Whether a service hook told it; else it was read."""

    def message(self) -> dict[str, Any]:
        """Return the event as a queue message."""
        return {"schema": SCHEMA, **asdict(self)}


def read_event(connection: str, payload: Mapping[str, Any]) -> HookEvent | None:
    """Return the event in a payload, or None for one that concerns no work item of anybody."""
    payload = _camel(payload)
    change = EVENTS.get(_text(payload.get("eventType")))
    resource = _object(payload.get("resource"))
    work_item = _work_item(resource)
    if change is None or work_item is None:
        return None
    revision = _object(resource.get("revision"))
    fields = _fields(resource)
    return HookEvent(
        connection=connection,
        change=change,
        work_item=work_item,
        revision=_number(revision.get("rev")) or (_number(resource.get("rev")) or 0),
        project=_text(fields.get("System.TeamProject")),
        by=_person(resource, fields),
        type=_text(fields.get("System.WorkItemType")),
        state=_text(fields.get("System.State")),
        assigned_to=_name(fields.get("System.AssignedTo")),
        tags=_text(fields.get("System.Tags"), most=_MAX_TAGS),
        comment=shortened(_comment(payload, resource)),
        at=_text(fields.get("System.ChangedDate")),
    )


def read_revision(connection: str, revision: Revision, tag: str) -> HookEvent:
    """Return the event that a revision of the feed is; `tag`, the connection's, is kept however many there are."""
    fields = revision.fields
    return HookEvent(
        connection=connection,
        change="deleted" if revision.deleted else "updated",
        work_item=revision.item,
        revision=revision.revision,
        project=_text(fields.get("System.TeamProject")),
        by=_name(fields.get("System.ChangedBy")),
        type=_text(fields.get("System.WorkItemType")),
        state=_text(fields.get("System.State")),
        assigned_to=_name(fields.get("System.AssignedTo")),
        tags=_tags(fields.get("System.Tags"), tag),
        told=False,
    )


def has_tag(tags: str, tag: str) -> bool:
    """Whether a tag is among those of a work item, whatever its case."""
    return tag.casefold() in {one.strip().casefold() for one in tags.split(";")}


def read_message(message: Mapping[str, Any]) -> HookEvent:
    """Return the event in a queue message of ours; fields of a newer version are ignored."""
    names = HookEvent.__dataclass_fields__
    return HookEvent(**{name: value for name, value in message.items() if name in names})


def is_test(payload: Mapping[str, Any]) -> bool:
    """Whether a payload is a sample that somebody sent to try a subscription: it is about nobody's work item.

    Samples are of no subscription and have no tags; ours are all filtered by a tag.
    """
    payload = _camel(payload)
    is_tagged = _fields(_object(payload.get("resource"))).get("System.Tags")
    return payload.get("subscriptionId") == _NOBODY and not is_tagged


def shortened(comment: str) -> str:
    """Return as much of a comment as a message has room for, on one line; what is cut leaves an "…"."""
    line = _UNPRINTABLE.sub(" ", comment)
    fits = line[:_MAX_COMMENT].encode()[:_MAX_COMMENT_BYTES].decode(errors="ignore")
    return fits if fits == line else f"{fits}…"


def _comment(payload: Mapping[str, Any], resource: Mapping[str, Any]) -> str:
    """What was said at this very revision: an update says it among its changes, and `commented` in plain."""
    said = _object(resource.get("fields")).get("System.History")
    is_delta, is_comment = _is_delta(said), payload.get("eventType") == "workitem.commented"
    value = _object(said).get("newValue") if is_delta else said
    return value if isinstance(value, str) and (is_delta or is_comment) else ""


def _camel(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Some recorded payloads name their outermost parts in Pascal case."""
    return {name[:1].lower() + name[1:]: value for name, value in payload.items()}


def _fields(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they are now: those of the new revision, else what the changes say, else plain ones."""
    revision = _object(resource.get("revision"))
    return {**_flat(_object(resource.get("fields"))), **_object(revision.get("fields"))}


def _work_item(resource: Mapping[str, Any]) -> int | None:
    """In `updated`, `resource.id` is the number of the update; the work item is `workItemId`, 0 in test events.

    In all others, and in an update as today's documentation shows it, there is no `workItemId`, and `resource.id` is
    the work item.
    """
    if "workItemId" in resource or "revision" in resource:
        candidates = [resource.get("workItemId"), _object(resource.get("revision")).get("id")]
    else:
        candidates = [resource.get("id")]
    return next((number for number in map(_number, candidates) if number), None)


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields are plain in deleted and restored; in updated they are deltas, whose newValue is missing when cleared."""
    return {name: _object(value).get("newValue") if _is_delta(value) else value for name, value in fields.items()}


def _is_delta(value: object) -> bool:
    return isinstance(value, Mapping) and not {"oldValue", "newValue"}.isdisjoint(value)


def _person(resource: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    return _name(resource.get("revisedBy")) or _name(fields.get("System.ChangedBy"))


def _name(value: object) -> str:
    """An identity is text in version 1.0 ("Name <mail>") and an object in later ones; it may be null."""
    if isinstance(value, Mapping):
        value = value.get("displayName") or value.get("name") or value.get("uniqueName")
    return _text(value).partition(" <")[0]


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object, *, most: int = _MAX_TEXT) -> str:
    """Without what a message would need six bytes for: a queue takes no event that is too large, however often."""
    return _UNPRINTABLE.sub("", value[:most]) if isinstance(value, str) else ""


def _tags(value: object, ours: str) -> str:
    """As much as fits, and our own tag: by it an item that is not known yet is told from strangers'."""
    fits = _text(value, most=_MAX_TAGS)
    is_cut = isinstance(value, str) and has_tag(value, ours) and not has_tag(fits, ours)
    return f"{ours}; {fits}"[:_MAX_TAGS] if is_cut else fits


def _number(value: object) -> int | None:
    """Numbers are text in some test events."""
    try:
        number = int(str(value))
    except ValueError:
        return None
    return number if 0 < number <= _MAX_ID else None
