"""One visit of a page: who comes, what is asked, and what they get; the declaration of pages and of what forms do."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func
from opentelemetry.trace import SpanKind

from shared.console.addresses import BASE, segment
from shared.console.rendering import HEADERS, rendered
from shared.console.sessions import Session, Sessions
from shared.console.words import Said
from shared.errors import BridgeError, RejectedRequestError, TransientError
from shared.services import services
from shared.telemetry.invocations import Invocation, invocation
from shared.telemetry.traces import PROPERTY, correlation_id
from shared.triggers.answers import CORRELATION_ID, status_of
from shared.triggers.console.access import NotSignedInError, visitor
from shared.triggers.console.cookies import keep, session_of
from shared.triggers.console.forms import read_form

log = logging.getLogger(__name__)
FORM_TOKEN = "form_token"  # noqa: S105  a field's name
TOKEN_HEADER = "X-Form-Token"  # noqa: S105  a header's name


@dataclass(frozen=True, slots=True)
class Page:
    """What a visitor gets to see."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where a form leads once its work is done, below `/api/console`, and what is said there."""

    path: str
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a browser."""

    request: func.HttpRequest
    visitor: str
    session: Session
    form: Mapping[str, str] = field(default_factory=dict)

    def route(self, *names: str) -> dict[str, str]:
        """Return those parts of the path."""
        return {name: self.request.route_params[name] for name in names}

    def query(self, *names: str) -> dict[str, str]:
        """Return those of these parameters of the query that say anything."""
        given = {name: str(self.request.params.get(name, "")).strip() for name in names}
        return {name: text for name, text in given.items() if text}


type Shows = Callable[[Visit], Page | Redirect | func.HttpResponse]
type Acts = Callable[[Visit], Page | Redirect | func.HttpResponse]


def page(blueprint: func.Blueprint, path: str) -> Callable[[Shows], Any]:
    """Make a handler the function that shows `/api/console/{path}`."""

    def declare(handler: Shows) -> Any:
        def show(visit: Visit, sessions: Sessions) -> func.HttpResponse:
            return _shown(handler(visit), visit, sessions)

        return _function(blueprint, path, "GET", handler, show)

    return declare


def action(blueprint: func.Blueprint, path: str) -> Callable[[Acts], Any]:
    """Make a handler the function that takes a form of the console; forms of other sites are refused."""

    def declare(handler: Acts) -> Any:
        def act(visit: Visit, sessions: Sessions) -> func.HttpResponse:
            form = read_form(visit.request)
            token = form.pop(FORM_TOKEN, "") or visit.request.headers.get(TOKEN_HEADER, "")
            if not sessions.is_form_token(token, visit.session, visit.visitor):
                raise RejectedRequestError(
                    "This form is not one of your own pages', or your session has ended.",
                    hint="Go back, load the page again, and send the form from there.",
                    status=403,
                )
            return _shown(handler(Visit(visit.request, visit.visitor, visit.session, form)), visit, sessions)

        return _function(blueprint, path, "POST", handler, act)

    return declare


def _function(
    blueprint: func.Blueprint,
    path: str,
    method: str,
    handler: Callable[[Visit], Any],
    serve: Callable[[Visit, Sessions], func.HttpResponse],
) -> Any:
    def answer(req: func.HttpRequest) -> func.HttpResponse:
        with invocation(handler.__name__, req.headers.get(PROPERTY), SpanKind.SERVER) as done:
            response = _answer(req, serve, done)
            response.headers[CORRELATION_ID] = correlation_id()
        return response

    answer.__name__, answer.__doc__, answer.__module__ = handler.__name__, handler.__doc__, handler.__module__
    route = f"console/{path}".rstrip("/")
    return blueprint.route(route, methods=[method], auth_level=func.AuthLevel.ANONYMOUS)(answer)


def _answer(
    req: func.HttpRequest, serve: Callable[[Visit, Sessions], func.HttpResponse], done: Invocation
) -> func.HttpResponse:
    try:
        sessions = Sessions(services.console_key())
        known = session_of(req, sessions)
        who = visitor(req, services.settings.console_access, known)
        done.about["visitor"] = who
        session = known or sessions.new(time.time())
        response = serve(Visit(req, who, session), sessions)
        if known is None:
            keep(response, sessions, session, services.settings)
        done.outcome = str(response.status_code)
    except NotSignedInError:
        response = redirected(f"{BASE}/sign-in?to={segment(_path(req))}")
        done.outcome = "not signed in"
    except BridgeError as error:
        response = failed(error)
        done.outcome, done.level = f"{response.status_code} {error.message!r}", logging.WARNING
    except Exception:  # a defect of ours: the visitor learns that it is
        log.exception("the console: unexpected")
        response = failed(TransientError("Something unexpected went wrong here; it was logged."))
        done.outcome, done.level = str(response.status_code), logging.ERROR
    return response


def failed(error: BridgeError) -> func.HttpResponse:
    """Return the page that says what went wrong, with the status that the API would answer."""
    status = status_of(error)
    values = {
        "title": HTTPStatus(status).phrase,
        "error": error,
        "correlation_id": correlation_id(),
        "visit": None,
    }
    return html("error.html", values, status=status)


def _shown(found: Page | Redirect | func.HttpResponse, visit: Visit, sessions: Sessions) -> func.HttpResponse:
    if isinstance(found, func.HttpResponse):
        return found
    if isinstance(found, Redirect):
        said = f"{'&' if '?' in found.path else '?'}said={found.said}" if found.said else ""
        return redirected(f"{BASE}{found.path}{said}")
    values = {
        "visit": visit,
        "form_token": sessions.form_token(visit.session, visit.visitor),
        "said": visit.request.params.get("said", ""),
        "here": urlsplit(_path(visit.request)).path,
        **found.values,
    }
    return html(found.template, values, status=found.status)


def html(template: str, values: Mapping[str, Any], *, status: int = 200) -> func.HttpResponse:
    """Answer with a page."""
    text = rendered(template, values)
    return func.HttpResponse(text, status_code=status, mimetype="text/html", charset="utf-8", headers=dict(HEADERS))


def redirected(path: str) -> func.HttpResponse:
    """Lead on to another page of the console, by a GET."""
    return func.HttpResponse(status_code=303, headers={"Location": path, "Cache-Control": "no-store"})


def _path(req: func.HttpRequest) -> str:
    """Return the path and query that a browser asked for."""
    parts = urlsplit(req.url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
