"""A user who signed in once, by device code; from then on a refresh token signs in.

https://learn.microsoft.com/entra/identity-platform/refresh-tokens
"""

import json
from collections.abc import Mapping
from datetime import timedelta

from shared.connections.credentials.credential import AccessToken, Secret
from shared.connections.credentials.entra import Entra

LIFETIME = timedelta(days=90)
"""How long a refresh token is worth something that nobody uses; each use renews it.

https://learn.microsoft.com/entra/identity-platform/refresh-tokens#token-lifetime
"""


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
