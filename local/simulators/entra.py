"""The simulator of Microsoft Entra ID: managed identity, OpenID discovery and the token endpoint.

`managed_identity(...)` is the endpoint that App Service offers inside a function app, over plain HTTP:
https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
`authority(...)` is the public side, and must be served over HTTPS because the SDKs accept nothing else:
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

import hmac
import time
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.simulators import entra_control
from local.simulators.directory import BRIDGE_CLIENT_ID, TENANT, Directory, Principal
from local.simulators.directory_tenants import Tenants
from local.simulators.entra_consent import consented
from local.simulators.entra_grants import device_code, token
from local.simulators.entra_refusals import TokenError, check_demand
from local.simulators.entra_refusals import answer as answer_of
from local.simulators.exchange import Asked, endpoint


def managed_identity(directory: Directory, *, header: str, issuer: str) -> Starlette:
    """Return the app that gives tokens to whoever sends `header` as `X-IDENTITY-HEADER`."""

    def identity_token(asked: Asked) -> Response:
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
        try:
            check_demand(directory, principal.client_id)
            check_demand(directory, f"{principal.client_id} {resource}")
        except TokenError as error:
            return _identity_error(error.status, str(error))
        return JSONResponse(_identity_token(directory, principal, resource, issuer))

    return Starlette(routes=[Route("/msi/token", endpoint(identity_token), methods=["GET"])])


def _identity_token(directory: Directory, principal: Principal, resource: str, issuer: str) -> dict[str, str]:
    lifetime = directory.lifetime(principal)
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
    """Return the app of `https://login.microsoftonline.com`."""

    def in_tenant(answer: Callable[[Directory, Asked, str], Response]) -> Callable[[Request], Awaitable[Response]]:
        return endpoint(lambda asked: _judged(answer, directory, asked))

    return Starlette(
        routes=[
            Route("/{tenant}/v2.0/.well-known/openid-configuration", in_tenant(_discovery)),
            Route("/{tenant}/discovery/v2.0/keys", endpoint(lambda _: JSONResponse(directory.public_keys()))),
            Route("/{tenant}/v2.0/adminconsent", in_tenant(consented)),
            Route("/{tenant}/oauth2/v2.0/token", in_tenant(token), methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/devicecode", in_tenant(device_code), methods=["POST"]),
            Route("/common/userrealm/{user}", endpoint(_user_realm)),
            *entra_control.routes(directory),
        ]
    )


def _judged(answer: Callable[[Directory, Asked, str], Response], directory: Directory, asked: Asked) -> Response:
    """Refuse an unknown tenant, and turn any refusal into Entra's JSON."""
    name = asked.params["tenant"]
    tenant = Tenants(directory).find(name)
    if tenant is None:
        return answer_of(TokenError(400, "invalid_request", 90002, f"Tenant '{name}' not found."))
    try:
        return answer(directory, asked, tenant)
    except TokenError as error:
        return answer_of(error)


def _user_realm(asked: Asked) -> Response:
    """Where a user's password is known: here. msal asks before it sends one."""
    domain = asked.params["user"].partition("@")[2]
    return JSONResponse(
        {
            "ver": "1.0",
            "account_type": "Managed",
            "domain_name": domain,
            "cloud_instance_name": "microsoftonline.com",
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        }
    )


def _discovery(_: Directory, asked: Asked, tenant: str) -> Response:
    root = f"{asked.base}/{asked.params['tenant']}"
    return JSONResponse(
        {
            "issuer": issuer(asked.base, tenant),
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
        }
    )


def issuer(base: str, tenant: str = TENANT) -> str:
    """Return the issuer of a tenant's tokens; `base` is the authority's address."""
    return f"{base}/{tenant}/v2.0"
