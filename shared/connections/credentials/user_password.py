"""The classic technical user: a name and a password. It cannot pass a second factor.

https://learn.microsoft.com/entra/identity-platform/v2-oauth-ropc
"""

import json
from collections.abc import Mapping

from shared.connections.credentials.credential import AccessToken, Secret
from shared.connections.credentials.entra import Entra


def obtain(entra: Entra, details: Mapping[str, str], secret: Secret) -> AccessToken:
    """Sign in to Azure DevOps as the user."""
    stored = json.loads(secret.read())
    return entra.with_password(details, stored.get("client_secret"), stored["password"])
