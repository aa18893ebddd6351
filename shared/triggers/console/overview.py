"""The first page: is it healthy, what is there, what waits, what failed."""

import azure.functions as func

from shared.console.charts import SEVERITIES, bars
from shared.console.words import Said
from shared.triggers.console.api import ask
from shared.triggers.console.visits import Page, Redirect, Visit, action, page

blueprint = func.Blueprint()
_MOST_CONNECTIONS = "20"


@page(blueprint, "")
def console_overview(visit: Visit) -> Page:
    """Show how everything is."""
    del visit
    connections = ask("list_connections", query={"limit": _MOST_CONNECTIONS, "health": "true"}).body
    overview = ask("read_overview").body
    values = {
        "connections": connections["connections"],
        "more_connections": connections["continuation"],
        "overview": overview,
        "bars": bars(overview["tickets"]),
        "severities": SEVERITIES,
        "creation": ask("read_creation").body,
    }
    return Page("overview.html", values)


@action(blueprint, "creation")
def console_switch_creation(visit: Visit) -> Redirect:
    """Stop the making of work items, or start it again."""
    stopped = visit.form.get("stopped") == "true"
    ask("switch_creation", body={"stopped": stopped, "reason": visit.form.get("reason", "")})
    return Redirect("", Said.STOPPED if stopped else Said.STARTED)
