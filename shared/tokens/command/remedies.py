"""What to do about a refusal, in the words of whoever runs the command: there are no connections to save here."""

from collections.abc import Mapping

from shared.connections.credentials.answers import code_in
from shared.errors import BridgeError, ConfigurationError, CredentialError

_USER = "Set AZURE_USERNAME and AZURE_PASSWORD to the right ones."
_SIGN_IN = "Sign in once by device code, multifactor included: python -m shared.tokens sign-in …"
_AGAIN = "Sign in again: python -m shared.tokens sign-in …"
_SECRET = "Set AZURE_CLIENT_SECRET to the value (not the id) of a client secret that has not expired."  # noqa: S105
_CONSENT = "An administrator of the tenant must agree to the application: Entra, Enterprise applications, Permissions."
_REMEDIES: Mapping[int, str] = {
    50126: _USER,
    50034: "Check AZURE_USERNAME and AZURE_TENANT_ID.",
    50053: "Wait until the account is free again, then set AZURE_PASSWORD to the right one.",
    50055: "Change the user's password, then set AZURE_PASSWORD to the new one.",
    **dict.fromkeys((50076, 50079, 50158), _SIGN_IN),
    **dict.fromkeys((700082, 70008, 70043, 50173, 50078, 70020), _AGAIN),
    **dict.fromkeys((7000215, 7000222), _SECRET),
    **dict.fromkeys((90002, 900023), "Check AZURE_TENANT_ID: the directory's id, or one of its domains."),
    700016: f"Check AZURE_CLIENT_ID and AZURE_TENANT_ID. {_CONSENT}",
    65001: _CONSENT,
}


def hint_of(error: BridgeError) -> str:
    """Return what to do about an error."""
    if isinstance(error, ConfigurationError):
        return "Correct it and run it again: python -m shared.tokens --help."
    if isinstance(error, CredentialError):
        return _REMEDIES.get(code_in(error.message), error.hint)
    return error.hint
