"""How an application proves that it is the one: client secret, certificate, federated identity, or nothing.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from typing import Any

import jwt
from cryptography.x509 import load_pem_x509_certificate

from local.simulators.directory import Directory, Principal
from local.simulators.entra_refusals import TokenError, check_demand, refuse

_EXCHANGE = "api://AzureADTokenExchange"
_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def required(form: dict[str, str], name: str) -> str:
    """Return a field of the request. Raises `TokenError`."""
    if not form.get(name):
        message = f"The request body must contain the following parameter: '{name}'."
        raise TokenError(400, "invalid_request", 900144, message)
    return form[name]


def known(directory: Directory, form: dict[str, str], tenant: str) -> Principal:
    """Return the application that a request names, unproved, as the tenant has it. Raises `TokenError`."""
    client_id = required(form, "client_id")
    principal = directory.principal(client_id, tenant)
    if principal is None or principal.kind != "service_principal":
        message = f"Application with identifier '{client_id}' was not found in the directory '{tenant}'."
        raise TokenError(400, "unauthorized_client", 700016, message)
    check_demand(directory, client_id)
    return principal


def proved(
    directory: Directory, form: dict[str, str], tenant: str, *, audience: str, public: bool = False
) -> Principal:
    """Return the application behind a request; `public` ones need no proof. Raises `TokenError`."""
    principal = known(directory, form, tenant)
    options = directory.options(principal.client_id)
    if form.get("client_assertion"):
        _check_assertion(directory, principal, options, form, audience)
    elif form.get("client_secret"):
        _check_secret(directory, principal, options, form["client_secret"])
    elif not (public and options.get("public")):
        message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise TokenError(401, "invalid_client", 7000218, message)
    return principal


def _check_secret(directory: Directory, principal: Principal, options: dict[str, Any], secret: str) -> None:
    if not directory.has_secret(principal, secret):
        raise refuse(7000215)
    if options.get("secret_expired"):
        raise refuse(7000222)


def _check_assertion(
    directory: Directory, principal: Principal, options: dict[str, Any], form: dict[str, str], audience: str
) -> None:
    assertion = form["client_assertion"]
    if form.get("client_assertion_type") != _BEARER:
        raise TokenError(400, "invalid_request", 900144, "client_assertion_type is missing or unknown.")
    identity = directory.identity_of(assertion, _EXCHANGE)
    if identity is not None:
        if identity.object_id != options.get("federated_subject"):
            message = f"No matching federated identity record found for presented assertion subject '{identity.name}'."
            raise TokenError(401, "invalid_client", 700213, message)
        return
    if not options.get("certificate") or not _is_signed(assertion, options["certificate"], principal, audience):
        message = "The certificate with identifier used to sign the client assertion is not registered on application."
        raise TokenError(401, "invalid_client", 700027, message)


def _is_signed(assertion: str, certificate: str, principal: Principal, audience: str) -> bool:
    key: Any = load_pem_x509_certificate(certificate.encode()).public_key()
    try:
        claims = jwt.decode(assertion, key, algorithms=["PS256", "RS256"], audience=audience)
    except jwt.InvalidTokenError:
        return False
    return bool(claims.get("iss") == claims.get("sub") == principal.client_id)
