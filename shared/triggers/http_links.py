"""`/links`: application or environment → project."""

from itertools import islice

import azure.functions as func

from shared.errors import FieldProblem, RejectedRequestError
from shared.links.models import KINDS, Existing, Link, LinkRequest
from shared.services import services
from shared.tickets.snapshots import read_snapshot
from shared.triggers.answers import answered, body_of, collection, condition_of, continuation_of, ok, page_size
from shared.validation import parse_json, validated

blueprint = func.Blueprint()


@blueprint.route("links/{kind}/{asset}", methods=["PUT"])
@answered
def save_link(req: func.HttpRequest) -> func.HttpResponse:
    """Create or change a link, checked against the live project, and try again what failed or waits of its tickets."""
    request = validated(LinkRequest, parse_json(body_of(req), what="link"), what="link")
    kind, asset = _asset(req)
    link = services.save_link(kind, asset, request, condition_of(req), _existing(req))
    services.departures.carry_on_with(link)
    for connection in {place.connection for place in link.places}:
        services.retry.all_of(connection, kind, asset)
    return _shown(link)


@blueprint.route("links/{kind}/{asset}", methods=["DELETE"])
@answered
def delete_link(req: func.HttpRequest) -> func.HttpResponse:
    """Begin to delete a link; its tickets are kept, detached."""
    return _shown(services.departures.delete_link(*_asset(req), condition_of(req)), status=202)


@blueprint.route("links/{kind}/{asset}/preview", methods=["POST"])
@answered
def preview_work_item(req: func.HttpRequest) -> func.HttpResponse:
    """Show the work item that a snapshot would make; nothing is written."""
    vulnerability = read_snapshot(parse_json(body_of(req), what="snapshot"))
    return ok(services.preview(*_asset(req), vulnerability))


@blueprint.route("links/{kind}/{asset}", methods=["GET"])
@answered
def read_link(req: func.HttpRequest) -> func.HttpResponse:
    """Show a link."""
    return _shown(services.links.get(*_asset(req)))


@blueprint.route("links", methods=["GET"])
@answered
def list_links(req: func.HttpRequest) -> func.HttpResponse:
    """List links of one kind (applications unless `?kind=environment`)."""
    kind = req.params.get("kind", KINDS[0])
    if kind not in KINDS:
        known = ", ".join(KINDS)
        problem = FieldProblem("kind", f"must be one of: {known}")
        raise RejectedRequestError(f"There are no assets of kind {kind}.", hint=f"Use {known}.", problems=[problem])
    size = page_size(req)
    found = list(islice(services.links.all(kind, continuation_of(req)), size + 1))
    last = found[size - 1].asset if len(found) > size else ""
    return collection("links", services.show_links(found[:size]), last)


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
