"""`/tickets`: snapshots in, tickets out."""

from collections.abc import Iterator
from io import BytesIO

import azure.functions as func

from shared.connections.models import NAME
from shared.errors import FieldProblem, NotFoundError, RejectedRequestError
from shared.links.models import KINDS
from shared.services import services
from shared.tickets import arrays, keys, sarif
from shared.tickets.reading import Filter
from shared.tickets.records import TicketStatus
from shared.tickets.sarif import RefusedResult
from shared.tickets.snapshots import Asset, Vulnerability, read_snapshot
from shared.triggers.answers import answered, bad_continuation, body_of, collection, continuation_of, ok, page_size
from shared.validation import parse_json, validated

blueprint = func.Blueprint()
_SARIF = "application/sarif+json"


@blueprint.route("tickets", methods=["POST"])
@answered
def create_ticket(req: func.HttpRequest) -> func.HttpResponse:
    """Accept one snapshot; its work item follows."""
    vulnerability = read_snapshot(parse_json(body_of(req), what="snapshot"))
    ticket = services.submit.one(vulnerability)
    found = services.read_tickets.one(ticket)
    location = f"{services.settings.public_url}/api/tickets/{ticket}"
    return ok(found, status=202, headers={"Location": location})


@blueprint.route("tickets/import", methods=["POST"])
@answered
def import_tickets(req: func.HttpRequest) -> func.HttpResponse:
    """Accept a report: SARIF 2.1.0, or a JSON array of snapshots."""
    body = BytesIO(body_of(req, limit=services.settings.max_import_bytes))
    return ok(services.submit.all(_results(req, body)).view(), status=202)


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


def _results(req: func.HttpRequest, body: BytesIO) -> Iterator[Vulnerability | RefusedResult]:
    content_type = req.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != _SARIF:
        return arrays.snapshots(body)
    return sarif.results(body, _linked_asset(req))


def _linked_asset(req: func.HttpRequest) -> Asset:
    """Return the asset in the query that all results of a report belong to."""
    kind, asset = req.params.get("kind", ""), req.params.get("asset", "")
    given = {"kind": kind, "asset": asset}
    problems = [FieldProblem(name, "is missing") for name, value in given.items() if not value] + _of_kind(kind)
    if problems:
        raise RejectedRequestError(
            "The query does not say which asset the report belongs to.",
            hint="Add ?kind=application&asset= and the asset's id to the address.",
            problems=problems,
        )
    try:
        services.links.get(kind, asset)
    except NotFoundError as error:
        problem = FieldProblem("asset", "is not linked to a project")
        raise RejectedRequestError(error.message, hint=error.hint, problems=[problem], status=422) from error
    return validated(Asset, {"kind": kind, "id": asset}, what="query")


def _of_kind(kind: str) -> list[FieldProblem]:
    return [FieldProblem("kind", f"must be one of: {', '.join(KINDS)}")] if kind and kind not in KINDS else []


def _filter(req: func.HttpRequest) -> Filter:
    kind, asset, status = (req.params.get(name, "") for name in ("kind", "asset", "status"))
    problems = _of_kind(kind)
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
