"""`/links`: application or environment → project."""

from typing import TypedDict

import azure.functions as func

from shared.errors import FieldProblem, RejectedRequestError
from shared.links.models import KINDS, Existing, Link, LinkRequest, LinkView
from shared.services import services
from shared.tickets.api.preview import PreviewView
from shared.tickets.vulnerabilities.snapshots import Snapshot, read_snapshot
from shared.triggers.answers import body_of, collection, condition_of, ok, part_of
from shared.triggers.conventions import IF_MATCH, IF_NONE_MATCH, PAGED
from shared.triggers.operations import ETAG, operation
from shared.triggers.parameters import EXISTING, KIND
from shared.validation import parse_json, validated

blueprint = func.Blueprint()


class Links(TypedDict):
    """One page of links."""

    links: list[LinkView]
    continuation: str | None


@operation(
    blueprint,
    "PUT links/{kind}/{asset}",
    takes=LinkRequest,
    gives=LinkView,
    headers=ETAG,
    parameters=(EXISTING, IF_MATCH, IF_NONE_MATCH),
    refuses=(404, 409),
)
def save_link(req: func.HttpRequest) -> func.HttpResponse:
    """Create or change a link, checked against the live project, and try again what failed or waits of its tickets.

    All problems are in one answer (422). Service hooks are set up in the project. A change of project, connection
    or grouping while tickets are open needs `?existing=` (409). What is left out or null comes from the
    connection's defaults.
    """
    request = validated(LinkRequest, parse_json(body_of(req), what="link"), what="link")
    kind, asset = _asset(req)
    link = services.save_link(kind, asset, request, condition_of(req), _existing(req))
    services.departures.carry_on_with(link)
    for connection in {place.connection for place in link.places}:
        services.retry.all_of(connection, kind, asset)
    return _shown(link)


@operation(
    blueprint,
    "DELETE links/{kind}/{asset}",
    gives=LinkView,
    status=202,
    headers=ETAG,
    parameters=(IF_MATCH,),
    refuses=(404,),
)
def delete_link(req: func.HttpRequest) -> func.HttpResponse:
    """Begin to delete a link; its tickets are kept, detached.

    Service hooks that no other link needs are removed.
    """
    return _shown(services.departures.delete_link(*_asset(req), condition_of(req)), status=202)


@operation(blueprint, "POST links/{kind}/{asset}/preview", takes=Snapshot, gives=PreviewView, refuses=(404,))
def preview_work_item(req: func.HttpRequest) -> func.HttpResponse:
    """Show the work item that a snapshot would make; nothing is written."""
    vulnerability = read_snapshot(parse_json(body_of(req), what="snapshot"))
    return ok(services.preview(*_asset(req), vulnerability))


@operation(blueprint, "GET links/{kind}/{asset}", gives=LinkView, headers=ETAG, refuses=(404,))
def read_link(req: func.HttpRequest) -> func.HttpResponse:
    """Show a link."""
    return _shown(services.links.get(*_asset(req)))


@operation(blueprint, "GET links", gives=Links, parameters=(KIND, *PAGED))
def list_links(req: func.HttpRequest) -> func.HttpResponse:
    """List links of one kind (applications unless `?kind=environment`)."""
    kind = req.params.get("kind", KINDS[0])
    if kind not in KINDS:
        known = ", ".join(KINDS)
        problem = FieldProblem("kind", f"must be one of: {known}")
        raise RejectedRequestError(f"There are no assets of kind {kind}.", hint=f"Use {known}.", problems=[problem])
    found, last = part_of(req, lambda after: services.links.all(kind, after), lambda link: link.asset)
    return collection("links", services.show_links(found), last)


def _asset(req: func.HttpRequest) -> tuple[str, str]:
    """The host decodes route parameters, but for slashes; ids may hold them."""
    return req.route_params["kind"], req.route_params["asset"].replace("%2F", "/").replace("%2f", "/")


def _existing(req: func.HttpRequest) -> Existing | None:
    text = req.params.get("existing", "")
    if text and text not in tuple(Existing):
        problem = FieldProblem("existing", f"must be one of: {', '.join(Existing)}")
        raise RejectedRequestError("The query cannot be used.", hint="See problems.", problems=[problem])
    return Existing(text) if text else None


def _shown(link: Link, *, status: int = 200) -> func.HttpResponse:
    return ok(services.show_links([link])[0], status=status, headers={"ETag": link.etag})
