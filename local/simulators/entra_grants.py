"""The token endpoint: one function for each grant.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
https://learn.microsoft.com/entra/identity-platform/v2-oauth-ropc
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
https://learn.microsoft.com/entra/identity-platform/refresh-tokens
"""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

from local.simulators.directory import Directory, Principal, digest
from local.simulators.entra_clients import known, proved, required
from local.simulators.entra_refusals import TokenError, check_demand, refuse
from local.simulators.exchange import Asked

_RESERVED = frozenset({"openid", "profile", "offline_access"})
_DEVICE_CODE_SECONDS = 900
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


@dataclass(frozen=True, slots=True)
class _Request:
    directory: Directory
    form: dict[str, str]
    base: str
    audience: str
    """What an assertion must be meant for: the address of the endpoint."""
    tenant: str

    @property
    def issuer(self) -> str:
        return f"{self.base}/{self.tenant}/v2.0"


def token(directory: Directory, asked: Asked, tenant: str) -> Response:
    """Answer a request for a token. Raises `TokenError`."""
    form = asked.form()
    name = required(form, "grant_type")
    grant = _GRANTS.get(name)
    if grant is None:
        message = f"The app requested an unsupported grant type '{name}'."
        raise TokenError(400, "unsupported_grant_type", 70003, message)
    return JSONResponse(grant(_Request(directory, form, asked.base, f"{asked.base}{asked.path}", tenant)))


def device_code(directory: Directory, asked: Asked, tenant: str) -> Response:
    """Start a sign-in on another device."""
    form = asked.form()
    principal, scope = known(directory, form, tenant), required(form, "scope")
    code = secrets.token_urlsafe(48)
    user_code = "".join(secrets.choice(_LETTERS) for _ in range(9))
    seconds = int(directory.options(principal.client_id).get("device_code_seconds", _DEVICE_CODE_SECONDS))
    with directory.state.transaction() as sql:
        values = (code, user_code, principal.client_id, time.time() + seconds, scope)
        sql.execute("INSERT INTO device_codes VALUES (?, ?, ?, ?, ?, 'pending', '')", values)
    where = f"{asked.base}/device"
    return JSONResponse(
        {
            "device_code": code,
            "user_code": user_code,
            "verification_uri": where,
            "expires_in": seconds,
            "interval": 1,
            "message": f"To sign in, use a web browser to open the page {where} and enter the code {user_code}.",
        }
    )


def _client_credentials(request: _Request) -> dict[str, Any]:
    principal = proved(request.directory, request.form, request.tenant, audience=request.audience)
    scope = required(request.form, "scope")
    resource, separator, name = scope.rpartition("/")
    if not separator or name != ".default" or " " in scope:
        message = (
            f"The provided value for scope {scope} is not valid. Client credential flows must have a scope "
            "value with /.default suffixed to the resource identifier (application ID URI)."
        )
        raise TokenError(400, "invalid_scope", 1002012, message)
    lifetime = request.directory.lifetime(principal)
    access = request.directory.token_for(principal, resource, issuer=request.issuer)
    return {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": access}


def _application(request: _Request) -> Principal:
    return proved(request.directory, request.form, request.tenant, audience=request.audience, public=True)


def _password(request: _Request) -> dict[str, Any]:
    application = _application(request)
    user = _user(request, required(request.form, "username"))
    if not request.directory.has_secret(user, required(request.form, "password")):
        raise refuse(50126)
    if request.directory.options(user.client_id).get("mfa"):
        raise refuse(50076)
    return _for_user(request, application, user, required(request.form, "scope"))


def _device_code(request: _Request) -> dict[str, Any]:
    application = _application(request)
    code = required(request.form, "device_code")
    with request.directory.state.transaction() as sql:
        row = sql.execute("SELECT * FROM device_codes WHERE device_code = ?", (code,)).fetchone()
        state = row["state"] if row and row["client_id"] == application.client_id else "unknown"
        if state == "approved":
            sql.execute("UPDATE device_codes SET state = 'used' WHERE device_code = ?", (code,))
    if state in ("unknown", "used"):
        raise TokenError(400, "bad_verification_code", 70000, "The device code is not one that can be redeemed.")
    if time.time() > row["expires_at"]:
        raise TokenError(400, "expired_token", 70020, "The provided value for the device code is expired.")
    if state == "pending":
        raise TokenError(400, "authorization_pending", 70016, "OAuth 2.0 device flow error. Authorization is pending.")
    if state == "declined":
        raise TokenError(400, "authorization_declined", 70018, "The user declined.")
    return _for_user(request, application, _user(request, row["user_name"]), row["scope"])


def _refresh_token(request: _Request) -> dict[str, Any]:
    application = _application(request)
    hashed = digest(required(request.form, "refresh_token"))
    with request.directory.state.transaction() as sql:
        row = sql.execute("SELECT * FROM refresh_tokens WHERE token_hash = ?", (hashed,)).fetchone()
        sql.execute("UPDATE refresh_tokens SET used = used + 1 WHERE token_hash = ?", (hashed,))
    if row is None or row["client_id"] != application.client_id:
        raise TokenError(400, "invalid_grant", 9002313, "The refresh token is malformed or not valid.")
    user = _user(request, row["user_name"])
    options = request.directory.options(user.client_id)
    if row["generation"] != request.directory.generation(user.client_id):
        raise refuse(50173)
    if options.get("refresh_tokens_expired") or (row["used"] and options.get("single_use_refresh_tokens")):
        raise refuse(700082)
    return _for_user(request, application, user, required(request.form, "scope"))


def _user(request: _Request, name: str) -> Principal:
    user = request.directory.principal(name, request.tenant)
    if user is None or user.kind != "user":
        message = "The user account does not exist in the directory. To sign into this application, add it."
        raise TokenError(400, "invalid_grant", 50034, message)
    check_demand(request.directory, name)
    return user


def _for_user(request: _Request, application: Principal, user: Principal, scope: str) -> dict[str, Any]:
    wanted = set(scope.split())
    resources = [scope.rpartition("/")[0] for scope in wanted - _RESERVED]
    if len(resources) != 1:
        raise TokenError(400, "invalid_scope", 70011, "The scope must name one resource.")
    directory = request.directory
    access = directory.token_for(user, resources[0], issuer=request.issuer, application=application.client_id)
    answer: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": " ".join(sorted(wanted - _RESERVED)),
        "expires_in": directory.lifetime(user),
        "access_token": access,
    }
    if "offline_access" in wanted:
        answer["refresh_token"] = _new_refresh_token(directory, application, user)
    return answer


def _new_refresh_token(directory: Directory, application: Principal, user: Principal) -> str:
    # A test may choose the next one, to look for it afterwards.
    chosen = directory.options(user.client_id).get("refresh_token_prefix", "1.")
    made = f"{chosen}{secrets.token_urlsafe(60)}"
    values = (digest(made), application.client_id, user.client_id, directory.generation(user.client_id))
    with directory.state.transaction() as sql:
        sql.execute(
            "INSERT INTO refresh_tokens (token_hash, client_id, user_name, generation) VALUES (?, ?, ?, ?)", values
        )
    return made


_GRANTS: Mapping[str, Callable[[_Request], dict[str, Any]]] = {
    "client_credentials": _client_credentials,
    "password": _password,
    "urn:ietf:params:oauth:grant-type:device_code": _device_code,
    "device_code": _device_code,
    "refresh_token": _refresh_token,
}
