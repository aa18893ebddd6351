"""What happened to a work item: its updates, revisions and comments."""

import json
from typing import Any

from local.simulators.azure_devops import dates, errors, items, patch, rendering
from local.simulators.azure_devops.identity import reference
from local.simulators.azure_devops.rendering import Item
from local.simulators.azure_devops.web import Answer, Call, Route
from local.simulators.azure_devops.work_items import actor_of
from local.simulators.azure_devops.world import World

_PAGE = 200
_COMMENTS = 200

type Json = dict[str, Any]


def _number(call: Call) -> int:
    if not call.names["item"].isdigit():
        raise errors.no_such_resource(call.path)
    return int(call.names["item"])


def _paged(call: Call, values: list[Json]) -> Answer:
    start = call.number("$skip", 0)
    page = values[start : start + call.number("$top", _PAGE)]
    return Answer({"count": len(page), "value": page})


def list_updates(world: World, call: Call) -> Answer:
    """GET wit/workitems/{id}/updates: oldest first, with old and new values."""
    with world.store.transaction() as database:
        item = items.load(database, call.organization, _number(call), call.identity)
        recorded = items.updates_of(database, item)
    return _paged(call, [_update(body, item, call.home) for body in recorded])


def _update(body: Json, item: Item, home: str) -> Json:
    deltas = {
        name: {key: rendering.shown_fields({name: value}, home)[name] for key, value in delta.items()}
        for name, delta in body["fields"].items()
    }
    url = f"{rendering.address(item, home)}/updates/{body['id']}"
    return body | {"revisedBy": reference(body["revisedBy"], home), "fields": deltas, "url": url}


def list_revisions(world: World, call: Call) -> Answer:
    """GET wit/workitems/{id}/revisions: oldest first, with all fields."""
    with world.store.transaction() as database:
        item = items.load(database, call.organization, _number(call), call.identity)
        rows = database.execute(
            "SELECT rev, fields FROM revisions WHERE organization = ? AND item = ? ORDER BY rev",
            (item.organization, item.id),
        ).fetchall()
    own = rendering.address(item, call.home)
    return _paged(
        call,
        [
            {
                "id": item.id,
                "rev": row["rev"],
                "fields": rendering.shown_fields(json.loads(row["fields"]), call.home),
                "url": f"{own}/revisions/{row['rev']}",
            }
            for row in rows
        ],
    )


def list_comments(world: World, call: Call) -> Answer:
    """GET wit/workItems/{id}/comments: newest first unless `order=asc`."""
    with world.store.transaction() as database:
        item = items.load(database, call.organization, _number(call), call.identity)
        rows = database.execute(
            "SELECT * FROM comments WHERE organization = ? AND item = ? ORDER BY id DESC",
            (item.organization, item.id),
        ).fetchall()
    if call.text("order").lower() == "asc":
        rows.reverse()
    start = call.number("continuationToken", 0)
    end = start + call.number("$top", _COMMENTS)
    page = [_comment(row, item, call.home) for row in rows[start:end]]
    answer = {"totalCount": len(rows), "count": len(page), "comments": page}
    return Answer(answer | ({"continuationToken": str(end)} if end < len(rows) else {}))


def add_comment(world: World, call: Call) -> Answer:
    """POST wit/workItems/{id}/comments {"text"}: a revision of the work item."""
    text = str(call.object().get("text") or "")
    if not text:
        raise errors.bad_request("Value cannot be null. Parameter name: text")
    document = [{"op": "add", "path": "/fields/System.History", "value": text}]
    with world.store.transaction() as database:
        before = items.load(database, call.organization, _number(call), call.identity)
        item = items.change(database, before, patch.read(document), actor_of(call))
        row = database.execute(
            "SELECT * FROM comments WHERE organization = ? AND item = ? ORDER BY id DESC LIMIT 1",
            (item.organization, item.id),
        ).fetchone()
    return Answer(_comment(row, item, call.home))


def _comment(row: Any, item: Item, home: str) -> Json:
    by, moment = reference(row["author"], home), dates.shown(row["created"])
    return {
        "workItemId": item.id,
        "id": row["id"],
        "version": 1,
        "text": row["text"],
        "format": "html",
        "createdBy": by,
        "createdDate": moment,
        "modifiedBy": by,
        "modifiedDate": moment,
        "isDeleted": False,
        "url": f"{rendering.address(item, home)}/comments/{row['id']}",
    }


_ITEM = "/{organization}/{project?}/_apis/wit/workitems/{item}"
ROUTES = (
    Route("GET", _ITEM + "/updates", list_updates),
    Route("GET", _ITEM + "/revisions", list_revisions),
    Route("GET", _ITEM + "/comments", list_comments, preview=True),
    Route("POST", _ITEM + "/comments", add_comment, preview=True),
)
