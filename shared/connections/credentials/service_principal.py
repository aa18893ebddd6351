"""An application that acts as itself, proved by a client secret, a certificate or the app's own managed identity.

https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/service-principal-managed-identity
"""

import json
from collections.abc import Mapping

from shared.connections.credentials.credential import AccessToken, Secret
from shared.connections.credentials.entra import Entra, Proof
from shared.connections.credentials.managed_identity import token_for

_EXCHANGE = "api://AzureADTokenExchange/.default"
"""https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity"""


def obtain(entra: Entra, details: Mapping[str, str], secret: Secret) -> AccessToken:
    """Sign in to Azure DevOps as the application."""
    return entra.as_application(details, _proof(details, secret))


def _proof(details: Mapping[str, str], secret: Secret) -> Proof:
    if details["proof"] == "federated":
        # Obtained here and not inside msal, whose errors would hide ours.
        assertion = token_for(_EXCHANGE, details.get("managed_identity")).value
        return {"client_assertion": lambda: assertion}
    stored = json.loads(secret.read())
    if details["proof"] == "certificate":
        pem = stored["certificate"]  # the key and the certificate: each is found in it
        return {"private_key": pem, "public_certificate": pem}
    return str(stored["client_secret"])
