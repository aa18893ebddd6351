"""`/connections`: one Azure DevOps organisation each."""

from itertools import islice

import azure.functions as func

from shared.connections.models import Connection, ConnectionRequest
from shared.services import services
from shared.triggers.answers import answered, body_of, collection, continuation_of, ok, page_size
from shared.validation import parse_json, validated

blueprint = func.Blueprint()


@blueprint.route("connections/{connection}", methods=["PUT"])
@answered
def save_connection(req: func.HttpRequest) -> func.HttpResponse:
    """Create or change a connection, checked against the live organisation."""
    name = req.route_params["connection"]
    body = parse_json(body_of(req), what="connection")
    request = validated(ConnectionRequest, body, what="connection")
    saved = services.save_connection(name, request, if_match=req.headers.get("If-Match", ""))
    services.health.resume(name)
    services.sweep.wake(name)
    return _shown(saved)


@blueprint.route("connections/{connection}", methods=["GET"])
@answered
def read_connection(req: func.HttpRequest) -> func.HttpResponse:
    """Show a connection and how it is doing."""
    return _shown(services.connections.get(req.route_params["connection"]))


@blueprint.route("connections", methods=["GET"])
@answered
def list_connections(req: func.HttpRequest) -> func.HttpResponse:
    """List connections by name."""
    size = page_size(req)
    found = list(islice(services.connections.all(continuation_of(req)), size + 1))
    last = found[size - 1].name if len(found) > size else ""
    return collection("connections", [connection.public() for connection in found[:size]], last)


def _shown(connection: Connection) -> func.HttpResponse:
    health = services.health.view(connection.name)
    return ok({**connection.public(), "health": health}, headers={"ETag": connection.etag})
