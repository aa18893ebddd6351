"""The cookie that stands for a session: out of reach of scripts, and not brought along by other sites' forms."""

import time
from http.cookies import CookieError, SimpleCookie

import azure.functions as func

from shared.console.addresses import BASE
from shared.console.sessions import Session, Sessions
from shared.settings import Settings

NAME = "bridge-console"


def session_of(req: func.HttpRequest, sessions: Sessions) -> Session | None:
    """Return the session of a request's cookie, if that is one of ours and has not ended."""
    try:
        cookie = SimpleCookie(req.headers.get("Cookie", "")).get(NAME)
    except CookieError:
        return None
    return sessions.read(cookie.value, time.time()) if cookie else None


def keep(response: func.HttpResponse, sessions: Sessions, session: Session, settings: Settings) -> None:
    """Give the browser a session's cookie, over TLS only where people reach the app by TLS."""
    secure = "; Secure" if settings.public_url.startswith("https://") else ""
    response.headers["Set-Cookie"] = f"{NAME}={sessions.cookie(session)}; Path={BASE}; HttpOnly; SameSite=Lax{secure}"
