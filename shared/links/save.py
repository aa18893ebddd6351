"""Saves a link: checked against the live project first, its service hooks in place before its row."""

from dataclasses import dataclass

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.projects import Project, get_project, work_item_types
from shared.connections.models import Connection
from shared.connections.organisations import Organisations
from shared.connections.store import ConnectionStore
from shared.errors import ConflictError, FieldProblem, NotFoundError, RejectedRequestError
from shared.links.models import KINDS, Link, LinkRequest
from shared.links.service_hooks import ServiceHooks
from shared.links.store import LinkStore, fits


@dataclass(frozen=True, slots=True)
class SaveLink:
    """The use case behind `PUT /links/{kind}/{asset}`."""

    store: LinkStore
    connections: ConnectionStore
    organisations: Organisations
    service_hooks: ServiceHooks

    def __call__(self, kind: str, asset: str, request: LinkRequest, *, if_match: str = "") -> Link:
        """Check and store a link, and provision its project's service hooks.

        Raises `RejectedRequestError` naming the field that is wrong, `ConflictError` when `if_match` is not the
        stored etag, and what Azure DevOps raises; then no link was stored.
        """
        _check_asset(kind, asset)
        stored = self.store.find(kind, asset)
        if if_match and (stored is None or if_match not in (stored.etag, "*")):
            raise ConflictError("The link is not the one that you read.", hint="Read it again.")
        connection = self._connection(request.connection)
        if stored and stored.connection != request.connection:
            raise ConflictError(
                f"The {kind} is linked through the connection {stored.connection}; its tickets live there.",
                hint="Keep the connection; project, type and tags may change.",
                status=409,
            )
        organisation = self.organisations.of(connection)
        project = _project(organisation, request.project)
        work_item_type = _type(organisation, project, request.work_item_type or connection.defaults.work_item_type)
        self.service_hooks.provide(organisation, connection, project.id)
        return self.store.save(
            Link(
                kind=kind,
                asset=asset,
                connection=connection.name,
                project_id=project.id,
                project=project.name,
                work_item_type=work_item_type,
                tags=connection.defaults.tags if request.tags is None else request.tags,
                etag=stored.etag if stored else "",
            )
        )

    def _connection(self, name: str) -> Connection:
        connection = self.connections.find(name)
        if connection is None:
            raise RejectedRequestError(
                f"There is no connection {name}.",
                hint="Create it first: PUT /api/connections/{connection}.",
                problems=[FieldProblem("/connection", "is not a connection")],
                status=422,
            )
        return connection


def _check_asset(kind: str, asset: str) -> None:
    if kind not in KINDS:
        raise NotFoundError(f"There are no assets of kind {kind}.", hint="Use application or environment.")
    if not asset.strip() or not fits(asset):
        problem = FieldProblem("asset", "is blank or too long")
        raise RejectedRequestError("The asset's id cannot be used.", hint="Use a shorter id.", problems=[problem])


def _project(organisation: Organisation, name: str) -> Project:
    try:
        return organisation.do(get_project(name))
    except NotFoundError as error:
        raise RejectedRequestError(
            f"The organisation has no project {name}, or the credential may not see it.",
            hint="Use the project's name or id as Azure DevOps shows it.",
            problems=[FieldProblem("/project", error.message)],
            status=422,
        ) from error


def _type(organisation: Organisation, project: Project, wanted: str) -> str:
    names = organisation.do(work_item_types(project.id))
    for name in names:
        if name.casefold() == wanted.casefold():
            return name
    known = ", ".join(sorted(names))
    raise RejectedRequestError(
        f"The project {project.name} has no work item type {wanted}.",
        hint=f'Send "work_item_type" with one of: {known}.',
        problems=[FieldProblem("/work_item_type", f"must be one of: {known}")],
        status=422,
    )
