"""The one sign-in of a user: where to type which code, and whether that was done."""

from collections.abc import Mapping

import azure.functions as func

from shared.console.addresses import segment
from shared.errors import BridgeError
from shared.triggers.console.api import Json, ask
from shared.triggers.console.visits import Page, Redirect, Visit, action, page

blueprint = func.Blueprint()


@page(blueprint, "connections/{connection}/sign-in")
def console_sign_in_pending(visit: Visit) -> Page:
    """Show how the sign-in stands; the page looks again by itself."""
    route = visit.route("connection")
    try:
        found = ask("finish_sign_in", route).body
    except BridgeError as error:
        return _page(route, problem=error)
    return _page(route, found)


@action(blueprint, "connections/{connection}/sign-in")
def console_start_sign_in(visit: Visit) -> Page | Redirect:
    """Start it, again if one is under way."""
    return started(visit.route("connection"))


def started(route: Mapping[str, str]) -> Page | Redirect:
    """Start the sign-in of a connection's user and lead on to its page."""
    try:
        ask("start_sign_in", route)
    except BridgeError as error:
        return _page(route, problem=error)
    return Redirect(f"/connections/{segment(route['connection'])}/sign-in")


def _page(route: Mapping[str, str], found: Json | None = None, problem: BridgeError | None = None) -> Page:
    values = {"connection": route["connection"], "found": found, "problem": problem}
    return Page("device_code.html", values, status=422 if problem else 200)
