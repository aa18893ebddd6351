"""The delta feed: what happened to the work items since the last time, revision by revision.

https://learn.microsoft.com/rest/api/azure/devops/wit/reporting-work-item-revisions/read-reporting-revisions-get
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared.azure_devops.organisation import Call
from shared.azure_devops.paging import token_query
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, flag, name, number, record


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a work item; long texts are not among its fields."""

    item: int
    revision: int
    fields: Mapping[str, Any]
    deleted: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """Some revisions; `continuation` is where to go on, now or next time, and `last` says that no more wait."""

    revisions: list[Revision]
    continuation: str
    last: bool


def read_revisions(project: str, continuation: str = "", *, since: datetime | None = None) -> Call[Batch]:
    """Read a project's revisions after a token, those of deleted work items too.

    Without a token the feed starts at the moment `since`, or with the project's first revision.
    """
    query = {"api-version": "7.1", "includeDeleted": "true", **token_query(continuation)}
    if since and not continuation:
        query["startDateTime"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Call("GET", f"{segment(project)}/_apis/wit/reporting/workitemrevisions", _batch, query)


def _batch(value: Any) -> Batch:
    return Batch([_revision(entry) for entry in entries(value["values"])], _token(value), _last(value["isLastBatch"]))


def _last(value: Any) -> bool:
    if value is None:
        raise TypeError("isLastBatch is neither true nor false")
    return flag(value)


def _token(value: Any) -> str:
    """Return where the feed goes on; some answers say it only in the link to what follows."""
    token = value.get("continuationToken") or parse_qs(urlsplit(value["nextLink"]).query)["continuationToken"][0]
    return name(token)


def _revision(value: Any) -> Revision:
    fields = record(value.get("fields"))
    deleted = flag(value.get("isDeleted")) or flag(fields.get("System.IsDeleted"))
    return Revision(item=number(value["id"]), revision=number(value["rev"]), fields=fields, deleted=deleted)
