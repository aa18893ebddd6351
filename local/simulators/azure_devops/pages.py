"""The web pages: what a person sees of an organisation, a project and a work item, and the buttons to act.

Plain HTML from the server; every form posts back to its page and is answered by a redirect to it.
"""

from pathlib import Path
from typing import Any

import nh3
from jinja2 import Environment, FileSystemLoader
from markdown_it import MarkdownIt
from markupsafe import Markup

from local.simulators.azure_devops import control, dates, errors, items, projects, rendering
from local.simulators.azure_devops import fields as catalogue
from local.simulators.azure_devops.errors import ServiceError
from local.simulators.azure_devops.identity import WEB_USER
from local.simulators.azure_devops.items import Actor
from local.simulators.azure_devops.projects import Project
from local.simulators.azure_devops.rendering import Item
from local.simulators.azure_devops.store import Database
from local.simulators.azure_devops.web import Answer, Call, Handler, Route
from local.simulators.azure_devops.world import World

_HTML = "text/html; charset=utf-8"
_RECENT = 100
_NOT_FOUND = 404
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
_PROMINENT = {"System.Title", "System.State", "System.WorkItemType", "System.Tags"}
_WRITTEN = {
    "state": "System.State",
    "title": "System.Title",
    "priority": "Microsoft.VSTS.Common.Priority",
    "assignee": "System.AssignedTo",
}


def _page(template: str, status: int = 200, **values: Any) -> Answer:
    text = _TEMPLATES.get_template(template).render(values)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; form-action 'self'"
    return Answer(text, status=status, media_type=_HTML, headers={"Content-Security-Policy": policy})


def shown(world: World, call: Call, handler: Handler) -> Answer:
    """Return what the page's handler answers; a refusal as a page too, since a person reads it."""
    try:
        return handler(world, call)
    except ServiceError as error:
        return _page(
            "message.html",
            status=error.status,
            title="Not found" if error.status == _NOT_FOUND else "That did not work",
            message=error.message,
            organization=call.names.get("organization", ""),
        )


def show_organizations(world: World, _: Call) -> Answer:
    """All organisations: what the address without a path shows."""
    with world.store.transaction() as database:
        rows = database.execute("SELECT name FROM organizations ORDER BY name").fetchall()
    return _page("message.html", title="Azure DevOps, simulated", organizations=[row["name"] for row in rows])


def show_organization(world: World, call: Call) -> Answer:
    """The organisation's projects and its newest work items."""
    with world.store.transaction() as database:
        known = projects.every(database, call.organization)
        recent = _items(database, call.organization, "", deleted=False)
    names = {project.id: project.name for project in known}
    return _page(
        "list.html", organization=call.organization, project=None, projects=known, items=recent, bin=[], names=names
    )


def show_project(world: World, call: Call) -> Answer:
    """A project's newest work items and its recycle bin."""
    with world.store.transaction() as database:
        project = _project(database, call)
        recent = _items(database, call.organization, project.id, deleted=False)
        recycled = _items(database, call.organization, project.id, deleted=True)
    names = {project.id: project.name}
    return _page(
        "list.html",
        organization=call.organization,
        project=project,
        projects=[],
        items=recent,
        bin=recycled,
        names=names,
    )


def _project(database: Database, call: Call) -> Project:
    return projects.find(database, call.organization, call.names["project"], WEB_USER)


def _items(database: Database, organization: str, project: str, *, deleted: bool) -> list[Item]:
    rows = database.execute(
        "SELECT * FROM items WHERE organization = ? AND ? IN ('', project) AND (deleted IS NOT NULL) = ?"
        " ORDER BY id DESC LIMIT ?",
        (organization, project, deleted, _RECENT),
    )
    return [rendering.of_row(row) for row in rows.fetchall()]


def show_item(world: World, call: Call) -> Answer:
    """One work item."""
    return _item_page(world, call, "")


def _item_page(world: World, call: Call, problem: str) -> Answer:
    with world.store.transaction() as database:
        item = _found(database, call)
        project = projects.find(database, call.organization, item.project, WEB_USER)
        updates = items.updates_of(database, item)
    known = project.work_item_type(item.type_name)
    long_texts = {name: _read(item, name, value) for name, value in item.fields.items() if _is_long(name)}
    rest = {n: v for n, v in item.fields.items() if n not in _PROMINENT and n not in long_texts}
    return _page(
        "item.html",
        status=400 if problem else 200,
        organization=call.organization,
        project=project,
        item=item,
        problem=problem,
        states=known.states,
        category=known.category(item.fields["System.State"]),
        texts={_label(name): _safe(value) for name, value in long_texts.items()},
        fields={_label(name): value for name, value in rest.items()},
        updates=[_told(update) for update in reversed(updates)],
    )


def _found(database: Database, call: Call) -> Item:
    text = call.names["item"]
    item = items.find(database, call.organization, [int(text)], WEB_USER).get(int(text)) if text.isdigit() else None
    if item is None:
        raise errors.item_missing(text)
    return item


def _read(item: Item, name: str, value: Any) -> Any:
    """The text as HTML, from Markdown where that is its format."""
    formats = {known.lower(): kind for known, kind in item.formats.items()}
    return _MARKDOWN.render(str(value)) if formats.get(name.lower()) == "markdown" else value


def _is_long(name: str) -> bool:
    known = catalogue.STANDARD.get(name.lower())
    return known is not None and known.kind == "html"


def _label(name: str) -> str:
    known = catalogue.find(name)
    return known.name if known else name


def _safe(text: Any) -> Markup:
    # What is stored was cleaned when it was written, unless it is Markdown: clean what is shown, always.
    return Markup(nh3.clean(str(text)))  # noqa: S704


def _told(update: dict[str, Any]) -> dict[str, Any]:
    quiet = ("System.Rev", "System.AuthorizedDate", "System.ChangedDate", "System.ChangedBy", "System.CommentCount")
    deltas = dict(update["fields"])
    moment = deltas.get("System.ChangedDate", {}).get("newValue", "")
    comment = deltas.pop("System.History", {}).get("newValue", "")
    changed = [] if update["rev"] == 1 else [_label(name) for name in deltas if name not in quiet]
    return {
        "number": update["id"],
        "by": update["revisedBy"],
        "at": dates.shown(moment),
        "comment": _safe(comment),
        "changed": changed,
        "links": update.get("relations", {}),
    }


def act(world: World, call: Call) -> Answer:
    """A button was pressed: do it, then show the page again."""
    form = call.form()
    asked: dict[str, Any] = {}
    action = form.get("action", "")
    if action in {"delete", "restore"}:
        asked["deleted"] = action == "delete"
    elif action == "comment":
        asked["comment"] = form.get("comment", "")
    else:
        asked["fields"] = {reference: form[name] for name, reference in _WRITTEN.items() if name in form}
    try:
        with world.store.transaction() as database:
            item = _found(database, call)
            control.acted(database, call.organization, item.id, asked, Actor(WEB_USER, call.home))
    except ServiceError as error:
        return _item_page(world, call, error.message)
    return Answer(status=303, headers={"Location": call.path.replace(" ", "%20")})


_ITEM = "/{organization}/{project}/_workitems/edit/{item}"
ROUTES = (
    Route("GET", _ITEM, show_item),
    Route("POST", _ITEM, act),
    Route("GET", "/", show_organizations),
    Route("GET", "/{organization}", show_organization),
    Route("GET", "/{organization}/{project}", show_project),
)
