"""The app's own identity in Azure: nothing is stored at all.

https://learn.microsoft.com/azure/app-service/overview-managed-identity
"""

import time
from collections.abc import Mapping

from shared.connections.credentials.credential import AZURE_DEVOPS_SCOPE, AccessToken
from shared.errors import CredentialError, TransientError

_HINT = "Switch the function app's identity on (Identity, in the portal), or give the client_id of one assigned to it."


def azure_devops_token(details: Mapping[str, str]) -> AccessToken:
    """Sign in to Azure DevOps as the system-assigned identity, or as the one that `client_id` names."""
    return token_for(AZURE_DEVOPS_SCOPE, details.get("client_id"))


def token_for(scope: str, client_id: str | None) -> AccessToken:
    """Return a token of the app's identity for a scope. Raises `CredentialError` when it has none.

    Each call makes a client of its own, since a client keeps tokens that may have been refused.
    """
    from azure.core.exceptions import AzureError, ClientAuthenticationError  # noqa: PLC0415
    from azure.identity import ManagedIdentityCredential  # noqa: PLC0415

    with ManagedIdentityCredential(client_id=client_id) as identity:
        try:
            found = identity.get_token(scope)
        except ClientAuthenticationError as error:
            # What the identity endpoint says may be an address inside Azure: nothing that helps the reader.
            raise CredentialError("The app's managed identity gives no token.", hint=_HINT) from error
        except AzureError as error:
            raise TransientError("The app's managed identity could not be reached.") from error
    return AccessToken(found.token, found.expires_on - time.time())
