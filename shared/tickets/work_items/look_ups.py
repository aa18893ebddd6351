"""Finds what attempts without an answer left behind: in the project, and in its recycle bin.

Azure DevOps has no idempotency key. What makes a create recognisable is the hyperlink in the work item: it names
the ticket and the attempt.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.work_items import (
    MAX_FOUND,
    MAX_IDS,
    WorkItem,
    fields_at,
    find_created_since,
    get_deleted,
    get_many,
    recycle_bin,
)
from shared.errors import NotFoundError, TransientError
from shared.tickets.item_content.work_item_fields import parse_hyperlink, tickets_named

NOT_TOLD = ""
"""The nonce of a deleted item that came without its links."""


@dataclass(frozen=True, slots=True)
class Found:
    """A work item that carries a ticket, and the attempt that made it."""

    item: WorkItem
    ticket: str
    nonce: str
    deleted: bool


def look(
    organisation: Organisation, project: str, tag: str, since: datetime, tickets: Collection[str]
) -> Mapping[str, list[Found]]:
    """Return by ticket id what carries one of the tickets, created since a moment, lowest id first.

    Raises what Azure DevOps raises, and `TransientError` when an entry of the recycle bin cannot be told from
    ours: a look-up that failed is *unknown*, never "none".
    """
    found: dict[str, list[Found]] = {}
    for candidate in (*alive(organisation, project, tag, since), *deleted(organisation, project, since)):
        if candidate.ticket in tickets:
            found.setdefault(candidate.ticket, []).append(candidate)
    return {ticket: sorted(items, key=lambda one: one.item.id) for ticket, items in found.items()}


def alive(organisation: Organisation, project: str, tag: str, since: datetime) -> Iterator[Found]:
    """Yield the work items of a project that carry tickets of anybody, created since a moment."""
    after = 0
    while ids := organisation.do(find_created_since(project, tag, since, after=after)):
        for batch in batched(ids, MAX_IDS, strict=False):
            for item in organisation.do(get_many(batch)).values():
                yield from (Found(item, *mark, deleted=False) for mark in marks(item))
        if len(ids) < MAX_FOUND:
            return
        after = ids[-1]


def as_made(organisation: Organisation, item: WorkItem) -> Mapping[str, Any]:
    """Return what an item said when it was made, empty if nobody can tell (of a deleted one, Azure DevOps does not)."""
    if item.revision == 1:
        return item.fields
    try:
        return organisation.do(fields_at(item.project, item.id, 1))
    except NotFoundError:
        return {}


def marks(item: WorkItem) -> Iterator[tuple[str, str]]:
    """Yield the ticket ids and nonces that a work item carries."""
    return filter(None, map(parse_hyperlink, item.hyperlinks))


def deleted(organisation: Organisation, project: str, since: datetime) -> Iterator[Found]:
    """Yield those in the recycle bin, one request for each.

    Newest first; ids grow with time, so the first one created before the moment ends the search.
    """
    for number in sorted(organisation.do(recycle_bin(project)), reverse=True):
        try:
            item = organisation.do(get_deleted(project, number)).item
        except NotFoundError:  # restored or destroyed meanwhile
            continue
        if item is None:
            raise TransientError("Azure DevOps does not say what a deleted work item held.")
        if _created_at(item) < since:
            return
        yield from _carried(item)


def _carried(item: WorkItem) -> Iterator[Found]:
    """Deleted items may come without their links, but our text in them names the ticket."""
    if item.hyperlinks:
        yield from (Found(item, *mark, deleted=True) for mark in marks(item))
        return
    text = " ".join(value for value in item.fields.values() if isinstance(value, str))
    yield from (Found(item, ticket, NOT_TOLD, deleted=True) for ticket in dict.fromkeys(tickets_named(text)))


def _created_at(item: WorkItem) -> datetime:
    try:
        return datetime.fromisoformat(str(item.fields["System.CreatedDate"]))
    except (KeyError, ValueError) as error:
        raise TransientError("Azure DevOps does not say when a deleted work item was made.") from error
