"""Which kind of credential an account has."""

from collections.abc import Callable, Mapping

from shared.connections.credentials import managed_identity, service_principal, signed_in_user, user_password
from shared.connections.credentials.bearer import Bearer
from shared.connections.credentials.credential import AccessToken, Account, Credential, Secret
from shared.connections.credentials.entra import Entra
from shared.connections.credentials.personal_access_token import StoredToken

type TokenRefused = Callable[[str], None]
"""Hears the name of a managed token whose newest value Azure DevOps does not accept."""
type _Obtain = Callable[[Entra, Mapping[str, str], Secret], AccessToken]
_OBTAIN: Mapping[str, _Obtain] = {
    "service_principal": service_principal.obtain,
    "managed_identity": lambda _entra, details, _secret: managed_identity.azure_devops_token(details),
    "user_password": user_password.obtain,
    "signed_in_user": signed_in_user.obtain,
}


def credential_for(
    account: Account, secret: Secret, entra: Entra, *, refused_for: float, token_refused: TokenRefused
) -> Credential:
    """Return what signs in as an account."""
    if account.kind == "personal_access_token":
        return StoredToken(secret)
    if account.kind == "managed_token":
        return StoredToken(secret, lambda: token_refused(account.details["token"]))
    obtain = _OBTAIN[account.kind]
    return Bearer(lambda: obtain(entra, account.details, secret), refused_for=refused_for)
