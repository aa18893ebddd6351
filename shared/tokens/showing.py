"""A personal access token as the API shows it: never its value."""

from datetime import datetime, timedelta
from typing import TypedDict

from shared.azure_devops.personal_access_tokens import PersonalAccessToken
from shared.shown import Moment, moment
from shared.tokens.scopes import FULL_ACCESS, sorted_once

_EXACT = timedelta(seconds=1)
"""The service is asked in whole seconds."""


class TokenView(TypedDict):
    """A token. `valid_to` is what Azure DevOps granted; `all_organisations` says that all of the user's take it."""

    authorization_id: str
    name: str
    scopes: list[str]
    full_access: bool
    valid_from: Moment
    valid_to: Moment
    all_organisations: bool


class ChangedTokenView(TokenView):
    """A token that was just changed; `warnings` say what is not as it was asked for."""

    warnings: list[str]


class SecretView(TypedDict):
    """Where a value lies in Key Vault."""

    name: str
    version: str


class NewTokenView(ChangedTokenView):
    """A token that was just created, and where its value is."""

    secret: SecretView


def shown(token: PersonalAccessToken) -> TokenView:
    """Return a token as answers have it."""
    return {
        "authorization_id": token.authorization_id,
        "name": token.name,
        "scopes": [scope for scope in sorted_once(token.scopes) if scope != FULL_ACCESS],
        "full_access": FULL_ACCESS in token.scopes,
        "valid_from": moment(token.valid_from),
        "valid_to": moment(token.valid_to),
        "all_organisations": token.organisations is None,
    }


def cut_short(token: PersonalAccessToken, asked: datetime | None) -> list[str]:
    """Return a warning where a token ends earlier than was asked for."""
    if asked is None or token.valid_to >= asked - _EXACT:
        return []
    granted = f"Azure DevOps granted it until {moment(token.valid_to)} only, not until {moment(asked)}"
    return [f"{granted}: a policy of the tenant, or the service itself, limits how long a token lives."]
