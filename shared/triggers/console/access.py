"""Who may see the console: by App Service authentication, by the host key, or whoever is at this machine."""

import ipaddress
from urllib.parse import urlsplit

import azure.functions as func

from shared.console.sessions import Session
from shared.errors import RejectedRequestError
from shared.settings import ConsoleAccess

# Set by the platform on a request that it has authenticated; it removes them from all others, but only where App
# Service authentication is on: https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
_PRINCIPAL = "X-MS-CLIENT-PRINCIPAL-NAME"
_PRINCIPAL_ID = "X-MS-CLIENT-PRINCIPAL-ID"
KEY_HOLDER = "the host key's holder"
ON_THIS_MACHINE = "somebody at this machine"


class NotSignedInError(Exception):
    """The visitor has to give the host key first."""


def visitor(req: func.HttpRequest, access: ConsoleAccess, session: Session | None) -> str:
    """Return who asks, in words for the log.

    Raises `NotSignedInError`, and `RejectedRequestError` (403) where nobody can sign in.
    """
    match access:
        case ConsoleAccess.APP_SERVICE:
            return _principal(req)
        case ConsoleAccess.OPEN:
            return _at_this_machine(req)
    if session is None or not session.signed_in:
        raise NotSignedInError
    return KEY_HOLDER


def _principal(req: func.HttpRequest) -> str:
    name = req.headers.get(_PRINCIPAL) or req.headers.get(_PRINCIPAL_ID)
    if not name:
        raise RejectedRequestError(
            "Nobody was signed in by App Service authentication.",
            hint="Turn App Service authentication on for this app, or set CONSOLE_ACCESS to key.",
            status=403,
        )
    return str(name)


def _at_this_machine(req: func.HttpRequest) -> str:
    """A page elsewhere may have a name of its own that leads to 127.0.0.1: the browser then sends that name."""
    host = urlsplit(f"//{req.headers.get('Host', '')}").hostname or ""
    if not _is_loopback(host):
        raise RejectedRequestError(
            "This console is open to whoever is at its machine, and to nobody else.",
            hint="Open it at 127.0.0.1, or set CONSOLE_ACCESS to key.",
            status=403,
        )
    return ON_THIS_MACHINE


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
