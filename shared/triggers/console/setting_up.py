"""Setting up a connection: a form for each kind of credential.

Secrets go from the form to Key Vault; no page shows one, not even in the form that is sent back with a problem.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import azure.functions as func

from shared.console.addresses import segment
from shared.console.words import CREDENTIALS, Said
from shared.errors import BridgeError, NotFoundError
from shared.services import services
from shared.triggers.console.api import CHANGED_MEANWHILE, THERE_ALREADY, Json, ask, settings_in
from shared.triggers.console.connections import connection_page
from shared.triggers.console.device_code import started
from shared.triggers.console.visits import Page, Redirect, Visit, action, page

blueprint = func.Blueprint()


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
            new = {"If-None-Match": "*"}
            ask("save_connection", {"connection": name}, body=given, headers=new, where_unexpected=THERE_ALREADY)
    except BridgeError as error:
        return _form(form, error)
    if form.get("kind") == "signed_in_user":
        return started({"connection": name})
    return Redirect(f"/connections/{segment(name)}", Said.SAVED)


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
    return Redirect(f"/connections/{segment(route['connection'])}", Said.SAVED)


def _change(name: str, changes: Json, etag: str = "") -> None:
    """Save a connection with some changes; all else stays as it is, its credential as well."""
    answer = ask("read_connection", {"connection": name})
    kept = {part: answer.body[part] for part in ("url", "defaults", "enabled")}
    headers = {"If-Match": etag or answer.raw.headers["ETag"]}
    body = {**kept, **changes}
    ask("save_connection", {"connection": name}, body=body, headers=headers, where_unexpected=CHANGED_MEANWHILE)


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
