"""`/tickets/import` and `/imports`: whole reports in, and taken back."""

import hashlib
import json
from io import BytesIO
from typing import Any

import azure.functions as func

from shared.errors import FieldProblem, NotFoundError, RejectedRequestError
from shared.services import services
from shared.tickets import sarif
from shared.tickets.imports import arrays
from shared.tickets.imports.taking import Fullness
from shared.tickets.imports.taking_back import ImportView
from shared.tickets.imports.tally import TallyView
from shared.tickets.vulnerabilities.scans import Report
from shared.tickets.vulnerabilities.snapshots import Asset, Snapshot, Vulnerability
from shared.triggers.answers import body_of, flag, ok
from shared.triggers.operations import JSON, operation
from shared.triggers.parameters import ASSET, CONFIRM, FULL, KIND, MAX_SOURCE, SOURCE
from shared.triggers.queries import bad_kind
from shared.validation import validated

blueprint = func.Blueprint()
_SARIF = "application/sarif+json"
type Sarif = dict[str, Any]
REPORTS: dict[str, Any] = {JSON: list[Snapshot | Vulnerability], _SARIF: Sarif}


@operation(
    blueprint,
    "POST tickets/import",
    takes=REPORTS,
    gives=TallyView,
    status=202,
    parameters=(KIND, ASSET, SOURCE, FULL, CONFIRM),
    refuses=(409,),
)
def import_tickets(req: func.HttpRequest) -> func.HttpResponse:
    """Accept a report: SARIF 2.1.0, or a JSON array of snapshots; with `?full=true`, all that there is.

    SARIF goes with `?kind=&asset=`, the asset that all its results belong to. What cannot become a ticket is refused
    by itself, with its reason; all else is stored when the answer comes. With `full`, what the same scan found before
    and does not any more is fixed; more than half of what is open needs `confirm` (else 409). A full array needs
    `source`, the name of its tool or scan.
    """
    body = body_of(req, limit=services.settings.max_import_bytes)
    source = _source(req)
    is_sarif = req.headers.get("Content-Type", "").partition(";")[0].strip().lower() == _SARIF
    asset = _linked_asset(req, required=is_sarif)
    full = Fullness(asset, flag(req, "confirm")) if _is_full(req, named=is_sarif or bool(source)) else None
    report = _report(body, asset if is_sarif else None, source)
    return ok(services.take_report(report, _import_id(req, body), full=full).view(), status=202)


@operation(blueprint, "GET imports/{import}", gives=ImportView, refuses=(404,))
def read_import(req: func.HttpRequest) -> func.HttpResponse:
    """Show an import, and how far taking it back has come."""
    return ok(services.take_back.view(req.route_params["import"]))


@operation(blueprint, "DELETE imports/{import}", gives=ImportView, status=202, refuses=(404, 409))
def take_import_back(req: func.HttpRequest) -> func.HttpResponse:
    """Begin to move the work items that an import made and nobody touched to the recycle bin."""
    return ok(services.take_back.start(req.route_params["import"]), status=202)


def _report(body: bytes, asset: Asset | None, source: str) -> Report:
    stream = BytesIO(body)
    return sarif.report(stream, asset, name=source) if asset else arrays.report(stream, name=source)


def _import_id(req: func.HttpRequest, body: bytes) -> str:
    """The same report, sent again the same way, is the same import."""
    way = [req.params.get(name, "") for name in ("kind", "asset", "source", "full")]
    way.append(req.headers.get("Content-Type", "").lower())
    digest = hashlib.sha256(json.dumps(way).encode())
    digest.update(body)
    return digest.hexdigest()[:32]


def _source(req: func.HttpRequest) -> str:
    source: str = req.params.get("source", "").strip()
    if len(source) > MAX_SOURCE or not source.isprintable():
        problem = FieldProblem("source", f"must be at most {MAX_SOURCE} printable characters")
        raise RejectedRequestError("The query cannot be used.", hint="See problems.", problems=[problem])
    return source


def _is_full(req: func.HttpRequest, *, named: bool) -> bool:
    full = flag(req, "full")
    if full and not named:
        raise RejectedRequestError(
            "The query does not say of what the array is all that there is.",
            hint="Add &source= and the name of the tool or scan, the same one each time.",
            problems=[FieldProblem("source", "is missing; full=true needs it")],
        )
    return full


def _linked_asset(req: func.HttpRequest, *, required: bool) -> Asset | None:
    """Return the asset in the query: a SARIF report names none; of an array it may say what else is full."""
    kind, asset = req.params.get("kind", ""), req.params.get("asset", "")
    if not (required or kind or asset):
        return None
    given = {"kind": kind, "asset": asset}
    problems = [FieldProblem(name, "is missing") for name, value in given.items() if not value] + bad_kind(kind)
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
