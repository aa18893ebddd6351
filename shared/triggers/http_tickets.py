"""`/tickets`: snapshots in, tickets out."""

from typing import TypedDict

import azure.functions as func

from shared.connections.models import NAME
from shared.errors import FieldProblem, NotFoundError, RejectedRequestError
from shared.services import services
from shared.tickets.api.by_hand import WorkItemChoice
from shared.tickets.api.reading import Filter, TicketInFull, TicketWithHistory
from shared.tickets.life.views import TicketView
from shared.tickets.rows import keys
from shared.tickets.rows.records import Hold, TicketStatus
from shared.tickets.vulnerabilities.snapshots import Snapshot, read_snapshot
from shared.triggers.answers import bad_continuation, body_of, collection, continuation_of, ok, page_size
from shared.triggers.conventions import PAGED
from shared.triggers.operations import operation
from shared.triggers.parameters import ASSET, KIND, PART, STATUS, WAITING_FOR
from shared.triggers.queries import bad_kind
from shared.validation import parse_json, validated

blueprint = func.Blueprint()
LOCATION = {"Location": "The ticket's address."}


class Tickets(TypedDict):
    """One page of tickets, in the order of their ids."""

    tickets: list[TicketView]
    continuation: str | None


@operation(
    blueprint, "POST tickets", takes=Snapshot, gives=TicketWithHistory, status=202, headers=LOCATION, refuses=(409,)
)
def create_ticket(req: func.HttpRequest) -> func.HttpResponse:
    """Accept one snapshot; its work item follows.

    A snapshot says how a vulnerability is now: sent twice it changes nothing, and an older one never overwrites a newer
    one (`sequence` if there is one, else `observed_at`, else when it came).
    """
    vulnerability = read_snapshot(parse_json(body_of(req), what="snapshot"))
    ticket = services.submit.one(vulnerability)
    found = services.read_tickets.one(ticket)
    return ok(found, status=202, headers=_location(ticket))


@operation(blueprint, "GET tickets/{ticket}", gives=TicketInFull, refuses=(404,))
def read_ticket(req: func.HttpRequest) -> func.HttpResponse:
    """Show a ticket with its history, and what the platform last said of its vulnerabilities."""
    return ok(services.read_tickets.in_full(_ticket(req)))


@operation(blueprint, "GET tickets", gives=Tickets, parameters=(KIND, ASSET, STATUS, WAITING_FOR, PART, *PAGED))
def list_tickets(req: func.HttpRequest) -> func.HttpResponse:
    """List tickets, of an asset or in a status if asked so.

    `kind` and `asset` belong together. A page may have fewer than `limit` although there is a `continuation`.
    """
    after = continuation_of(req)
    if after and not _is_ticket(after):
        raise bad_continuation()
    found, last = services.read_tickets.page(_filter(req), after, page_size(req))
    return collection("tickets", found, last)


@operation(blueprint, "POST tickets/{ticket}/retry", gives=TicketView, status=202, refuses=(404, 409))
def retry_ticket(req: func.HttpRequest) -> func.HttpResponse:
    """Try again at once what failed or waits.

    One that a filter or the daily cap holds back gets its work item; not while creation is stopped.
    A detached ticket is attached again, if its asset is linked to its connection (else 409).
    """
    return ok(services.retry.one(_ticket(req)), status=202)


@operation(
    blueprint,
    "PUT tickets/{ticket}/work-item",
    takes=WorkItemChoice,
    gives=TicketView,
    status=202,
    headers=LOCATION,
    refuses=(404, 409),
)
def link_work_item(req: func.HttpRequest) -> func.HttpResponse:
    """Link a work item that is there already; the ticket has it soon.

    It must belong to the ticket's organisation and track no other ticket; a ticket that has a work item is unlinked
    first (409). What people wrote in it stays: later changes become comments.
    """
    ticket = _ticket(req)
    choice = validated(WorkItemChoice, parse_json(body_of(req), what="work item"), what="work item")
    return ok(services.by_hand.link(ticket, choice.id), status=202, headers=_location(ticket))


@operation(
    blueprint, "DELETE tickets/{ticket}/work-item", gives=TicketView, status=202, headers=LOCATION, refuses=(404, 409)
)
def unlink_work_item(req: func.HttpRequest) -> func.HttpResponse:
    """Unlink a ticket's work item, which stays, without our link and tag; the ticket is *detached* soon.

    Then another one can be linked, or a retry makes a new one.
    """
    ticket = _ticket(req)
    return ok(services.by_hand.unlink(ticket), status=202, headers=_location(ticket))


def _location(ticket: str) -> dict[str, str]:
    return {"Location": f"{services.settings.public_url}/api/tickets/{ticket}"}


def _filter(req: func.HttpRequest) -> Filter:
    names = ("kind", "asset", "status", "waiting_for")
    kind, asset, status, waiting_for = (req.params.get(name, "") for name in names)
    problems = bad_kind(kind)
    if status and status not in tuple(TicketStatus):
        problems.append(FieldProblem("status", f"must be one of: {', '.join(TicketStatus)}"))
    if waiting_for and waiting_for not in tuple(Hold):
        problems.append(FieldProblem("waiting_for", f"must be one of: {', '.join(Hold)}"))
    if bool(kind) != bool(asset):
        problems.append(FieldProblem("kind" if asset else "asset", "kind and asset belong together"))
    if problems:
        raise RejectedRequestError("The query cannot be used.", hint="See problems.", problems=problems)
    search = req.params.get("search", "").strip()
    return Filter(kind=kind, asset=asset, status=status, waiting_for=waiting_for, search=search)


def _ticket(req: func.HttpRequest) -> str:
    ticket: str = req.route_params["ticket"]
    if not _is_ticket(ticket):
        raise NotFoundError(f"There is no ticket {ticket}.", hint="List tickets with GET /api/tickets.")
    return ticket


def _is_ticket(text: str) -> bool:
    try:
        connection, _ = keys.parse_public_id(text)
    except NotFoundError:
        return False
    return NAME.fullmatch(connection) is not None
