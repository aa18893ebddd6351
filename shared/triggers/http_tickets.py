"""`/tickets`: snapshots in, tickets out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO

import azure.functions as func

from shared.errors import FieldProblem, RejectedRequestError
from shared.links.models import KINDS
from shared.services import services
from shared.tickets import arrays, sarif
from shared.tickets.reading import PAGE, Filter
from shared.tickets.records import TicketStatus
from shared.tickets.sarif import RefusedResult
from shared.tickets.snapshots import Asset, Vulnerability, read_snapshot
from shared.triggers.answers import answered, body_of, collection, continuation_of, ok
from shared.validation import parse_json, validated

blueprint = func.Blueprint()
_MAX_PAGE = 1000
_SARIF = "application/sarif+json"


@blueprint.route("tickets", methods=["POST"])
@answered
def create_ticket(req: func.HttpRequest) -> func.HttpResponse:
    """Accept one snapshot; its work item follows."""
    vulnerability = read_snapshot(parse_json(body_of(req), what="snapshot"))
    ticket = services.submit.one(vulnerability, datetime.now(UTC))
    found = services.read_tickets.one(ticket)
    location = f"{services.settings.public_url}/api/tickets/{ticket}"
    return ok(found, status=202, headers={"Location": location})


@blueprint.route("tickets/import", methods=["POST"])
@answered
def import_tickets(req: func.HttpRequest) -> func.HttpResponse:
    """Accept a report: SARIF 2.1.0, or a JSON array of snapshots."""
    now = datetime.now(UTC)
    body = BytesIO(body_of(req, limit=services.settings.max_import_bytes))
    return ok(services.submit.all(_results(req, body), now).view(), status=202)


@blueprint.route("tickets/{ticket}", methods=["GET"])
@answered
def read_ticket(req: func.HttpRequest) -> func.HttpResponse:
    """Show a ticket with its history."""
    return ok(services.read_tickets.one(req.route_params["ticket"]))


@blueprint.route("tickets", methods=["GET"])
@answered
def list_tickets(req: func.HttpRequest) -> func.HttpResponse:
    """List tickets, of an asset or in a status if asked so."""
    found, last = services.read_tickets.page(_filter(req), continuation_of(req), _page_size(req))
    return collection("tickets", found, last)


@blueprint.route("tickets/{ticket}/retry", methods=["POST"])
@answered
def retry_ticket(req: func.HttpRequest) -> func.HttpResponse:
    """Try again at once what failed or waits."""
    return ok(services.read_tickets.retry(req.route_params["ticket"]), status=202)


def _results(req: func.HttpRequest, body: BytesIO) -> Iterator[Vulnerability | RefusedResult]:
    content_type = req.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != _SARIF:
        return arrays.snapshots(body)
    given = {"kind": req.params.get("kind"), "id": req.params.get("asset")}
    asset = validated(Asset, {name: value for name, value in given.items() if value}, what="query (kind and asset)")
    services.links.get(asset.kind, asset.id)
    return sarif.results(body, asset)


def _filter(req: func.HttpRequest) -> Filter:
    kind, asset, status = (req.params.get(name, "") for name in ("kind", "asset", "status"))
    problems = []
    if status and status not in tuple(TicketStatus):
        problems.append(FieldProblem("status", f"must be one of: {', '.join(TicketStatus)}"))
    if kind and kind not in KINDS:
        problems.append(FieldProblem("kind", f"must be one of: {', '.join(KINDS)}"))
    if bool(kind) != bool(asset):
        problems.append(FieldProblem("kind" if asset else "asset", "kind and asset belong together"))
    if problems:
        raise RejectedRequestError("The query cannot be used.", hint="See problems.", problems=problems)
    return Filter(kind=kind, asset=asset, status=status)


def _page_size(req: func.HttpRequest) -> int:
    text = req.params.get("limit", str(PAGE))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _MAX_PAGE):
        raise RejectedRequestError("The limit cannot be used.", hint="Use a whole number from 1 to 1000.")
    return int(text)
