"""The simulator of Microsoft Entra ID: managed identity, OpenID discovery and the token endpoint.

`managed_identity(...)` is the endpoint that App Service offers inside a function app, over plain HTTP:
https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
`authority(...)` is the public side, and must be served over HTTPS because the SDKs accept nothing else:
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

import hmac
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.simulators.directory import BRIDGE_CLIENT_ID, TENANT, Directory, Principal
from local.simulators.exchange import Asked, endpoint

_TENANT_ALIASES = (TENANT, "contoso.onmicrosoft.com", "organizations", "common")


def managed_identity(directory: Directory, *, header: str, issuer: str) -> Starlette:
    """Return the app that gives tokens to whoever sends `header` as `X-IDENTITY-HEADER`."""

    def token(asked: Asked) -> Response:
        if not hmac.compare_digest(asked.headers.get("x-identity-header", ""), header):
            return _identity_error(401, "The X-IDENTITY-HEADER is missing or wrong.")
        if asked.query.get("api-version") != "2019-08-01":
            return _identity_error(400, "The api-version must be 2019-08-01.")
        resource = asked.query.get("resource", "")
        if not resource:
            return _identity_error(400, "The resource is missing.")
        principal = directory.principal(asked.query.get("client_id") or BRIDGE_CLIENT_ID)
        if principal is None or principal.kind != "managed_identity":
            return _identity_error(
                400,
                "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
            )
        return JSONResponse(_identity_token(directory, principal, resource, issuer))

    return Starlette(routes=[Route("/msi/token", endpoint(token), methods=["GET"])])


def _identity_token(directory: Directory, principal: Principal, resource: str, issuer: str) -> dict[str, str]:
    lifetime = int(directory.token_lifetime)
    return {
        "access_token": directory.token_for(principal, resource, issuer=issuer),
        "client_id": principal.client_id,
        "expires_on": str(int(time.time()) + lifetime),
        "expires_in": str(lifetime),
        "resource": resource,
        "token_type": "Bearer",
    }


def _identity_error(status: int, message: str) -> Response:
    return JSONResponse({"statusCode": status, "message": message}, status)


def authority(directory: Directory) -> Starlette:
    """Return the app of `https://login.microsoftonline.com`, with one tenant."""
    return Starlette(
        routes=[
            Route("/{tenant}/v2.0/.well-known/openid-configuration", endpoint(_in_tenant(_discovery))),
            Route("/{tenant}/discovery/v2.0/keys", endpoint(lambda _: JSONResponse(directory.public_keys()))),
            Route(
                "/{tenant}/oauth2/v2.0/token",
                endpoint(_in_tenant(lambda asked: _token(directory, asked))),
                methods=["POST"],
            ),
            Route(
                "/_simulator/applications",
                endpoint(lambda asked: _register(directory, asked)),
                methods=["POST"],
            ),
        ]
    )


class _TokenError(Exception):
    """A refusal in Entra's words. `code` is the number behind AADSTS."""

    def __init__(self, status: int, error: str, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.code = code


def _in_tenant(answer: Callable[[Asked], Response]) -> Callable[[Asked], Response]:
    """Refuse an unknown tenant, and turn any refusal into Entra's JSON."""

    def judged(asked: Asked) -> Response:
        tenant = asked.params["tenant"]
        if tenant.lower() not in _TENANT_ALIASES:
            return _refusal(_TokenError(400, "invalid_request", 90002, f"Tenant '{tenant}' not found."))
        try:
            return answer(asked)
        except _TokenError as error:
            return _refusal(error)

    return judged


def _refusal(error: _TokenError) -> Response:
    """https://learn.microsoft.com/entra/identity-platform/reference-error-codes#handling-error-codes-in-your-application."""
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}"
    return JSONResponse(
        {
            "error": error.error,
            "error_description": f"AADSTS{error.code}: {error} Trace ID: {trace} "
            f"Correlation ID: {correlation} Timestamp: {at}",
            "error_codes": [error.code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={error.code}",
        },
        error.status,
    )


def _discovery(asked: Asked) -> Response:
    root = f"{asked.base}/{asked.params['tenant']}"
    return JSONResponse(
        {
            "issuer": issuer(asked.base),
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
        }
    )


def issuer(base: str) -> str:
    """Return the issuer of the tokens of an authority whose address is `base`."""
    return f"{base}/{TENANT}/v2.0"


def _token(directory: Directory, asked: Asked) -> Response:
    form = asked.form()
    grant = _required(form, "grant_type")
    if grant != "client_credentials":
        raise _TokenError(
            400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant}'."
        )
    principal = _client(directory, form)
    token = directory.token_for(principal, _audience(_required(form, "scope")), issuer=issuer(asked.base))
    lifetime = int(directory.token_lifetime)
    return JSONResponse(
        {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}
    )


def _required(form: dict[str, str], name: str) -> str:
    if not form.get(name):
        raise _TokenError(
            400,
            "invalid_request",
            900144,
            f"The request body must contain the following parameter: '{name}'.",
        )
    return form[name]


def _client(directory: Directory, form: dict[str, str]) -> Principal:
    client_id = _required(form, "client_id")
    principal = directory.principal(client_id)
    if principal is None or principal.kind != "service_principal":
        raise _TokenError(
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{client_id}' was not found in the directory 'Contoso'.",
        )
    if not form.get("client_secret"):
        raise _TokenError(
            401,
            "invalid_client",
            7000218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )
    if not directory.has_secret(principal, form["client_secret"]):
        raise _TokenError(401, "invalid_client", 7000215, "Invalid client secret provided.")
    return principal


def _audience(scope: str) -> str:
    resource, separator, name = scope.rpartition("/")
    if not separator or name != ".default" or " " in scope:
        raise _TokenError(
            400,
            "invalid_scope",
            1002012,
            f"The provided value for scope {scope} is not valid. Client credential flows must have a scope "
            "value with /.default suffixed to the resource identifier (application ID URI).",
        )
    return resource


def _register(directory: Directory, asked: Asked) -> Response:
    """Control: `{"name", "client_id"?, "client_secret"?}` makes an application that can sign in."""
    wanted = asked.json()
    secret = wanted.get("client_secret") or uuid.uuid4().hex
    principal = directory.register(str(wanted["name"]), client_id=wanted.get("client_id", ""), secret=secret)
    return JSONResponse(
        {
            "client_id": principal.client_id,
            "client_secret": secret,
            "object_id": principal.object_id,
            "tenant": TENANT,
        },
        201,
    )
