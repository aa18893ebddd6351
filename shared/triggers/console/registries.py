"""Pages of registries: which repository, and what its source registers, as a picture and as a list."""

from urllib.parse import urlencode

import azure.functions as func

from shared.console.addresses import BASE, segment
from shared.errors import BridgeError
from shared.services import services
from shared.triggers.console.api import ask
from shared.triggers.console.visits import Page, Redirect, Visit, page

blueprint = func.Blueprint()
_PATH = "registries/{connection}/{project}/{repository}"
_NAMES = ("connection", "project", "repository")
_MOST_LISTED = 500


@page(blueprint, "registries")
def console_registries(visit: Visit) -> Page | Redirect:
    """Ask which repository is to be looked at."""
    asked = visit.query(*_NAMES)
    if len(asked) == len(_NAMES):
        return Redirect("/registries/" + "/".join(segment(asked[name]) for name in _NAMES))
    names = [connection.name for connection in services.connections.all()]
    return Page("registries.html", {"asked": asked, "connections": names})


@page(blueprint, _PATH)
def console_registry(visit: Visit) -> Page:
    """Show what a repository registers."""
    route, query = visit.route(*_NAMES), visit.query("ref", "against")
    values = {"route": route, "query": query, "found": None, "pending": None, "problem": None, "picture": ""}
    try:
        answer = ask("read_registry", route, query={**query, "format": "json"})
    except BridgeError as error:
        return Page("registry.html", {**values, "problem": error}, status=422)
    if answer.status == 202:  # noqa: PLR2004
        return Page("registry.html", {**values, "pending": answer.body}, status=202)
    address = f"{BASE}/{_PATH.format(**{name: segment(text) for name, text in route.items()})}/picture"
    picture = f"{address}?{urlencode(query)}" if query else address
    return Page("registry.html", {**values, "found": answer.body, "picture": picture, "most": _MOST_LISTED})


@page(blueprint, f"{_PATH}/picture")
def console_registry_picture(visit: Visit) -> func.HttpResponse:
    """Serve the picture of it, as the API draws it."""
    return ask("read_registry", visit.route(*_NAMES), query={**visit.query("ref", "against"), "format": "svg"}).raw
