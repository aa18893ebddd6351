"""The use cases of personal access tokens, as the user whom a connection signs in."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from shared.azure_devops import personal_access_tokens as pats
from shared.azure_devops.organisation import Organisation
from shared.errors import ConflictError, FieldProblem, NotFoundError, RejectedRequestError, UnknownError
from shared.shown import moment
from shared.tokens.making import Place, check_end, make
from shared.tokens.requests import ChangedTokenRequest, TokenToMake
from shared.tokens.showing import ChangedTokenView, TokenView, cut_short, shown

type Order = Literal["name", "date", "status"]
ORDERS: dict[Order, pats.Order] = {"name": "displayName", "date": "displayDate", "status": "status"}
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

type InUse = Callable[[str, str], str]
"""What a token (of a connection, by its authorization id) is in use for; empty where nothing of ours needs it."""


class Opens(Protocol):
    """Opens the API of the tokens of a user."""

    def open(self, name: str) -> Organisation:
        """Return that of a connection's user. Raises `NotFoundError`, `CredentialError`."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Which tokens a list shows, and in which order."""

    show: pats.Show = "active"
    order: Order = "name"
    descending: bool = False
    at_most: int = pats.LARGEST_PAGE

    @property
    def filters(self) -> list[object]:
        """What all pages of a list have in common."""
        return [self.show, self.order, self.descending]


@dataclass(frozen=True, slots=True)
class PersonalAccessTokens:
    """The use cases behind `/connections/{connection}/personal-access-tokens`.

    Each raises `NotFoundError` for no such connection, `CredentialError` where it signs in no user, and what Azure
    DevOps says no with.
    """

    owners: Opens
    in_use: InUse

    def list(self, connection: str, listing: Listing, after: str = "") -> tuple[list[TokenView], str]:
        """Return a page of the user's tokens, and what comes before the next one, empty at the end.

        Raises `RejectedRequestError` when `after` belongs to a list with other filters.
        """
        call = pats.list_tokens(
            _continued(listing, after),
            show=listing.show,
            order=ORDERS[listing.order],
            ascending=not listing.descending,
            at_most=listing.at_most,
        )
        page = self.owners.open(connection).do(call)
        last = json.dumps([*listing.filters, page.continuation]) if page.continuation else ""
        return [shown(token) for token in page.entries], last

    def get(self, connection: str, authorization_id: str) -> TokenView:
        """Return one token. Raises `NotFoundError`."""
        return shown(self.owners.open(connection).do(pats.get_token(_checked(authorization_id))))

    def create(self, connection: str, request: TokenToMake, place: Place) -> tuple[ChangedTokenView, str]:
        """Create a token and put its value into its place; returns the token, and what the place says of the value.

        One whose value could not be stored is revoked. Raises `ConflictError` for a place that is somebody else's,
        and `UnknownError` with how to find what may have been made.
        """
        organisation = self.owners.open(connection)
        try:
            made = make(organisation, request.name, request.granted, request.valid_to, place)
        except UnknownError as error:
            raise _perhaps(connection, request.name, error) from error
        return {**shown(made.token), "warnings": cut_short(made.token, request.valid_to)}, made.where

    def update(
        self, connection: str, authorization_id: str, request: ChangedTokenRequest, *, confirmed: bool = False
    ) -> ChangedTokenView:
        """Change what is given of a token; its value stays.

        Raises `NotFoundError`, and `ConflictError` (409) for one that is in use here unless it is `confirmed`.
        """
        organisation = self.owners.open(connection)
        self._check_unused(connection, authorization_id, "change", confirmed=confirmed)
        if request.valid_to:
            check_end(request.valid_to)
        call = pats.update_token(
            _checked(authorization_id), name=request.name or "", scopes=request.granted, valid_to=request.valid_to
        )
        changed = organisation.do(call)
        return {**shown(changed), "warnings": cut_short(changed, request.valid_to)}

    def revoke(self, connection: str, authorization_id: str, *, confirmed: bool = False) -> None:
        """Revoke a token at once and for good.

        Raises `NotFoundError`, and `ConflictError` (409) for one that is in use here unless it is `confirmed`.
        """
        organisation = self.owners.open(connection)
        self._check_unused(connection, authorization_id, "revoke", confirmed=confirmed)
        organisation.do(pats.revoke_token(_checked(authorization_id)))

    def _check_unused(self, connection: str, authorization_id: str, what: str, *, confirmed: bool) -> None:
        use = "" if confirmed else self.in_use(connection, _checked(authorization_id))
        if use:
            raise ConflictError(
                f"The token is in use: {use}.", hint=f"Say ?confirm=true to {what} it nevertheless.", status=409
            )


def _checked(authorization_id: str) -> str:
    if not _ID.fullmatch(authorization_id):
        raise NotFoundError("There is no such personal access token.", hint="Its id is the one that the list shows.")
    return authorization_id.lower()


def _continued(listing: Listing, after: str) -> str:
    """Return the service's own token of a page. It is worth something only with the filters that it was given for."""
    if not after:
        return ""
    with suppress(ValueError, TypeError):
        *filters, continuation = json.loads(after)
        if filters == listing.filters and isinstance(continuation, str):
            return continuation
    raise RejectedRequestError(
        "The continuation belongs to another list.",
        hint="Send it with the same show, sort and descending, or leave it out.",
        problems=[FieldProblem("continuation", "belongs to a list with other filters")],
    )


def _perhaps(connection: str, name: str, error: UnknownError) -> UnknownError:
    where = f"GET /api/connections/{connection}/personal-access-tokens?show=all"
    return UnknownError(
        f"{error.message} The token may have been made.",
        hint=f"Look for “{name}”, begun about {moment(datetime.now(UTC))}: {where}. If it is there, revoke it, for its "
        "value is lost; then ask again.",
    )
