"""`/links`: application or environment → project."""

from itertools import islice

import azure.functions as func

from shared.errors import FieldProblem, RejectedRequestError
from shared.links.models import KINDS, Link, LinkRequest
from shared.services import services
from shared.triggers.answers import answered, body_of, collection, continuation_of, ok, page_size
from shared.validation import parse_json, validated

blueprint = func.Blueprint()


@blueprint.route("links/{kind}/{asset}", methods=["PUT"])
@answered
def save_link(req: func.HttpRequest) -> func.HttpResponse:
    """Create or change a link, checked against the live project, and try again what failed of its tickets."""
    request = validated(LinkRequest, parse_json(body_of(req), what="link"), what="link")
    kind, asset = _asset(req)
    link = services.save_link(kind, asset, request, if_match=req.headers.get("If-Match", ""))
    services.retry.failed_of(link.connection, kind, asset)
    return _shown(link)


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
    return collection("links", [link.public() for link in found[:size]], last)


def _asset(req: func.HttpRequest) -> tuple[str, str]:
    """The host decodes route parameters, but for slashes; ids may hold them."""
    return req.route_params["kind"], req.route_params["asset"].replace("%2F", "/").replace("%2f", "/")


def _shown(link: Link) -> func.HttpResponse:
    return ok(link.public(), headers={"ETag": link.etag})
