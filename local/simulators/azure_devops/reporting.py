"""The delta feed: every revision of every work item in the order in which they were made.

https://learn.microsoft.com/rest/api/azure/devops/wit/reporting-work-item-revisions
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from local.simulators.azure_devops import dates, errors, projects, rendering
from local.simulators.azure_devops import fields as catalogue
from local.simulators.azure_devops.web import Answer, Call, Route
from local.simulators.azure_devops.world import World

_LARGEST_PAGE = 1000
_DEFAULT_PAGE = 200

_SELECT = """
SELECT revisions.*, items.deleted AS deleted FROM revisions
JOIN items ON items.organization = revisions.organization AND items.id = revisions.item
JOIN projects ON projects.id = revisions.project
WHERE revisions.organization = ? AND watermark > ? AND revisions.changed >= ?
"""


def by_query(world: World, call: Call) -> Answer:
    """GET wit/reporting/workitemrevisions: filters in the query."""
    asked = {
        "fields": call.listed("fields"),
        "types": call.listed("types"),
        "includeDeleted": call.flag("includeDeleted"),
        "includeLatestOnly": call.flag("includeLatestOnly"),
        "includeIdentityRef": call.flag("includeIdentityRef"),
    }
    return _page(world, call, asked)


def by_body(world: World, call: Call) -> Answer:
    """POST wit/reporting/workitemrevisions: filters in the body, position in the query."""
    return _page(world, call, call.object())


def _page(world: World, call: Call, asked: Mapping[str, Any]) -> Answer:
    size = min(call.number("$maxPageSize", _DEFAULT_PAGE), _LARGEST_PAGE)
    statement, values = _statement(call, asked)
    with world.store.transaction() as database:
        visible = [p for p in projects.every(database, call.organization) if call.identity.may_see(p.name)]
        if name := call.names.get("project"):
            visible = [projects.find(database, call.organization, name, call.identity)]
        marks = ",".join("?" * len(visible))
        statement += f" AND revisions.project IN ({marks}) ORDER BY watermark LIMIT ?"
        rows = database.execute(statement, (*values, *(p.id for p in visible), size + 1)).fetchall()
    last = len(rows) <= size
    page = rows[:size]
    token = _token(page[-1]) if page else call.text("continuationToken") or "0;0;0"
    query = urlencode({**call.query, "continuationtoken": token})
    return Answer(
        {
            "values": [_revision(row, call, asked) for row in page],
            "nextLink": f"{call.base}{call.path}?{query}",
            "continuationToken": token,
            "isLastBatch": last,
        }
    )


def _statement(call: Call, asked: Mapping[str, Any]) -> tuple[str, list[Any]]:
    values: list[Any] = [call.organization, _position(call), _start(call)]
    statement = _SELECT
    if not asked.get("includeDeleted"):
        statement += " AND items.deleted IS NULL"
    if asked.get("includeLatestOnly"):
        statement += " AND items.rev = revisions.rev"
    if types := list(asked.get("types") or []):
        marks = ",".join("?" * len(types))
        statement += f" AND json_extract(revisions.fields, '$.\"System.WorkItemType\"') IN ({marks})"
        values += types
    return statement, values


def _position(call: Call) -> int:
    token = call.text("continuationToken") or call.text("watermark") or "0"
    number = token.partition(";")[0]
    if not number.isdigit():
        message = f"VS402333: The continuation token '{token}' is not valid."
        raise errors.bad_request(message, "InvalidContinuationTokenException")
    return int(number)


def _start(call: Call) -> str:
    text = call.text("startDateTime")
    try:
        return dates.stored(dates.parsed(text)) if text else ""
    except ValueError as error:
        raise errors.bad_request(f"The value '{text}' is not valid for startDateTime.") from error


def _token(row: Any) -> str:
    return f"{row['watermark']};{row['item']};{row['rev']}"


def _revision(row: Any, call: Call, asked: Mapping[str, Any]) -> dict[str, Any]:
    own = {"System.Id": row["item"], "System.Rev": row["rev"], "System.Watermark": row["watermark"]}
    values = own | json.loads(row["fields"])
    wanted = {str(name).lower() for name in asked.get("fields") or ()}
    long_text = call.text("$expand").lower() == "fields" or bool(wanted)
    kept = {
        name: value
        for name, value in values.items()
        if (not wanted or name.lower() in wanted) and (long_text or not _is_long_text(name))
    }
    combined = not asked.get("includeIdentityRef")
    shown = rendering.shown_fields(kept, call.home, combined=combined)
    return {"id": row["item"], "rev": row["rev"], "fields": shown} | ({"isDeleted": True} if row["deleted"] else {})


def _is_long_text(name: str) -> bool:
    known = catalogue.STANDARD.get(name.lower())
    return known is not None and known.kind in {"html", "history"}


_PATH = "/{organization}/{project?}/_apis/wit/reporting/workitemrevisions"
ROUTES = (Route("GET", _PATH, by_query), Route("POST", _PATH, by_body, reads=True))
