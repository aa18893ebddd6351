"""The control API of the Entra simulator, under `/_simulator`: what an administrator does in the portal, and faults.

- `POST applications {name, client_id?, client_secret?, …options}`; `POST users {user_name, password, name?, …options}`
- both take a `tenant`; `POST tenants {domain, organization?}`: a customer's, to which the organisation is connected
- `POST DELETE principals/{id}`: change options or `secret`, or remove; `POST principals/{id}/revoke`: its tokens end
- options: `token_lifetime`, `public`, `certificate`, `federated_subject`, `secret_expired`, `device_code_seconds`,
  `mfa`, `refresh_tokens_expired`, `single_use_refresh_tokens`, `refresh_token_prefix`
- `POST refusals {principal, code, times?, resource?}`: the next requests of an application or user get AADSTS + code
  (times 0 ends it, negative never does); a managed identity may be refused for one resource only
- `POST device-codes/{user_code} {user_name}` or `{declined: true}`: the person on the other device
- `POST DELETE members {organization, principal, …rights}`: who belongs to an Azure DevOps organisation
"""

import uuid
from collections.abc import Callable

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.simulators.directory import TENANT, Directory, Kind
from local.simulators.directory_members import Members
from local.simulators.directory_tenants import Tenants
from local.simulators.exchange import Asked, endpoint

type _Action = Callable[[Directory, Asked], Response]
_DONE = 204


def routes(directory: Directory) -> list[Route]:
    """Return the routes of the control API."""

    def route(method: str, path: str, action: _Action) -> Route:
        return Route(f"/_simulator/{path}", endpoint(lambda asked: _judged(action, directory, asked)), methods=[method])

    return [
        route("POST", "applications", _application),
        route("POST", "users", _user),
        route("POST", "principals/{principal}/revoke", _revoke),
        route("POST", "principals/{principal}", _change),
        route("DELETE", "principals/{principal}", _remove),
        route("POST", "tenants", _tenant),
        route("POST", "refusals", _refuse),
        route("POST", "device-codes/{user_code}", _decide),
        route("POST", "members", _join),
        route("DELETE", "members", _leave),
    ]


def _judged(action: _Action, directory: Directory, asked: Asked) -> Response:
    try:
        return action(directory, asked)
    except (KeyError, ValueError, TypeError) as error:
        return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)


def _application(directory: Directory, asked: Asked) -> Response:
    wanted = asked.json()
    secret = wanted.pop("client_secret", "") or uuid.uuid4().hex
    return _made(directory, wanted, "service_principal", wanted.pop("client_id", ""), secret)


def _user(directory: Directory, asked: Asked) -> Response:
    wanted = asked.json()
    name, password = str(wanted.pop("user_name")), str(wanted.pop("password"))
    return _made(directory, {"name": name.partition("@")[0], **wanted}, "user", name, password)


def _made(directory: Directory, wanted: dict[str, str], kind: Kind, client_id: str, secret: str) -> Response:
    tenant = wanted.pop("tenant", TENANT)
    made = directory.register(str(wanted.pop("name")), kind=kind, client_id=client_id, secret=secret, tenant=tenant)
    directory.change(made.client_id, wanted)
    shown = {"client_id": made.client_id, "client_secret": secret, "object_id": made.object_id, "tenant": tenant}
    return JSONResponse(shown, 201)


def _tenant(directory: Directory, asked: Asked) -> Response:
    wanted, tenants = asked.json(), Tenants(directory)
    tenant = tenants.make(str(wanted["domain"]))
    if "organization" in wanted:
        tenants.connect(str(wanted["organization"]), tenant)
    return JSONResponse({"tenant": tenant}, 201)


def _change(directory: Directory, asked: Asked) -> Response:
    directory.change(asked.params["principal"], asked.json())
    return Response(status_code=_DONE)


def _remove(directory: Directory, asked: Asked) -> Response:
    directory.remove(asked.params["principal"])
    return Response(status_code=_DONE)


def _revoke(directory: Directory, asked: Asked) -> Response:
    directory.revoke(asked.params["principal"])
    return Response(status_code=_DONE)


def _refuse(directory: Directory, asked: Asked) -> Response:
    wanted = asked.json()
    who = f"{wanted['principal']} {wanted.get('resource', '')}".strip()
    values = (who, int(wanted["code"]), int(wanted.get("times", 1)))
    with directory.state.transaction() as sql:
        sql.execute("INSERT OR REPLACE INTO refusals VALUES (?, ?, ?)", values)
    return Response(status_code=_DONE)


def _decide(directory: Directory, asked: Asked) -> Response:
    wanted = asked.json()
    state = "declined" if wanted.get("declined") else "approved"
    name = "" if wanted.get("declined") else str(wanted["user_name"])
    with directory.state.transaction() as sql:
        changed = sql.execute(
            "UPDATE device_codes SET state = ?, user_name = ? WHERE user_code = ? AND state = 'pending'",
            (state, name, asked.params["user_code"]),
        ).rowcount
    return Response(status_code=_DONE if changed else 404)


def _join(directory: Directory, asked: Asked) -> Response:
    wanted = asked.json()
    organization = str(wanted.pop("organization"))
    object_id = _object_id(directory, wanted.pop("principal"), organization)
    Members(directory).add(organization, object_id, wanted)
    return JSONResponse({"object_id": object_id})


def _leave(directory: Directory, asked: Asked) -> Response:
    wanted = asked.json()
    organization = str(wanted["organization"])
    Members(directory).remove(organization, _object_id(directory, wanted["principal"], organization))
    return Response(status_code=_DONE)


def _object_id(directory: Directory, client_id: str, organization: str) -> str:
    principal = directory.principal(client_id, Tenants(directory).of(organization))
    if principal is None:
        raise ValueError(f"there is no principal {client_id} in the tenant of {organization}")
    return principal.object_id
