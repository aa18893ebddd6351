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
    last = value["isLastBatch"]
    if not isinstance(last, bool):
        raise TypeError("isLastBatch is neither true nor false")
    return Batch([_revision(entry) for entry in value["values"]], _token(value), last)


def _token(value: Any) -> str:
    """Return where the feed goes on; some answers say it only in the link to what follows."""
    token = value.get("continuationToken") or parse_qs(urlsplit(value["nextLink"]).query)["continuationToken"][0]
    if not isinstance(token, str):
        raise TypeError("the continuation token is no text")
    return token


def _revision(value: Any) -> Revision:
    fields = value.get("fields") or {}
    deleted = bool(value.get("isDeleted") or fields.get("System.IsDeleted"))
    return Revision(item=int(value["id"]), revision=int(value["rev"]), fields=fields, deleted=deleted)
