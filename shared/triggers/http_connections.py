"""`/connections`: one Azure DevOps organisation each."""

from itertools import islice

import azure.functions as func

from shared.connections.models import Connection, ConnectionRequest
from shared.services import services
from shared.triggers.answers import (
    answered,
    body_of,
    collection,
    condition_of,
    continuation_after,
    continuation_of,
    flag,
    ok,
    page_of,
    page_size,
)
from shared.validation import parse_json, validated

blueprint = func.Blueprint()


@blueprint.route("connections/{connection}", methods=["PUT"])
@answered
def save_connection(req: func.HttpRequest) -> func.HttpResponse:
    """Create or change a connection, checked against the live organisation."""
    name = req.route_params["connection"]
    body = parse_json(body_of(req), what="connection")
    request = validated(ConnectionRequest, body, what="connection")
    saved = services.save_connection(name, request, condition_of(req))
    services.health.resume(name)
    services.sweep.wake(name)
    return _shown(saved)


@blueprint.route("connections/{connection}", methods=["DELETE"])
@answered
def delete_connection(req: func.HttpRequest) -> func.HttpResponse:
    """Begin to delete a connection with its links and secrets; its tickets are kept, detached."""
    name = req.route_params["connection"]
    return _shown(services.departures.delete_connection(name, condition_of(req)), status=202)


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


@blueprint.route("connections/{connection}/check", methods=["POST"])
@answered
def check_connection(req: func.HttpRequest) -> func.HttpResponse:
    """Try what a connection is for, say what is missing, and mend its service hooks."""
    name = req.route_params["connection"]
    found = services.check_connection(name)
    return ok({**found, "service_hooks": services.rounds.check_hooks(name)})


@blueprint.route("connections/{connection}/hook", methods=["GET"])
@answered
def show_hook(req: func.HttpRequest) -> func.HttpResponse:
    """Show what to type where a person sets service hooks up; the one answer with a secret in it."""
    return ok(services.show_hook(req.route_params["connection"]), headers={"Cache-Control": "no-store"})


@blueprint.route("connections/{connection}/reconcile", methods=["POST"])
@answered
def reconcile_connection(req: func.HttpRequest) -> func.HttpResponse:
    """Say what differs from Azure DevOps, and mend it unless `?dry_run=true`."""
    dry_run, adopt = flag(req, "dry_run"), flag(req, "adopt")
    name = req.route_params["connection"]
    found, last = services.rounds.by_hand(name, continuation_of(req), dry_run=dry_run, adopt=adopt and not dry_run)
    return ok({**found, "continuation": continuation_after(last)})


@blueprint.route("connections/{connection}/sign-in", methods=["POST"])
@answered
def start_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    """Start the one sign-in of a user: the answer says where to type which code."""
    return ok(services.sign_in.start(req.route_params["connection"]), status=202)


@blueprint.route("connections/{connection}/sign-in", methods=["GET"])
@answered
def finish_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    """Say how the sign-in stands, and finish it when the user has done their part."""
    name = req.route_params["connection"]
    found = services.sign_in.finish(name)
    if found["status"] == "done":
        services.health.resume(name)
        services.sweep.wake(name)
    return ok(found)


@blueprint.route("connections/{connection}/consent", methods=["GET"])
@answered
def show_consent(req: func.HttpRequest) -> func.HttpResponse:
    """Show where an administrator of a customer's tenant agrees to the application."""
    given = {name: req.params[name] for name in ("tenant", "client_id", "redirect") if name in req.params}
    return ok({"url": services.consent(req.route_params["connection"], given)})


@blueprint.route("connections/{connection}/projects", methods=["GET"])
@answered
def list_projects(req: func.HttpRequest) -> func.HttpResponse:
    """List the projects that a connection sees, those with `?search=` in their names."""
    found = services.browse.projects(req.route_params["connection"], req.params.get("search", ""))
    return page_of("projects", req, found, key=lambda project: str(project["id"]))


@blueprint.route("connections/{connection}/projects/{project}/work-item-types", methods=["GET"])
@answered
def list_work_item_types(req: func.HttpRequest) -> func.HttpResponse:
    """List a project's types of work items, with states, categories, colours and required fields."""
    connection, project = req.route_params["connection"], req.route_params["project"]
    found = services.browse.work_item_types(connection, project, req.params.get("search", ""))
    return page_of("work_item_types", req, found, key=lambda one: str(one["name"]))


@blueprint.route("connections/{connection}/projects/{project}/area-paths", methods=["GET"])
@answered
def list_area_paths(req: func.HttpRequest) -> func.HttpResponse:
    r"""List a project's area paths, such as `Web Shop\Backend`."""
    connection, project = req.route_params["connection"], req.route_params["project"]
    return page_of(
        "area_paths", req, services.browse.area_paths(connection, project, req.params.get("search", "")), str
    )


def _shown(connection: Connection, *, status: int = 200) -> func.HttpResponse:
    health = services.health.view(connection.name)
    return ok({**connection.public(), "health": health}, status=status, headers={"ETag": connection.etag})
