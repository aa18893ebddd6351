"""`/connections`: one Azure DevOps organisation each."""

from typing import TypedDict

import azure.functions as func

from shared.azure_devops.projects import Project
from shared.connections.browse import FoundItemView, WorkItemTypeView
from shared.connections.check import StepsView
from shared.connections.models import Connection, ConnectionRequest, ConnectionView
from shared.connections.sign_in import PendingView, SignInView
from shared.links.show_hook import HookView
from shared.services import services
from shared.shown import Moment, moment
from shared.tickets.rows.records import Hold
from shared.tickets.upkeep.doctor import HooksView
from shared.tickets.upkeep.rounds import ReconciledView
from shared.tickets.upkeep.standing import StandingView
from shared.triggers.answers import (
    body_of,
    collection,
    condition_of,
    continuation_after,
    continuation_of,
    flag,
    ok,
    page_of,
    part_of,
)
from shared.triggers.conventions import CONTINUATION, IF_MATCH, IF_NONE_MATCH, PAGED
from shared.triggers.operations import ETAG, operation
from shared.triggers.parameters import ADOPT, CLIENT_ID, DRY_RUN, HEALTH, REDIRECT, SEARCH, TENANT, WORDS
from shared.validation import parse_json, validated

blueprint = func.Blueprint()
NOT_KEPT = {"Cache-Control": "`no-store`."}


class ConnectionWithHealth(ConnectionView):
    """A connection, and how it is doing. `credential_expires` is when its credential ends, null for not known."""

    health: StandingView
    credential_expires: Moment | None


class Connections(TypedDict):
    """One page of connections."""

    connections: list[ConnectionView | ConnectionWithHealth]
    continuation: str | None


class CheckedView(StepsView):
    """What a connection can do, and how its service hooks are."""

    service_hooks: HooksView


class ReconciledPage(ReconciledView):
    """One part of a comparison; with a `continuation` there is more."""

    continuation: str | None


class ConsentView(TypedDict):
    """The page on which an administrator agrees."""

    url: str


class Projects(TypedDict):
    """One page of projects."""

    projects: list[Project]
    continuation: str | None


class WorkItemTypes(TypedDict):
    """One page of types of work items."""

    work_item_types: list[WorkItemTypeView]
    continuation: str | None


class AreaPaths(TypedDict):
    """One page of area paths, parents before their children."""

    area_paths: list[str]
    continuation: str | None


@operation(
    blueprint,
    "PUT connections/{connection}",
    takes=ConnectionRequest,
    gives=ConnectionWithHealth,
    headers=ETAG,
    parameters=(IF_MATCH, IF_NONE_MATCH),
    refuses=(409,),
)
def save_connection(req: func.HttpRequest) -> func.HttpResponse:
    """Create or change a connection, checked against the live organisation.

    The credential goes to Key Vault and never comes out. Without a credential or a tag, the one stored stays;
    everything else that is left out has its default again.
    """
    name = req.route_params["connection"]
    body = parse_json(body_of(req), what="connection")
    request = validated(ConnectionRequest, body, what="connection")
    saved = services.save_connection(name, request, condition_of(req))
    if request.credential:
        services.rights.forget(name)
    services.expiries.look_at(name)
    services.health.resume(name)
    services.sweep.wake(name)
    services.release.of(name, Hold.FILTER, Hold.DAILY_CAP)  # its defaults may let them pass now
    return _shown(saved)


@operation(
    blueprint,
    "DELETE connections/{connection}",
    gives=ConnectionWithHealth,
    status=202,
    headers=ETAG,
    parameters=(IF_MATCH,),
    refuses=(404, 409),
)
def delete_connection(req: func.HttpRequest) -> func.HttpResponse:
    """Begin to delete a connection with its links and secrets; its tickets are kept, detached.

    Its service hooks are removed first. Until all is done its state is *deleting*.
    """
    name = req.route_params["connection"]
    services.managed_tokens.check_owns_none(name)
    return _shown(services.departures.delete_connection(name, condition_of(req)), status=202)


@operation(blueprint, "GET connections/{connection}", gives=ConnectionWithHealth, headers=ETAG, refuses=(404,))
def read_connection(req: func.HttpRequest) -> func.HttpResponse:
    """Show a connection and how it is doing."""
    return _shown(services.connections.get(req.route_params["connection"]))


@operation(blueprint, "GET connections", gives=Connections, parameters=(HEALTH, *PAGED))
def list_connections(req: func.HttpRequest) -> func.HttpResponse:
    """List connections by name, with `?health=true` also how they are doing."""
    found, last = part_of(req, services.connections.all, lambda connection: connection.name)
    show = _with_health if flag(req, "health") else Connection.public
    return collection("connections", [show(connection) for connection in found], last)


@operation(blueprint, "POST connections/{connection}/check", gives=CheckedView, refuses=(404,))
def check_connection(req: func.HttpRequest) -> func.HttpResponse:
    """Try what a connection is for, say what is missing, and mend its service hooks.

    Each right is tried by itself; one that is missing comes with how it is granted. Nothing is made in Azure DevOps
    but the service hooks that are missing.
    """
    name = req.route_params["connection"]
    found = services.rights.tried(name)
    return ok({**found, "service_hooks": services.rounds.check_hooks(name)})


