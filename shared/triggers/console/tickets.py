"""Pages of tickets: a list to filter, and one with everything that is known of it."""

from collections.abc import Callable, Mapping
from typing import Any

import azure.functions as func

from shared.console.addresses import next_page, segment
from shared.console.words import Said
from shared.errors import BridgeError, FieldProblem, NotFoundError, RejectedRequestError
from shared.links.models import KINDS
from shared.tickets.rows.records import Hold, TicketStatus
from shared.triggers.console.api import ask
from shared.triggers.console.visits import Page, Redirect, Visit, action, page

blueprint = func.Blueprint()
_FILTERS = ("search", "status", "waiting_for", "kind", "asset")
_ON_ONE_PAGE = "50"


@page(blueprint, "tickets")
def console_tickets(visit: Visit) -> Page:
    """List tickets."""
    query = visit.query(*_FILTERS)
    values: dict[str, Any] = {"query": query, "statuses": [*TicketStatus], "holds": [*Hold], "kinds": KINDS}
    try:
        found = ask("list_tickets", query={**query, **visit.query("continuation"), "limit": _ON_ONE_PAGE}).body
    except RejectedRequestError as error:
        return Page("tickets.html", {**values, "tickets": [], "more": "", "problem": error}, status=error.status)
    more = next_page("/tickets", found["continuation"], query)
    return Page("tickets.html", {**values, "tickets": found["tickets"], "more": more, "problem": None})


@page(blueprint, "tickets/{ticket}")
def console_ticket(visit: Visit) -> Page:
    """Show a ticket."""
    return _ticket(visit.route("ticket"))


@action(blueprint, "tickets/{ticket}/{deed}")
def console_change_ticket(visit: Visit) -> Page | Redirect:
    """Retry a ticket, or link or unlink its work item."""
    route, deed = visit.route("ticket"), visit.route("deed")["deed"]
    if deed not in _DEEDS:
        raise NotFoundError(f"A ticket cannot be asked to {deed}.")
    do, said = _DEEDS[deed]
    try:
        do(route, visit.form)
    except NotFoundError:
        raise
    except BridgeError as error:
        return _ticket(route, error)
    return Redirect(f"/tickets/{segment(route['ticket'])}", said)


def _ticket(route: Mapping[str, str], problem: BridgeError | None = None) -> Page:
    found = ask("read_ticket", route).body
    return Page("ticket.html", {"ticket": found, "problem": problem}, status=409 if problem else 200)


def _link(route: Mapping[str, str], form: Mapping[str, str]) -> None:
    text = form.get("id", "").strip().removeprefix("#")
    if not (text.isascii() and text.isdigit()):
        problem = FieldProblem("id", "must be the number of a work item")
        raise RejectedRequestError("The work item cannot be linked.", problems=[problem], status=422)
    ask("link_work_item", route, body={"id": int(text)})


def _unlink(route: Mapping[str, str], form: Mapping[str, str]) -> None:
    del form
    ask("unlink_work_item", route)


def _retry(route: Mapping[str, str], form: Mapping[str, str]) -> None:
    del form
    ask("retry_ticket", route)


_DEEDS: Mapping[str, tuple[Callable[[Mapping[str, str], Mapping[str, str]], None], Said]] = {
    "retry": (_retry, Said.RETRIED),
    "link": (_link, Said.LINKED),
    "unlink": (_unlink, Said.UNLINKED),
}
