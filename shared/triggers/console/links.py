"""Pages of links: which application or environment has its work items where, and setting one up step by step."""

import json
from collections.abc import Mapping
from typing import Any

import azure.functions as func

from shared.console.addresses import next_page, segment
from shared.console.words import Said
from shared.errors import BridgeError
from shared.links.models import KINDS
from shared.triggers.console.api import (
    CHANGED_MEANWHILE,
    THERE_ALREADY,
    Choices,
    Json,
    ask,
    choices,
    settings_in,
)
from shared.triggers.console.visits import Page, Redirect, Visit, action, page

blueprint = func.Blueprint()
_ON_ONE_PAGE = "50"
_PATH = "links/{kind}/{asset}"
_ASKED_FOR = ("connection", "project", "work_item_type", "area_path", "assignee")
"""What the form has fields for; all else stands in its `more`, as JSON."""
_SHOWN_APART = frozenset(
    {*_ASKED_FOR, "kind", "asset", "enabled", "state", "effective", "regrouping", "earlier", "fields"}
)


@page(blueprint, "links")
def console_links(visit: Visit) -> Page:
    """List links."""
    kind = visit.query("kind").get("kind", KINDS[0])
    found = ask("list_links", query={"kind": kind, **visit.query("continuation"), "limit": _ON_ONE_PAGE}).body
    more = next_page("/links", found["continuation"], {"kind": kind})
    return Page("links.html", {"kind": kind, "kinds": KINDS, "links": found["links"], "more": more})


@page(blueprint, "new-link")
def console_new_link(visit: Visit) -> Page:
    """Ask for a link step by step: each step's choices come from Azure DevOps."""
    given = visit.query("kind", "asset", *_ASKED_FOR)
    return _form(given, is_new=True)


@page(blueprint, _PATH)
def console_link(visit: Visit) -> Page:
    """Show a link, to be changed."""
    return _form(_given(ask("read_link", _route(visit)).body), is_new=False)


@action(blueprint, "links")
def console_save_link(visit: Visit) -> Page | Redirect:
    """Save a link; all that is wrong with it is said at once."""
    form = visit.form
    route = {"kind": form.get("kind", ""), "asset": form.get("asset", "").replace("/", "%2F")}
    query = {"existing": form["existing"]} if form.get("existing") else {}
    is_new = bool(form.get("is_new"))
    headers = {"If-None-Match": "*"} if is_new else {"If-Match": form.get("etag") or "*"}
    hint = THERE_ALREADY if is_new else CHANGED_MEANWHILE
    try:
        ask("save_link", route, query=query, headers=headers, body=_body(form), where_unexpected=hint)
    except BridgeError as error:
        return _form(form, is_new=is_new, problem=error)
    return Redirect(f"/links/{route['kind']}/{segment(form['asset'])}", Said.SAVED)


@action(blueprint, f"{_PATH}/delete")
def console_delete_link(visit: Visit) -> Redirect:
    """Begin to delete a link."""
    ask("delete_link", _route(visit))
    return Redirect("/links", Said.DELETING)


@action(blueprint, f"{_PATH}/preview")
def console_preview(visit: Visit) -> Page:
    """Show the work item that a vulnerability would make; nothing is written."""
    route = _route(visit)
    vulnerability = {
        "id": "PREVIEW-1",
        "asset": {"kind": route["kind"], "id": route["asset"].replace("%2F", "/")},
        "status": "open",
        **{name: visit.form[name] for name in ("title", "severity", "description") if visit.form.get(name)},
    }
    given = _given(ask("read_link", route).body)
    try:
        found = ask("preview_work_item", route, body={"schema": 1, "vulnerability": vulnerability}).body
    except BridgeError as error:
        return _form(given, is_new=False, problem=error)
    return _form(given, is_new=False, preview=found, sample=visit.form)


def _route(visit: Visit) -> dict[str, str]:
    return visit.route("kind", "asset")


def _given(link: Json) -> dict[str, str]:
    """Return a stored link as its form has it."""
    more = {name: value for name, value in link.items() if name not in _SHOWN_APART and value is not None}
    fields = {f"field:{name}": value for name, value in (link["fields"] or {}).items() if isinstance(value, str)}
    mapped = {name: value for name, value in (link["fields"] or {}).items() if not isinstance(value, str)}
    return {
        **{name: link[name] or "" for name in ("kind", "asset", *_ASKED_FOR)},
        **fields,
        "enabled": "true" if link["enabled"] else "",
        "more": json.dumps(more | ({"fields": mapped} if mapped else {}), indent=1) if more or mapped else "",
    }


def _body(form: Mapping[str, str]) -> Json:
    """Return what a form says, as the API takes it. Raises `RejectedRequestError` where its JSON is none."""
    more = settings_in(form.get("more", ""), "/more")
    fields = {name.removeprefix("field:"): text for name, text in form.items() if name.startswith("field:") and text}
    fields = {**more.pop("fields", {}), **fields}
    chosen = {name: form[name] for name in _ASKED_FOR if form.get(name)}
    return {**more, **chosen, **({"fields": fields} if fields else {}), "enabled": bool(form.get("enabled"))}


def _form(
    given: Mapping[str, str],
    *,
    is_new: bool,
    problem: BridgeError | None = None,
    preview: Json | None = None,
    sample: Mapping[str, str] | None = None,
) -> Page:
    """Show the form with as many choices as what is given allows."""
    values: dict[str, Any] = {
        "given": given,
        "is_new": is_new,
        "problem": problem,
        "preview": preview,
        "sample": sample or {},
        "kinds": KINDS,
        **_choices(given),
    }
    if not is_new:
        answer = ask("read_link", {"kind": given["kind"], "asset": given["asset"].replace("/", "%2F")})
        values |= {"link": answer.body, "etag": answer.raw.headers["ETag"]}
    return Page("link.html", values, status=422 if problem else 200)


def _choices(given: Mapping[str, str]) -> Json:
    nothing = Choices()
    found: Json = {"projects": nothing, "types": nothing, "area_paths": nothing, "required": [], "trouble": None}
    found["connections"] = choices("connections").named("connection")
    connection, project = given.get("connection", ""), given.get("project", "")
    try:
        if connection:
            route = {"connection": connection, "project": project}
            found["projects"] = choices("projects", route).named("name")
        if connection and project:
            types = choices("work_item_types", route)
            chosen = given.get("work_item_type") or "Issue"
            found["types"], found["area_paths"] = types.named("name"), choices("area_paths", route)
            found["required"] = next((one["required_fields"] for one in types.entries if one["name"] == chosen), [])
    except BridgeError as error:
        found["trouble"] = error
    return found
