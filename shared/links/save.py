"""Saves a link: checked against the live project first, its service hooks in place before its row."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from shared.conditions import ANY, Condition
from shared.connections.models import Connection, ConnectionState
from shared.connections.organisations import Organisations
from shared.connections.save import UnfitConventions
from shared.connections.store import ConnectionStore
from shared.errors import ConflictError, FieldProblem, NotFoundError, RejectedRequestError
from shared.links.checking import check
from shared.links.models import KINDS, Existing, Link, LinkRequest, LinkState
from shared.links.service_hooks import ServiceHooks
from shared.links.store import LinkStore, fits

type Moving = Callable[[Link, Link, Existing | None], Link]
"""Of the stored link, the wanted one and what was asked for its tickets: the wanted one with what it must remember."""


@dataclass(frozen=True, slots=True)
class SaveLink:
    """The use case behind `PUT /links/{kind}/{asset}`."""

    store: LinkStore
    connections: ConnectionStore
    organisations: Organisations
    service_hooks: ServiceHooks
    moving: Moving
    unfit_conventions: UnfitConventions

    def __call__(
        self,
        kind: str,
        asset: str,
        request: LinkRequest,
        condition: Condition = ANY,
        existing: Existing | None = None,
    ) -> Link:
        """Check and store a link, and provision its project's service hooks.

        Raises `RejectedRequestError` naming everything that is wrong, `ConflictError` when the stored link is not as
        expected (412), is being deleted, or has tickets of which `existing` does not say what becomes of them (409),
        and what Azure DevOps raises; then no link was stored.
        """
        check_asset(kind, asset)
        stored = self.store.find(kind, asset)
        condition.check(stored.etag if stored else None, what="link")
        if stored and stored.state is LinkState.DELETING:
            raise being_deleted(kind, asset)
        connection = self._connection(request.connection)
        wanted = self._checked(kind, asset, request, connection)
        if stored:
            wanted = replace(self.moving(stored, wanted, existing), etag=stored.etag)
        self.service_hooks.provide(self.organisations.of(connection), connection, wanted.project_id)
        saved = self.store.save(wanted)
        self._delete_with_connection(saved)
        return saved

    def _delete_with_connection(self, link: Link) -> None:
        """Whoever deletes a connection looks for its links *after* marking it; one saved after that is found here."""
        try:
            self._connection(link.connection)
        except RejectedRequestError:
            self.store.save(replace(link, state=LinkState.DELETING))
            raise

    def _checked(self, kind: str, asset: str, request: LinkRequest, connection: Connection) -> Link:
        making = request.own.over(connection.defaults)
        found = check(self.organisations.of(connection), request.project, making, connection.tag)
        problems = (*found.problems, *self.unfit_conventions(request.registries or ()))
        if found.project is None or problems:
            raise _wrong(problems)
        own = request.own
        if own.work_item_type:
            own = own.model_copy(update={"work_item_type": found.work_item_type})
        if own.fields:
            own = own.model_copy(update={"fields": {found.fields[name]: value for name, value in own.fields.items()}})
        return Link(
            kind=kind,
            asset=asset,
            connection=connection.name,
            project_id=found.project.id,
            project=found.project.name,
            own=own,
            enabled=request.enabled,
            grouping=making.grouping,
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
        if connection.state is not ConnectionState.ACTIVE:
            raise ConflictError(f"The connection {name} is being deleted.", hint="Use another one.", status=409)
        return connection


def check_asset(kind: str, asset: str) -> None:
    """Raise for what no asset can be called."""
    if kind not in KINDS:
        raise NotFoundError(f"There are no assets of kind {kind}.", hint="Use application or environment.")
    if not asset.strip() or not fits(asset):
        problem = FieldProblem("asset", "is blank or too long")
        raise RejectedRequestError("The asset's id cannot be used.", hint="Use a shorter id.", problems=[problem])


def being_deleted(kind: str, asset: str) -> ConflictError:
    """What is answered while a link's tickets are being let go."""
    return ConflictError(
        f"The link of the {kind} {asset} is being deleted.", hint="Link it again when it is gone.", status=409
    )


def _wrong(problems: tuple[FieldProblem, ...]) -> RejectedRequestError:
    first = problems[0]
    more = f" (and {len(problems) - 1} more, see problems)" if len(problems) > 1 else ""
    return RejectedRequestError(
        f"The link cannot be used: {first.field} {first.message}{more}.",
        hint="Correct what is named in problems and send it again; nothing was stored.",
        problems=problems,
        status=400,
    )
