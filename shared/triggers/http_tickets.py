"""`/tickets`: snapshots in, tickets out."""

import azure.functions as func

from shared.connections.models import NAME
from shared.errors import FieldProblem, NotFoundError, RejectedRequestError
from shared.services import services
from shared.tickets import keys
from shared.tickets.reading import Filter
from shared.tickets.records import TicketStatus
from shared.tickets.snapshots import read_snapshot
from shared.triggers.answers import answered, bad_continuation, body_of, collection, continuation_of, ok, page_size
from shared.triggers.queries import bad_kind
from shared.validation import parse_json

blueprint = func.Blueprint()


@blueprint.route("tickets", methods=["POST"])
@answered
def create_ticket(req: func.HttpRequest) -> func.HttpResponse:
    """Accept one snapshot; its work item follows."""
    vulnerability = read_snapshot(parse_json(body_of(req), what="snapshot"))
    ticket = services.submit.one(vulnerability)
    found = services.read_tickets.one(ticket)
    location = f"{services.settings.public_url}/api/tickets/{ticket}"
    return ok(found, status=202, headers={"Location": location})


@blueprint.route("tickets/{ticket}", methods=["GET"])
@answered
def read_ticket(req: func.HttpRequest) -> func.HttpResponse:
    """Show a ticket with its history."""
    return ok(services.read_tickets.one(_ticket(req)))


@blueprint.route("tickets", methods=["GET"])
@answered
def list_tickets(req: func.HttpRequest) -> func.HttpResponse:
    """List tickets, of an asset or in a status if asked so."""
    after = continuation_of(req)
    if after and not _is_ticket(after):
        raise bad_continuation()
    found, last = services.read_tickets.page(_filter(req), after, page_size(req))
    return collection("tickets", found, last)


@blueprint.route("tickets/{ticket}/retry", methods=["POST"])
@answered
def retry_ticket(req: func.HttpRequest) -> func.HttpResponse:
    """Try again at once what failed or waits."""
    return ok(services.retry.one(_ticket(req)), status=202)


def _filter(req: func.HttpRequest) -> Filter:
    kind, asset, status = (req.params.get(name, "") for name in ("kind", "asset", "status"))
    problems = bad_kind(kind)
    if status and status not in tuple(TicketStatus):
        problems.append(FieldProblem("status", f"must be one of: {', '.join(TicketStatus)}"))
    if bool(kind) != bool(asset):
        problems.append(FieldProblem("kind" if asset else "asset", "kind and asset belong together"))
    if problems:
        raise RejectedRequestError("The query cannot be used.", hint="See problems.", problems=problems)
    return Filter(kind=kind, asset=asset, status=status)


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
