"""Setting up a connection: a form for each kind of credential, the sign-in with a code, and hooks set up by hand.

Secrets go from the form to Key Vault; no page shows one, not even in the form that is sent back with a problem.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import azure.functions as func

from shared.console.words import CREDENTIALS
from shared.errors import BridgeError, NotFoundError
from shared.services import services
from shared.triggers.answers import ok
from shared.triggers.console.api import Json, ask, settings_in
from shared.triggers.console.connections import connection_page
from shared.triggers.console.visits import Page, Redirect, Visit, action, page

blueprint = func.Blueprint()
_PENDING, _DONE = "pending", "done"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. `is_long`: of several lines; `is_secret`: it is never shown again."""

    name: str
    label: str
    hint: str = ""
    required: bool = True
    is_secret: bool = False
    is_long: bool = False


_TENANT = Field("tenant", "Tenant", "The directory's id, or one of its domains.")
_CLIENT = Field("client_id", "Application", "The client id of the application in Entra.")
_EXPIRES = Field("expires", "It ends on", "A date such as 2027-01-31; you are warned before.", required=False)
FORMS: Mapping[str, tuple[Field, ...]] = {
    "service_principal": (
        _TENANT,
        _CLIENT,
        Field(
            "client_secret",
            "Client secret",
            "One of secret, certificate, or federated.",
            required=False,
            is_secret=True,
        ),
        _EXPIRES,
        Field(
            "certificate",
            "Certificate with its private key",
            "PEM text, without a password.",
            required=False,
            is_secret=True,
            is_long=True,
        ),
        Field(
            "managed_identity",
            "Federated: managed identity",
            "The client id of the identity that stands in for a secret.",
            required=False,
        ),
    ),
    "managed_identity": (
        Field("client_id", "Client id of the identity", "Empty for the app's only one.", required=False),
    ),
    "personal_access_token": (Field("token", "Personal access token", is_secret=True), _EXPIRES),
    "managed_token": (Field("token", "Name of the managed token"),),
    "signed_in_user": (_TENANT, _CLIENT),
    "user_password": (
        _TENANT,
        _CLIENT,
        Field("user_name", "User name", "user@domain"),
        Field("password", "Password", is_secret=True),
        Field(
            "client_secret", "Client secret", "Where the application is confidential.", required=False, is_secret=True
        ),
        _EXPIRES,
    ),
}
"""What each kind of credential needs, the best ones first."""


@page(blueprint, "new-connection")
def console_new_connection(visit: Visit) -> Page:
    """Ask for a connection: first for the kind of its credential, then for what that needs.

    With `existing` it is one that is there, and gets another credential.
    """
    return _form(visit.query("kind", "connection", "url", "existing"))


@action(blueprint, "connections")
def console_save_connection(visit: Visit) -> Page | Redirect:
    """Make a connection, checked against the live organisation, or give one another credential."""
    form = visit.form
    name = form.get("connection", "").strip()
    given = {"url": form.get("url", "").strip(), "credential": _credential(form)}
    try:
        if form.get("existing"):
            _change(name, given)
        else:
            ask("save_connection", {"connection": name}, body=given, headers={"If-None-Match": "*"})
    except BridgeError as error:
        return _form(form, error)
    if form.get("kind") == "signed_in_user":
        return Redirect(f"/connections/{quote(name, safe='')}/sign-in")
    return Redirect(f"/connections/{quote(name, safe='')}", "saved")


@action(blueprint, "connections/{connection}/change")
def console_change_connection(visit: Visit) -> Page | Redirect:
    """Change what a connection's links inherit, or switch it off and on."""
    route, form = visit.route("connection"), visit.form
    try:
        defaults = settings_in(form.get("defaults", ""), "/defaults")
        _change(route["connection"], {"defaults": defaults, "enabled": bool(form.get("enabled"))}, form.get("etag", ""))
    except NotFoundError:
        raise
    except BridgeError as error:
        return connection_page(route, problem=error, typed=form.get("defaults"))
    return Redirect(f"/connections/{quote(route['connection'], safe='')}", "saved")


@page(blueprint, "connections/{connection}/sign-in")
def console_sign_in_pending(visit: Visit) -> Page:
    """Show where to type which code, and look whether that was done; the page looks again by itself."""
    route = visit.route("connection")
    try:
        found = ask("finish_sign_in", route).body
    except BridgeError as error:
        return Page("device_code.html", {"connection": route["connection"], "found": None, "problem": error}, 422)
    return Page("device_code.html", {"connection": route["connection"], "found": found, "problem": None})


@action(blueprint, "connections/{connection}/sign-in")
def console_start_sign_in(visit: Visit) -> Page | Redirect:
    """Start the one sign-in of a user."""
    route = visit.route("connection")
    try:
        ask("start_sign_in", route)
    except BridgeError as error:
        return Page("device_code.html", {"connection": route["connection"], "found": None, "problem": error}, 422)
    return Redirect(f"/connections/{quote(route['connection'], safe='')}/sign-in")


@page(blueprint, "connections/{connection}/hook")
def console_hook(visit: Visit) -> Page:
    """Show what to type where a person sets service hooks up, but for the password."""
    found = ask("show_hook", visit.route("connection")).body
    shown = {name: value for name, value in found.items() if name != "password"}
    return Page(
        "hook.html", {"connection": visit.route("connection")["connection"], "hook": _without(shown, found["password"])}
    )


@action(blueprint, "connections/{connection}/hook-password")
def console_hook_password(visit: Visit) -> func.HttpResponse:
    """Give the password to the script that copies it; it stands on no page."""
    services.connections.get(visit.route("connection")["connection"])
    found = ask("show_hook", visit.route("connection")).body
    return ok({"password": found["password"]}, headers={"Cache-Control": "no-store"})


def _change(name: str, changes: Json, etag: str = "") -> None:
    """Save a connection with some changes; all else stays as it is, its credential as well."""
    answer = ask("read_connection", {"connection": name})
    kept = {part: answer.body[part] for part in ("url", "defaults", "enabled")}
    headers = {"If-Match": etag or answer.raw.headers["ETag"]}
    ask("save_connection", {"connection": name}, body={**kept, **changes}, headers=headers)


def _without(value: Json, secret: str) -> Json:
    """Return values without those that are the secret itself."""

    def cleaned(one: object) -> object:
        match one:
            case dict():
                return {name: cleaned(inner) for name, inner in one.items() if inner != secret}
            case list():
                return [cleaned(inner) for inner in one]
        return one

    found = cleaned(value)
    return found if isinstance(found, dict) else {}


def _credential(form: Mapping[str, str]) -> Json:
    """Return the credential that a form says; empty fields are not sent."""
    kind = form.get("kind", "")
    given = {field.name: form[field.name].strip() for field in FORMS.get(kind, ()) if form.get(field.name, "").strip()}
    has_proof = "client_secret" in given or "certificate" in given
    federated = {"federated": True} if kind == "service_principal" and not has_proof else {}
    return {"kind": kind, **given, **federated}


def _form(given: Mapping[str, str], problem: BridgeError | None = None) -> Page:
    kind = given.get("kind", "")
    fields = FORMS.get(kind, ())
    kept = {name: text for name, text in given.items() if name not in {one.name for one in fields if one.is_secret}}
    values = {
        "given": kept,
        "kinds": {name: CREDENTIALS[name] for name in FORMS},
        "fields": fields,
        "problem": problem,
        "example": f"{services.settings.azure_devops_url}/contoso",
    }
    return Page("new_connection.html", values, status=422 if problem else 200)
