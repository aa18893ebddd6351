"""`/connections/{connection}/registries`: what a repository registers."""

from typing import TypedDict, get_args
from urllib.parse import quote, urlencode

import azure.functions as func

from shared.errors import FieldProblem, RejectedRequestError
from shared.registries.keeping.readings import State
from shared.registries.keeping.registries import Pending
from shared.registries.keeping.showing import AnswerView, CommitView, Form, shown
from shared.services import services
from shared.triggers.answers import ok
from shared.triggers.operations import JSON, Other, operation
from shared.triggers.parameters import AGAINST, FORMAT, IF_CHANGED, REF

blueprint = func.Blueprint()
_MERMAID, _TEXT, _SVG = "text/vnd.mermaid", "text/plain", "image/svg+xml"
_FORMS: dict[str, Form] = {JSON: "json", _MERMAID: "mermaid", _TEXT: "mermaid", _SVG: "svg"}
_MEDIA_TYPES: dict[Form, str] = {"json": JSON, "mermaid": _MERMAID, "svg": _SVG}
_ANY = ("*/*", "application/*")
_NAMES = ("connection", "project", "repository")
_RETRY_AFTER = 2
_OF_ANY = {
    # Whoever has it asks again each time: a branch moves when it likes.
    "Cache-Control": "private, no-cache",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
    # Opened by itself, an SVG is a page, with scripts if somebody managed to get one in.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}


class FailureView(TypedDict):
    """Why the last attempt did not succeed."""

    message: str
    hint: str


class PendingView(TypedDict):
    """A commit that is not read yet: how far it is, how often it was tried, and what kept the last attempt from it."""

    at: CommitView
    state: State
    attempts: int
    problem: FailureView | None


@operation(
    blueprint,
    "GET connections/{connection}/registries/{project}/{repository}",
    gives=AnswerView,
    texts=(_MERMAID, _SVG),
    headers={"ETag": "Of this very answer, for `If-None-Match`."},
    parameters=(REF, AGAINST, FORMAT, IF_CHANGED),
    others={
        202: Other(
            "It is read by a queue: ask again.",
            PendingView,
            {"Retry-After": "Seconds to wait.", "Location": "Where to ask again."},
        ),
        304: Other("It is still what the `ETag` stands for; nothing was read but refs."),
    },
    refuses=(404, 406, 409, 422),
)
def read_registry(req: func.HttpRequest) -> func.HttpResponse:
    """Show what a repository's source registers under which name and what it depends on; nothing of it is executed.

    As JSON, Mermaid or SVG, by `Accept` or `?format=`. `?against=` shows what differs from another commit;
    a picture then marks what came, went and changed.
    What is large, and was never read, is answered with 202 until a queue has read it; if that fails, with the reason.
    """
    form, ref, against = _form(req), req.params.get("ref", ""), req.params.get("against", "")
    connection, project, repository = (req.route_params[name] for name in _NAMES)
    question = services.registries.question(connection, project, repository, ref, against)
    headers = {"ETag": question.etag(form), **_OF_ANY}
    if _is_known(req, headers["ETag"]):
        return func.HttpResponse(status_code=304, headers=headers)
    found = services.registries.answer(question)
    if isinstance(found, Pending):
        return _pending(req, found)
    return _shown(shown(question, found, form), form, headers)


def _shown(text: str, form: Form, headers: dict[str, str]) -> func.HttpResponse:
    return func.HttpResponse(text, status_code=200, mimetype=_MEDIA_TYPES[form], charset="utf-8", headers=headers)


def _pending(req: func.HttpRequest, pending: Pending) -> func.HttpResponse:
    problem = pending.problem
    view: PendingView = {
        "at": {"ref": pending.asked.version.ref or None, "commit": pending.asked.version.commit},
        "state": pending.state,
        "attempts": pending.attempts,
        "problem": {"message": problem.message, "hint": problem.hint} if problem else None,
    }
    headers = {"Retry-After": str(_RETRY_AFTER), "Location": _address(req), "Cache-Control": "no-store"}
    return ok(view, status=202, headers=headers)


def _address(req: func.HttpRequest) -> str:
    """Where the same is asked again; a function key may be in the query, and is in no answer."""
    connection, project, repository = (quote(req.route_params[name], safe="") for name in _NAMES)
    path = f"{services.settings.public_url}/api/connections/{connection}/registries/{project}/{repository}"
    query = {name: req.params[name] for name in ("ref", "against", "format") if name in req.params}
    return f"{path}?{urlencode(query)}" if query else path


def _form(req: func.HttpRequest) -> Form:
    """Return the form that is asked for. Raises `RejectedRequestError`, 406 for media types that are none of ours."""
    wanted = req.params.get("format", "")
    known: tuple[Form, ...] = get_args(Form.__value__)
    if wanted:
        found = next((form for form in known if form == wanted), None)
        if found is None:
            problem = FieldProblem("format", f"must be one of: {', '.join(known)}")
            raise RejectedRequestError("The query cannot be used.", hint="See problems.", problems=[problem])
        return found
    accepted = _accepted(req.headers.get("Accept", ""))
    forms = [_FORMS.get(one, "json") for one in accepted if one in _FORMS or one in _ANY]
    if accepted and not forms:
        hint = f"Accept one of: {', '.join(_FORMS)}; or use ?format=."
        raise RejectedRequestError("It is given in none of the forms that are accepted.", hint=hint, status=406)
    return forms[0] if forms else "json"


def _accepted(header: str) -> list[str]:
    """Return the media types that are accepted, the dearest first.

    https://www.rfc-editor.org/rfc/rfc9110#name-accept
    """
    found: list[tuple[float, str]] = []
    for part in header.split(","):
        media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((_weight(one) for one in parameters if one.startswith("q=")), 1.0)
        if media_type and weight > 0:
            found.append((weight, media_type))
    return [media_type for _, media_type in sorted(found, key=lambda one: -one[0])]


def _weight(parameter: str) -> float:
    try:
        return float(parameter.removeprefix("q="))
    except ValueError:
        return 0.0


def _is_known(req: func.HttpRequest, etag: str) -> bool:
    """Whether the caller has this very answer; a proxy may have weakened the tag."""
    known = [one.strip().removeprefix("W/") for one in req.headers.get("If-None-Match", "").split(",")]
    return etag in known
