"""A user who signed in once, by device code; from then on a refresh token signs in.

https://learn.microsoft.com/entra/identity-platform/refresh-tokens
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from shared.connections.credentials.credential import AccessToken, Secret
from shared.connections.credentials.entra import Entra

# https://learn.microsoft.com/entra/identity-platform/refresh-tokens#token-lifetime
_LIFETIME = timedelta(days=90)


def obtain(entra: Entra, details: Mapping[str, str], secret: Secret) -> AccessToken:
    """Go on as the user.

    The refresh token is read each time, for another instance may have renewed it; a new one is stored before
    anything is done with what came with it, so that it cannot be lost.
    """
    refresh_token = json.loads(secret.read())["refresh_token"]
    token, newer = entra.with_refresh_token(details, refresh_token)
    if newer != refresh_token:
        secret.replace(stored_form(newer))
    return token


def stored_form(refresh_token: str) -> str:
    """Return how Key Vault holds it."""
    return json.dumps({"refresh_token": refresh_token})


def ends_unused() -> datetime:
    """Return when a refresh token ends that was given just now, if nobody uses it: each use gives another one."""
    return datetime.now(UTC) + _LIFETIME
