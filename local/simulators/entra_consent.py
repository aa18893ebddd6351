"""The page on which an administrator agrees that an application may act in their tenant.

https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
Whoever opens it here is an administrator, and agrees.
"""

from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from local.simulators.directory import TENANT, Directory
from local.simulators.entra_clients import required
from local.simulators.entra_refusals import TokenError
from local.simulators.exchange import Asked


def consented(directory: Directory, asked: Asked, tenant: str) -> Response:
    """Make the application's object in the tenant, and go where the application wanted. Raises `TokenError`."""
    given = dict(asked.query)
    client_id, redirect = required(given, "client_id"), required(given, "redirect_uri")
    principal = directory.principal(client_id)
    if principal is None or principal.kind != "service_principal":
        message = f"Application with identifier '{client_id}' was not found in the directory '{TENANT}'."
        raise TokenError(400, "unauthorized_client", 700016, message)
    directory.admit(client_id, tenant)
    answer = {"admin_consent": "True", "tenant": tenant, "state": given.get("state", ""), "scope": given["scope"]}
    return RedirectResponse(f"{redirect}?{urlencode(answer)}", 302)
