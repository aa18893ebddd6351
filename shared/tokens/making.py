"""Makes a personal access token whose value goes to one place; what could not be put there is revoked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from shared.azure_devops import personal_access_tokens as pats
from shared.azure_devops.organisation import Organisation
from shared.azure_devops.personal_access_tokens import NewToken, PersonalAccessToken
from shared.errors import BridgeError, FieldProblem, RejectedRequestError, UnknownError


class Place(Protocol):
    """Where a new token's value goes."""

    def check(self) -> None:
        """Raise what keeps a value from being put there, before there is one."""

    def store(self, made: NewToken) -> str:
        """Put the value there; returns what says which one it is: a version, or nothing."""

    def stored_nevertheless(self, made: NewToken) -> str | None:
        """Say after a failure what `store` would have returned; empty for not stored, None where it cannot be told."""


@dataclass(frozen=True, slots=True)
class Made:
    """A token, and what its place said of its value."""

    token: PersonalAccessToken
    where: str


def make(
    organisation: Organisation,
    name: str,
    scopes: tuple[str, ...],
    valid_to: datetime,
    place: Place,
    *,
    ready: Callable[[NewToken], NewToken] = lambda made: made,
    leave_unknown: bool = False,
) -> Made:
    """Make a token, have `ready` see to it, and put its value into its place.

    One that did not get there is revoked. So is one of which that cannot be told, unless `leave_unknown`. Raises what
    the place, `ready` and Azure DevOps raise; `UnknownError` where a token may be there whose value nobody knows.
    """
    check_end(valid_to)
    place.check()
    made = organisation.do(pats.create_token(name, scopes, valid_to))
    try:
        made = ready(made)
    except BridgeError as error:
        _take_back(organisation, made, error)
        raise
    return Made(made.token, _stored(organisation, place, made, leave_unknown=leave_unknown))


def check_end(valid_to: datetime) -> None:
    """Raise `RejectedRequestError` (422) for a token that would be over already."""
    if valid_to <= datetime.now(UTC):
        raise RejectedRequestError(
            "The token would be over already.",
            hint="Give a valid_to that lies in the future.",
            problems=[FieldProblem("/valid_to", "must lie in the future")],
            status=422,
        )


def _stored(organisation: Organisation, place: Place, made: NewToken, *, leave_unknown: bool) -> str:
    try:
        return place.store(made)
    except BridgeError as error:
        where = place.stored_nevertheless(made)
        if where:
            return where
        if where == "" or not leave_unknown:
            _take_back(organisation, made, error)
        raise


def _take_back(organisation: Organisation, made: NewToken, error: BridgeError) -> None:
    """Revoke what nobody will ever know the value of."""
    try:
        organisation.do(pats.revoke_token(made.token.authorization_id))
    except BridgeError as another:
        raise UnknownError(
            f"{error.message} The token {made.token.authorization_id} was made, and could not be revoked: "
            f"{another.message}",
            hint="Revoke it: nobody knows its value.",
        ) from error
