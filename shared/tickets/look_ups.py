"""Finds what attempts without an answer left behind: in the project, and in its recycle bin.

Azure DevOps has no idempotency key. What makes a create recognisable is the hyperlink in the work item: it names
the ticket and the attempt.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.work_items import (
    MAX_FOUND,
    MAX_IDS,
    WorkItem,
    find_created_since,
    get_deleted,
    get_many,
    recycle_bin,
)
from shared.errors import NotFoundError, TransientError
from shared.tickets.work_item_fields import parse_hyperlink, tickets_named

type Mark = tuple[str, str]
"""A ticket id and the nonce of an attempt."""


@dataclass(frozen=True, slots=True)
class Found:
    """A work item that carries one of the marks looked for."""

    item: WorkItem
    deleted: bool


def look(
    organisation: Organisation, project: str, tag: str, since: datetime, marks: Collection[Mark]
) -> Mapping[Mark, Found]:
    """Return what carries the marks, created since a moment; of two with one mark, the one with the lowest id.

    Raises what Azure DevOps raises, and `TransientError` when an entry of the recycle bin cannot be told from
    ours: a look-up that failed is *unknown*, never "none".
    """
    found: dict[Mark, Found] = {}
    for candidate in (*_alive(organisation, project, tag, since), *_deleted(organisation, project, since)):
        for mark in _marks(candidate, marks):
            if mark not in found or candidate.item.id < found[mark].item.id:
                found[mark] = candidate
    return found


def _alive(organisation: Organisation, project: str, tag: str, since: datetime) -> Iterator[Found]:
    after = 0
    while ids := organisation.do(find_created_since(project, tag, since, after=after)):
        for batch in batched(ids, MAX_IDS, strict=False):
            for item in organisation.do(get_many(batch)).values():
                yield Found(item, deleted=False)
        if len(ids) < MAX_FOUND:
            return
        after = ids[-1]


def _deleted(organisation: Organisation, project: str, since: datetime) -> Iterator[Found]:
    """Newest first; ids grow with time, so the first one created before the moment ends the search."""
    for item in sorted(organisation.do(recycle_bin(project)), reverse=True):
        try:
            entry = organisation.do(get_deleted(project, item))
        except NotFoundError:  # restored or destroyed meanwhile
            continue
        if entry.item is None:
            raise TransientError("Azure DevOps does not say what a deleted work item held.")
        if _created_at(entry.item) < since:
            return
        yield Found(entry.item, deleted=True)


def _created_at(item: WorkItem) -> datetime:
    return datetime.fromisoformat(str(item.fields["System.CreatedDate"]))


def _marks(candidate: Found, wanted: Collection[Mark]) -> Iterator[Mark]:
    """The marks that an item carries; deleted ones may come without links, but our text in them names the ticket."""
    links = filter(None, map(parse_hyperlink, candidate.item.hyperlinks))
    yield from (mark for mark in links if mark in wanted)
    if candidate.deleted and not candidate.item.hyperlinks:
        text = " ".join(value for value in candidate.item.fields.values() if isinstance(value, str))
        named = set(tickets_named(text))
        yield from (mark for mark in wanted if mark[0] in named)
