"""Pages of connections: how each is doing, and trying it live."""

import json
from collections.abc import Mapping
from typing import Any

import azure.functions as func

from shared.connections.defaults import Defaults
from shared.console.addresses import next_page, segment
from shared.console.words import Said
from shared.errors import BridgeError
from shared.triggers.console.api import ask
from shared.triggers.console.visits import Page, Redirect, Visit, action, page

blueprint = func.Blueprint()
_ON_ONE_PAGE = "20"


@page(blueprint, "connections")
def console_connections(visit: Visit) -> Page:
    """List connections with how they are doing."""
    query = {**visit.query("continuation"), "limit": _ON_ONE_PAGE, "health": "true"}
    found = ask("list_connections", query=query).body
    more = next_page("/connections", found["continuation"])
    return Page("connections.html", {"connections": found["connections"], "more": more})


@page(blueprint, "connections/{connection}")
def console_connection(visit: Visit) -> Page:
    """Show a connection."""
    return connection_page(visit.route("connection"))


@action(blueprint, "connections/{connection}/check")
def console_check_connection(visit: Visit) -> Page:
    """Try a connection live and show what was found."""
    return connection_page(visit.route("connection"), checked=ask("check_connection", visit.route("connection")).body)


@action(blueprint, "connections/{connection}/delete")
def console_delete_connection(visit: Visit) -> Page | Redirect:
    """Begin to delete a connection."""
    try:
        ask("delete_connection", visit.route("connection"))
    except BridgeError as error:
        return connection_page(visit.route("connection"), problem=error)
    return Redirect(f"/connections/{segment(visit.route('connection')['connection'])}", Said.DELETING)


def connection_page(
    route: Mapping[str, str], *, checked: Any = None, problem: BridgeError | None = None, typed: str | None = None
) -> Page:
    """Show a connection; `typed` are defaults as somebody typed them, to be corrected."""
    answer = ask("read_connection", route)
    standard = Defaults().model_dump(mode="json")
    said = {name: value for name, value in answer.body["defaults"].items() if value != standard[name]}
    values = {
        "connection": answer.body,
        "etag": answer.raw.headers["ETag"],
        "defaults": json.dumps(said, indent=1) if typed is None else typed,
        "checked": checked,
        "problem": problem,
    }
    return Page("connection.html", values, status=409 if problem else 200)
