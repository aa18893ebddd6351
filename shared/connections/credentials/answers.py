"""What a refusal of Microsoft Entra ID means: one of our errors, in words for who must mend it. Pure.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
Entra's own description is left out: it repeats names of users, tenants and hosts, and is written for developers.
"""

import re
from collections.abc import Mapping
from typing import Any

from shared.errors import BridgeError, CredentialError, TransientError

_CODE = re.compile(r"AADSTS(\d{4,8})")
_PASSING = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
_PASSING_CODES = frozenset({50196, 90033, 90055})  # a loop detected, unavailable, throttled

_RENEWED = "Make a new client secret for the application in Entra and save the connection with its value."
_NO_PERSON = (
    "Use a credential that needs no person (service_principal, managed_identity), or sign in once by device code "
    "(kind signed_in_user)."
)
_SIGN_IN = "Sign in again: POST /api/connections/{connection}/sign-in."
_CONSENT = (
    "An administrator of the tenant must agree to the application: "
    "GET /api/connections/{connection}/consent has the address."
)
_MFA = ("The user must prove who they are by a second factor, and a password alone cannot.", _NO_PERSON)
_ENDED = ("The sign-in has expired or was revoked.", _SIGN_IN)
_ASSERTION = (
    "The application does not know this certificate or federated identity.",
    "Upload the certificate, or add the managed identity's federated credential, to the application in Entra.",
)
_TENANT = ("There is no such tenant.", "Check the tenant: the directory's id, or one of its domains.")
_CODE_ENDED = ("The code of the sign-in has expired.", "Start it again: POST /api/connections/{connection}/sign-in.")
_WORDS: Mapping[int, tuple[str, str]] = {
    7000215: ("The client secret is wrong.", f"Give the secret's value, not its id. {_RENEWED}"),
    7000222: ("The client secret has expired.", _RENEWED),
    90002: _TENANT,
    900023: _TENANT,
    700016: ("The application is not known in the tenant.", f"Check client_id and tenant. {_CONSENT}"),
    7000112: ("The application is disabled.", "Enable it in Entra: Enterprise applications, Properties."),
    7000218: ("The application wants a client secret or a certificate.", "Give one, or allow public client flows."),
    700027: _ASSERTION,
    700213: _ASSERTION,
    70021: _ASSERTION,
    700024: ("The proof of the application has expired.", "Check the clock, and the certificate's dates."),
    50076: _MFA,
    50079: _MFA,
    50158: _MFA,
    53003: (
        "A conditional access policy of the tenant blocks the sign-in.",
        "Ask its administrator to exempt this identity, or to allow where this app runs.",
    ),
    50126: ("The user name or the password is wrong.", "Save the connection with the right ones."),
    50034: ("The user is not known in the tenant.", "Check user_name and tenant."),
    50053: ("The account is locked: too many wrong sign-ins.", "Wait, then save the connection with the password."),
    50055: ("The user's password has expired.", "Change it, then save the connection with the new one."),
    50057: ("The user's account is disabled.", "Enable it in Entra."),
    700082: _ENDED,
    70008: _ENDED,
    70043: _ENDED,
    50173: _ENDED,
    50078: _ENDED,
    65001: ("Nobody has agreed yet that the application may act for users of the tenant.", _CONSENT),
    65004: ("The person declined.", "Start the sign-in again and agree to what the application asks for."),
    70020: _CODE_ENDED,
}
_UNKNOWN = ("Microsoft Entra ID refused the sign-in.", "Check the connection's credential.")
_BY_ERROR: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("invalid_grant", "invalid_client", "unauthorized_client", "interaction_required"), _UNKNOWN),
    "authorization_declined": ("The person declined.", "Start the sign-in again, and agree."),
    "access_denied": ("The person declined.", "Start the sign-in again, and agree."),
    "expired_token": _CODE_ENDED,
    "bad_verification_code": _CODE_ENDED,
    "code_expired": _CODE_ENDED,
}


def refused(answer: Mapping[str, Any]) -> BridgeError:
    """Return the error behind an answer of the token endpoint that holds no token.

    One that gives no reason, a proxy's page perhaps, is no refusal.
    """
    name = str(answer.get("error") or "")
    code = code_in(str(answer.get("error_description") or ""))
    if name in _PASSING or code in _PASSING_CODES or not (code or name in _BY_ERROR):
        return TransientError("Microsoft Entra ID could not sign us in now.")
    return _error(code, _BY_ERROR.get(name))


def refused_text(text: str) -> BridgeError:
    """Return the error behind an answer that msal only hands on as text: a tenant that discovery does not know."""
    code = code_in(text)
    if code in _WORDS:
        return _error(code, None)
    return TransientError("Microsoft Entra ID answered in an unexpected form.")


def code_in(text: str) -> int:
    """Return the number of the first AADSTS code, or 0."""
    found = _CODE.search(text)
    return int(found.group(1)) if found else 0


def _error(code: int, otherwise: tuple[str, str] | None) -> CredentialError:
    message, hint = _WORDS.get(code) or otherwise or _UNKNOWN
    if not code:
        return CredentialError(message, hint=hint)
    more = "" if code in _WORDS else f" https://login.microsoftonline.com/error?code={code} says more."
    return CredentialError(f"{message} (AADSTS{code})", hint=hint + more)
