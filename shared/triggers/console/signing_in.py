"""The way in with the host key, and out again."""

import time
from urllib.parse import urlsplit

import azure.functions as func

from shared.console.addresses import BASE
from shared.console.sessions import Sessions
from shared.services import services
from shared.triggers.answers import answered
from shared.triggers.console.cookies import keep
from shared.triggers.console.visits import Visit, action, html, redirected

blueprint = func.Blueprint()


@blueprint.route("console/sign-in", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answered
def console_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    """Ask for the host key."""
    return html("sign_in.html", {"visit": None, "to": _own_path(req.params.get("to", ""))})


@blueprint.route("console/session", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@answered
def console_open_session(req: func.HttpRequest) -> func.HttpResponse:
    """Open a session for who holds the host key.

    The host itself judges the key, in a header: no page, form or address ever has it.
    """
    del req
    sessions = Sessions(services.console_key())
    response = func.HttpResponse(status_code=204, headers={"Cache-Control": "no-store"})
    keep(response, sessions, sessions.new(time.time(), signed_in=True), services.settings)
    return response


@action(blueprint, "sign-out")
def console_sign_out(visit: Visit) -> func.HttpResponse:
    """End this browser's session."""
    del visit
    response = redirected(f"{BASE}/sign-in")
    sessions = Sessions(services.console_key())
    keep(response, sessions, sessions.new(time.time()), services.settings)
    return response


def _own_path(path: str) -> str:
    """Return where to go on: a page of the console, never of another site."""
    parts = urlsplit(path)
    return path if not (parts.scheme or parts.netloc) and parts.path.startswith(f"{BASE}") else BASE