@operation(blueprint, "GET connections/{connection}/hook", gives=HookView, headers=NOT_KEPT, refuses=(404,))
def show_hook(req: func.HttpRequest) -> func.HttpResponse:
    """Show what to type where a person sets service hooks up; the one answer with a secret in it.

    For who holds the host key only, and never to be stored or logged.
    """
    return ok(services.show_hook(req.route_params["connection"]), headers={"Cache-Control": "no-store"})


@operation(
    blueprint,
    "POST connections/{connection}/reconcile",
    gives=ReconciledPage,
    parameters=(DRY_RUN, ADOPT, CONTINUATION),
    refuses=(404, 422),
)
def reconcile_connection(req: func.HttpRequest) -> func.HttpResponse:
    """Say what differs from Azure DevOps, and mend it unless `?dry_run=true`.

    The answer has a `continuation` if that is not all. `?adopt=true`, after a restore of tables, first makes the rows
    of work items that the tables do not know.
    """
    dry_run, adopt = flag(req, "dry_run"), flag(req, "adopt")
    name = req.route_params["connection"]
    found, last = services.rounds.by_hand(name, continuation_of(req), dry_run=dry_run, adopt=adopt and not dry_run)
    return ok({**found, "continuation": continuation_after(last)})


@operation(
    blueprint, "POST connections/{connection}/sign-in", gives=PendingView, status=202, refuses=(404, 409, 412, 422)
)
def start_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    """Start the one sign-in of a user: the answer says where to type which code.

    One that was under way is given up. Only a credential of kind *signed_in_user* needs it.
    """
    return ok(services.sign_in.start(req.route_params["connection"]), status=202)


@operation(blueprint, "GET connections/{connection}/sign-in", gives=SignInView, refuses=(404, 412, 422))
def finish_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    """Say how the sign-in stands, and finish it when the user has done their part.

    Ask every few seconds while it is *pending*.
    """
    name = req.route_params["connection"]
    found = services.sign_in.finish(name)
    if found["status"] == "done":
        services.rights.forget(name)
        services.expiries.look_at(name)
        services.health.resume(name)
        services.sweep.wake(name)
    return ok(found)


@operation(
    blueprint,
    "GET connections/{connection}/consent",
    gives=ConsentView,
    parameters=(TENANT, CLIENT_ID, REDIRECT),
    refuses=(422,),
)
def show_consent(req: func.HttpRequest) -> func.HttpResponse:
    """Show where an administrator of a customer's tenant agrees to the application.

    The connection need not exist yet: the first time, `tenant` and `client_id` are given.
    """
    given = {name: req.params[name] for name in ("tenant", "client_id", "redirect") if name in req.params}
    return ok({"url": services.consent(req.route_params["connection"], given)})


class WorkItems(TypedDict):
    """The work items that fit best; there is no second page."""

    work_items: list[FoundItemView]
    continuation: None


@operation(
    blueprint, "GET connections/{connection}/projects", gives=Projects, parameters=(SEARCH, *PAGED), refuses=(404, 422)
)
def list_projects(req: func.HttpRequest) -> func.HttpResponse:
    """List the projects that a connection sees, by name."""
    found = services.browse.projects(req.route_params["connection"], req.params.get("search", ""))
    return page_of("projects", req, found, key=lambda project: str(project.id))


@operation(
    blueprint,
    "GET connections/{connection}/projects/{project}/work-item-types",
    gives=WorkItemTypes,
    parameters=(SEARCH, *PAGED),
    refuses=(404, 422),
)
def list_work_item_types(req: func.HttpRequest) -> func.HttpResponse:
    """List a project's types of work items, with states, categories, colours and required fields."""
    connection, project = req.route_params["connection"], req.route_params["project"]
    found = services.browse.work_item_types(connection, project, req.params.get("search", ""))
    return page_of("work_item_types", req, found, key=lambda one: str(one["name"]))


@operation(
    blueprint,
    "GET connections/{connection}/projects/{project}/area-paths",
    gives=AreaPaths,
    parameters=(SEARCH, *PAGED),
    refuses=(404, 422),
)
def list_area_paths(req: func.HttpRequest) -> func.HttpResponse:
    """List a project's area paths, such as `Web Shop\\Backend`."""
    connection, project = req.route_params["connection"], req.route_params["project"]
    return page_of(
        "area_paths", req, services.browse.area_paths(connection, project, req.params.get("search", "")), str
    )


@operation(
    blueprint,
    "GET connections/{connection}/projects/{project}/work-items",
    gives=WorkItems,
    parameters=(WORDS,),
    refuses=(404, 422),
)
def find_work_items(req: func.HttpRequest) -> func.HttpResponse:
    """Find work items to link, by their number or words of their titles: the 50 that were changed last."""
    connection, project = req.route_params["connection"], req.route_params["project"]
    return collection("work_items", services.browse.work_items(connection, project, req.params.get("search", "")), "")


def _shown(connection: Connection, *, status: int = 200) -> func.HttpResponse:
    return ok(_with_health(connection), status=status, headers={"ETag": connection.etag})


def _with_health(connection: Connection) -> ConnectionWithHealth:
    ends = services.expiries.of(connection)
    return {
        **connection.public(),
        "health": services.standing.view(connection.name),
        "credential_expires": moment(ends) if ends else None,
    }
