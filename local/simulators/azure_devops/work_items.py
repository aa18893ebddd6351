"""The work item endpoints: create, read one or many, update, delete; and what became of the deleted ones."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from local.simulators.azure_devops import errors, items, patch, projects, rendering
from local.simulators.azure_devops.items import Actor
from local.simulators.azure_devops.rendering import Item
from local.simulators.azure_devops.store import Database
from local.simulators.azure_devops.web import Answer, Call, Route
from local.simulators.azure_devops.world import World

MOST_IDS = 200
_PATCH_TYPE = "application/json-patch+json"

type _Write = Callable[[Database, Call, Any], dict[str, Any]]


def actor_of(call: Call) -> Actor:
    """Return who acts in a call, and how."""
    return Actor(
        call.identity, call.home, bypass_rules=call.flag("bypassRules"), silent=call.flag("suppressNotifications")
    )


class _OnlyValidatedError(Exception):
    """Undoes the work of a request that was to be validated only."""


def create(world: World, call: Call) -> Answer:
    """POST wit/workitems/${type}: answers 200 with the new work item."""
    _check_media_type(call)
    return _written(world, call, created)


def update(world: World, call: Call) -> Answer:
    """PATCH wit/workitems/{id}."""
    _check_media_type(call)
    return _written(world, call, updated)


def created(database: Database, call: Call, document: Any) -> dict[str, Any]:
    """Make the work item that `document` describes and return it as answers have it."""
    project = projects.find(database, call.organization, call.names["project"], call.identity)
    item = items.create(database, project, call.names["type"], patch.read(document), actor_of(call))
    return rendering.full(item, call.home)


def updated(database: Database, call: Call, document: Any) -> dict[str, Any]:
    """Change a work item as `document` says and return it as answers have it."""
    before = items.load(database, call.organization, _number(call), call.identity)
    item = items.change(database, before, patch.read(document), actor_of(call))
    return rendering.full(item, call.home)


def _written(world: World, call: Call, write: _Write) -> Answer:
    document, answer = call.json(), {}
    with suppress(_OnlyValidatedError), world.store.transaction() as database:
        answer = write(database, call, document)
        _undo_if_only_validated(call)
    return Answer(answer)


def _undo_if_only_validated(call: Call) -> None:
    if call.flag("validateOnly"):
        raise _OnlyValidatedError


def _check_media_type(call: Call) -> None:
    given = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != _PATCH_TYPE:
        message = (
            f'The request indicated a Content-Type of "{given}" for method type "{call.method}" which is not '
            f"supported. Valid content types for this method are: {_PATCH_TYPE}."
        )
        kind = "VssRequestContentTypeNotSupportedException"
        raise errors.ServiceError(415, message, kind, "Microsoft.VisualStudio.Services.WebApi", 0, 0)


def _number(call: Call) -> int:
    text = call.names["item"]
    if not text.isdigit() or int(text) == 0:
        raise errors.no_such_resource(call.path)
    return int(text)


def show(world: World, call: Call) -> Answer:
    """GET wit/workitems/{id}."""
    with world.store.transaction() as database:
        item = items.load(database, call.organization, _number(call), call.identity)
        if call.names.get("project"):
            project = projects.find(database, call.organization, call.names["project"], call.identity)
            if project.id != item.project:
                raise errors.item_missing(item.id)
    return Answer(_selected(item, call.home, call.text("$expand"), call.listed("fields"), alone=True))


def _selected(item: Item, home: str, expand: str, names: list[str], *, alone: bool = False) -> dict[str, Any]:
    expand = expand.lower()
    if names:
        if expand in {"relations", "fields", "all"}:
            message = "The expand parameter can not be used with the fields parameter."
            raise errors.bad_request(message, "ConflictingParametersException")
        return rendering.chosen(item, home, names)
    everything = expand == "all"
    return rendering.full(
        item,
        home,
        relations=everything or expand == "relations",
        links=everything or alone or expand == "links",
    )


def list_some(world: World, call: Call) -> Answer:
    """GET wit/workitems?ids=."""
    asked = {
        "ids": call.listed("ids"),
        "fields": call.listed("fields"),
        "$expand": call.text("$expand"),
        "errorPolicy": call.text("errorPolicy"),
    }
    return _many(world, call, asked)


def batch_read(world: World, call: Call) -> Answer:
    """POST wit/workitemsbatch."""
    return _many(world, call, call.object())


def _many(world: World, call: Call, asked: Mapping[str, Any]) -> Answer:
    numbers = _numbers(asked.get("ids"))
    with world.store.transaction() as database:
        found = items.find(database, call.organization, numbers, call.identity)
    present = {number: item for number, item in found.items() if not item.deleted}
    missing = [number for number in numbers if number not in present]
    if missing and str(asked.get("errorPolicy") or "fail").lower() != "omit":
        raise errors.item_missing(missing[0])
    expand, names = str(asked.get("$expand") or ""), list(asked.get("fields") or [])
    values = [_selected(present[number], call.home, expand, names) if number in present else None for number in numbers]
    return Answer({"count": len(values), "value": values})


def _numbers(ids: Any) -> list[int]:
    if not isinstance(ids, list) or not ids or not all(str(number).isdigit() for number in ids):
        raise errors.bad_request("The ids parameter must be a list of work item ids.")
    if len(ids) > MOST_IDS:
        message = f"VS403474: You requested {len(ids)} work items, more than the limit of {MOST_IDS}."
        raise errors.bad_request(message)
    return list(dict.fromkeys(int(number) for number in ids))


def delete(world: World, call: Call) -> Answer:
    """DELETE wit/workitems/{id}: to the recycle bin, or for good with `destroy=true`."""
    with world.store.transaction() as database:
        item = items.load(database, call.organization, _number(call), call.identity)
        return _deleted(database, call, item, destroy=call.flag("destroy"))


def _deleted(database: Database, call: Call, item: Item, *, destroy: bool) -> Answer:
    project = str(item.fields["System.TeamProject"])
    gone = items.delete(database, item, actor_of(call))
    if destroy:
        items.destroy(database, gone)
        return Answer(status=204)
    shown = rendering.recycled(gone, call.home, project)
    return Answer(shown | {"resource": rendering.full(gone, call.home)})


def _recycled(database: Database, call: Call, number: int) -> Item:
    item = items.find(database, call.organization, [number], call.identity).get(number)
    if item is None or not item.deleted:
        raise errors.item_missing(number)
    return item


def list_bin(world: World, call: Call) -> Answer:
    """GET wit/recyclebin: references, or with `ids` what is known of these."""
    with world.store.transaction() as database:
        project = projects.find(database, call.organization, call.names["project"], call.identity)
        if call.listed("ids"):
            found = items.find(database, call.organization, _numbers(call.listed("ids")), call.identity)
            deleted = [item for item in found.values() if item.deleted]
            shown = [rendering.recycled(item, call.home, item.fields["System.TeamProject"]) for item in deleted]
            return Answer({"count": len(shown), "value": shown})
        rows = database.execute(
            "SELECT id FROM items WHERE organization = ? AND project = ? AND deleted IS NOT NULL ORDER BY id",
            (call.organization, project.id),
        ).fetchall()
    base = f"{call.home}/{project.id}/_apis/wit/recyclebin"
    references = [{"id": row["id"], "url": f"{base}/{row['id']}"} for row in rows]
    return Answer({"count": len(references), "value": references})


def show_recycled(world: World, call: Call) -> Answer:
    """GET wit/recyclebin/{id}."""
    with world.store.transaction() as database:
        item = _recycled(database, call, _number(call))
    shown = rendering.recycled(item, call.home, item.fields["System.TeamProject"])
    return Answer(shown | {"resource": rendering.full(item, call.home)})


def restore(world: World, call: Call) -> Answer:
    """PATCH wit/recyclebin/{id} with `{"isDeleted": false}`."""
    if call.object().get("isDeleted") is not False:
        raise errors.bad_request("The isDeleted flag must be false to restore a work item.")
    with world.store.transaction() as database:
        item = items.restore(database, _recycled(database, call, _number(call)), actor_of(call))
    shown = rendering.recycled(item, call.home, item.fields["System.TeamProject"])
    kept = {name: value for name, value in shown.items() if not name.startswith("deleted")}
    return Answer(kept | {"url": rendering.address(item, call.home), "resource": rendering.full(item, call.home)})


def destroy(world: World, call: Call) -> Answer:
    """DELETE wit/recyclebin/{id}: for good."""
    with world.store.transaction() as database:
        items.destroy(database, _recycled(database, call, _number(call)))
    return Answer(status=204)


def delete_many(world: World, call: Call) -> Answer:
    """POST wit/workitemsdelete {ids, destroy, skipNotifications}."""
    asked = call.object()
    numbers = _numbers(asked.get("ids"))
    results = []
    with world.store.transaction() as database:
        for number in numbers:
            item = items.load(database, call.organization, number, call.identity)
            results.append(_deleted(database, call, item, destroy=bool(asked.get("destroy"))).body)
    return Answer(status=204) if asked.get("destroy") else Answer({"results": results})


_WIT = "/{organization}/{project?}/_apis/wit"
_BIN = _WIT + "/recyclebin"
ROUTES = (
    Route("POST", "/{organization}/{project}/_apis/wit/workitems/${type}", create),
    Route("PATCH", "/{organization}/{project}/_apis/wit/workitems/${type}", create),
    Route("GET", _WIT + "/workitems", list_some),
    Route("POST", _WIT + "/workitemsbatch", batch_read, reads=True),
    Route("POST", _WIT + "/workitemsdelete", delete_many),
    Route("GET", _WIT + "/workitems/{item}", show),
    Route("PATCH", _WIT + "/workitems/{item}", update),
    Route("DELETE", _WIT + "/workitems/{item}", delete),
    Route("GET", "/{organization}/{project}/_apis/wit/recyclebin", list_bin),
    Route("GET", _BIN + "/{item}", show_recycled),
    Route("PATCH", _BIN + "/{item}", restore),
    Route("DELETE", _BIN + "/{item}", destroy),
)
