"""Says what a connection can do, in the order in which things fail: sign in, belong, and each right by name."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypedDict

from shared.azure_devops.organisation import Call, Organisation
from shared.azure_devops.projects import list_projects, who_am_i, work_item_types
from shared.azure_devops.repositories import list_repositories
from shared.azure_devops.subscriptions import web_hooks
from shared.azure_devops.work_items import add_fields, validate_create
from shared.connections.credentials.credential import claims_of
from shared.connections.models import Connection
from shared.connections.organisations import Organisations
from shared.connections.store import ConnectionStore
from shared.errors import BridgeError, CredentialError, NotFoundError, RefusedError, TransientError

_SAMPLE = add_fields({"System.Title": "A check of this connection: nothing is created"})
_NOT_A_MEMBER = "TF401444"
HOW_TO_READ_CODE = "Access level Basic, since Stakeholder has no code, and 'Read' {where}; scope vso.code for a token."
"""How the right to read code is granted; `where` is a project in words."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where work items of the connection go: a project and a type."""

    project: str
    work_item_type: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried; `passing`: nothing answered, so nothing is known of it, and another time tells."""

    name: str
    ok: bool
    message: str
    hint: str = ""
    passing: bool = False


class StepsView(TypedDict):
    """What was tried, in the order in which things fail; the first two end it when they fail."""

    steps: list[Step]


@dataclass(frozen=True, slots=True)
class CheckConnection:
    """The use case behind `POST /connections/{connection}/check`. `linked` says where a link of it points, if any."""

    store: ConnectionStore
    organisations: Organisations
    linked: Callable[[str], Place | None]

    def __call__(self, name: str) -> StepsView:
        """Try everything that the connection is for, changing nothing. Raises `NotFoundError` for no connection."""
        connection = self.store.get(name)
        return {"steps": self._steps(connection)}

    def lacking(self, connection: Connection, organisation: Organisation) -> frozenset[str]:
        """Return by name what whoever is signed in to an organisation may not do of what a connection is for."""
        return frozenset(step.name for step in self._rights(connection, organisation) if not step.ok)

    def _steps(self, connection: Connection) -> list[Step]:
        token, claims = self._signed_in(connection)
        if not token.ok:
            return [token]
        organisation = self.organisations.of(connection)
        member = _tried("member", lambda: _member(organisation), lambda error: _how_to_add(error, claims))
        if not member.ok:
            return [token, member]
        return [token, member, *self._rights(connection, organisation)]

    def _signed_in(self, connection: Connection) -> tuple[Step, dict[str, Any]]:
        claims: dict[str, Any] = {}

        def sign_in() -> str:
            header = self.organisations.credential(connection).authorization(renew=False)
            claims.update(claims_of(header) if header.startswith("Bearer ") else {})
            return f"Signed in as {_holder(claims)}." if claims else "The personal access token is in Key Vault."

        return _tried("token", sign_in, lambda error: error.hint), claims

    def _rights(self, connection: Connection, organisation: Organisation) -> list[Step]:
        try:
            place = self.linked(connection.name) or _any_place(connection, organisation)
        except BridgeError as error:
            passing = isinstance(error, TransientError)
            return [Step("projects", ok=False, message=error.message, hint=error.hint, passing=passing)]
        if place is None:
            hint = "Add the identity to a project, for example to its group Contributors."
            return [Step("projects", ok=False, message="The identity sees no project.", hint=hint)]
        return [_right(organisation, *right) for right in _rights_in(place)]


type _Right = tuple[str, Callable[[Organisation], object], str, str]


def _rights_in(place: Place) -> list[_Right]:
    """Return for each right what needs it, what it lets one do, and how it is granted."""
    where = f"in project {place.project}"
    work = "Scope vso.work_write for a token; else"
    return [
        (
            "work_items_read",
            _asking(work_item_types(place.project)),
            f"read work items {where}",
            f"{work} 'View work items in this node' {where}, and access level Basic or Stakeholder.",
        ),
        (
            "work_items_create",
            _asking(validate_create(place.project, place.work_item_type, _SAMPLE)),
            f"create work items of type {place.work_item_type} {where}",
            f"{work} 'Edit work items in this node' {where}: the group Contributors has it.",
        ),
        (
            "service_hooks",
            _asking(web_hooks()),
            "see service hooks",
            f"Make it a project administrator {where}, or grant View and Edit subscriptions (ServiceHooks).",
        ),
        (
            "code",
            partial(_read_code, place.project),
            f"read code {where}",
            HOW_TO_READ_CODE.format(where=where),
        ),
    ]


def _asking(call: Call[Any]) -> Callable[[Organisation], object]:
    return lambda organisation: organisation.do(call)


def _read_code(project: str, organisation: Organisation) -> None:
    """Azure DevOps leaves out what may not be read, and answers as if there were nothing."""
    if not organisation.do(list_repositories(project)):
        raise RefusedError("No repository is to be seen: there is none, or it may read none of them.")


def _right(
    organisation: Organisation, name: str, needs: Callable[[Organisation], object], what: str, hint: str
) -> Step:
    def ask() -> str:
        needs(organisation)
        return f"It may {what}."

    missing = (CredentialError, RefusedError, NotFoundError)
    step = _tried(name, ask, lambda error: hint if isinstance(error, missing) else error.hint)
    return step if step.ok or step.passing else replace(step, message=f"It may not {what}: {step.message}")


def _tried(name: str, ask: Callable[[], str], hint: Callable[[BridgeError], str]) -> Step:
    try:
        return Step(name, ok=True, message=ask())
    except BridgeError as error:
        return Step(name, ok=False, message=error.message, hint=hint(error), passing=isinstance(error, TransientError))


def _member(organisation: Organisation) -> str:
    return f"The organisation knows it as {organisation.do(who_am_i()).name}."


def _how_to_add(error: BridgeError, claims: dict[str, Any]) -> str:
    if _NOT_A_MEMBER not in error.message or not claims:
        return error.hint
    return (
        f"Add {_holder(claims)} to the organisation: Organization settings, Users, Add users, access level Basic, "
        "with a project group. For an application take the object id of its service principal (Enterprise "
        "applications), not of the app registration."
    )


def _holder(claims: dict[str, Any]) -> str:
    user = claims.get("upn") or claims.get("preferred_username")
    if user:
        return f"the user {user} (object id {claims.get('oid')})"
    return f"the service principal {claims.get('appid')} (object id {claims.get('oid')})"


def _any_place(connection: Connection, organisation: Organisation) -> Place | None:
    found = organisation.do(list_projects(at_most=1)).entries
    return Place(found[0].name, connection.defaults.work_item_type) if found else None
