"""The simulator of Azure Key Vault: the secrets API, over HTTPS, for the real `SecretClient`.

`app(...)` answers as the service does: a challenge without a token, 403 without a right or for a disabled
version, soft delete. https://learn.microsoft.com/rest/api/keyvault/secrets/operation-groups
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.simulators.directory import BRIDGE_CLIENT_ID, KEY_VAULT, Directory, Principal
from local.simulators.exchange import Asked, endpoint
from local.simulators.secret_versions import RECOVERABLE_DAYS, SecretError, Secrets, Version

# https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#vault-name-and-object-name
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_API_VERSION = re.compile(r"7\.[0-6](-preview\.\d+)?|20\d\d-\d\d-\d\d(-preview)?")
_MOST_BYTES = 25 * 1024  # https://learn.microsoft.com/azure/key-vault/secrets/about-secrets
_MOST_TAGS = 15
_LONGEST_TAG = 256
_PAGE = 25
_ALL = ["get", "list", "set", "delete", "recover", "purge"]

type _Answer = Callable[["_Vault", Asked], Response]


def app(secrets: Secrets, directory: Directory, *, authority: str) -> Starlette:
    """Return the vault's app; `authority` is the address, with tenant, that its challenge names."""
    vault = _Vault(secrets, directory, authority)

    def route(path: str, method: str, permission: str, answer: _Answer) -> Route:
        return Route(path, endpoint(vault.guarded(permission, answer)), methods=[method])

    return Starlette(
        routes=[
            Route("/_simulator/rights/{principal}", endpoint(vault.grant), methods=["PUT"]),
            route("/secrets", "GET", "list", _list),
            route("/secrets/{name}/versions", "GET", "list", _list),
            *(
                route(path, method, permission, answer)
                # The SDK asks for the newest version with an empty one: a path that ends in a slash.
                for path in ("/secrets/{name}", "/secrets/{name}/", "/secrets/{name}/{version}")
                for method, permission, answer in (("GET", "get", _get), ("PATCH", "set", _update))
            ),
            route("/secrets/{name}", "PUT", "set", _set),
            route("/secrets/{name}", "DELETE", "delete", _delete),
            route("/deletedsecrets", "GET", "list", _list_deleted),
            route("/deletedsecrets/{name}", "GET", "get", _get_deleted),
            route("/deletedsecrets/{name}", "DELETE", "purge", _purge),
            route("/deletedsecrets/{name}/recover", "POST", "recover", _recover),
        ]
    )


class _Vault:
    def __init__(self, secrets: Secrets, directory: Directory, authority: str) -> None:
        self.secrets = secrets
        self._directory = directory
        self._authority = authority

    def guarded(self, permission: str, answer: _Answer) -> Callable[[Asked], Response]:
        """Return `answer` behind what every request must pass: token, right, version, name."""

        def judged(asked: Asked) -> Response:
            principal = self._directory.identity_of(asked.bearer, KEY_VAULT) if asked.bearer else None
            if principal is None:
                return self._challenge(invalid=bool(asked.bearer))
            try:
                self._require(principal, permission, asked)
                _check_request(asked)
                return answer(self, asked)
            except SecretError as error:
                return _refusal(error)

        return judged

    def _challenge(self, *, invalid: bool) -> Response:
        """https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses."""
        header = f'Bearer authorization="{self._authority}", resource="{KEY_VAULT}"'
        if invalid:
            header += ', error="invalid_token", error_description="Expired, forged or for another audience."'
        body = SecretError(401, "Unauthorized", "AKV10000: Request is missing a valid Bearer or PoP token.")
        return _refusal(body, {"WWW-Authenticate": header})

    def _require(self, principal: Principal, permission: str, asked: Asked) -> None:
        granted = self.secrets.permissions(principal.object_id)
        if granted is None:
            granted = _ALL if principal.client_id == BRIDGE_CLIENT_ID else []
        if permission not in granted:
            raise SecretError(
                403,
                "Forbidden",
                "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny "
                "assignments or role definitions were changed recently, please observe propagation time.\r\n"
                f"Caller: appid={principal.client_id};oid={principal.object_id}\r\n"
                f"Action: 'Microsoft.KeyVault/vaults/secrets/{permission}/action'\r\n"
                f"Resource: '{asked.path}'",
                "ForbiddenByRbac",
            )

    def grant(self, asked: Asked) -> Response:
        """Control: `{"secrets": ["get", "list", …]}` is all that a principal (its client id) may do."""
        principal = self._directory.principal(asked.params["principal"])
        if principal is None:
            return JSONResponse({"error": "no such principal"}, 404)
        self.secrets.grant(principal.object_id, [str(p) for p in asked.json().get("secrets", [])])
        return Response(status_code=204)


def _check_request(asked: Asked) -> None:
    if not _API_VERSION.fullmatch(asked.query.get("api-version", "")):
        raise _bad("The request is missing a supported api-version.")
    if "name" in asked.params and not _NAME.fullmatch(asked.params["name"]):
        raise _bad("The request URI contains an invalid name: it must match ^[0-9a-zA-Z-]{1,127}$.")


def _bad(message: str) -> SecretError:
    return SecretError(400, "BadParameter", message)


def _refusal(error: SecretError, headers: dict[str, str] | None = None) -> Response:
    body: dict[str, Any] = {"code": error.code, "message": str(error)}
    if error.inner:
        body["innererror"] = {"code": error.inner}
    return JSONResponse({"error": body}, error.status, headers)


def _get(vault: _Vault, asked: Asked) -> Response:
    found = vault.secrets.find(asked.params["name"], asked.params.get("version", ""))
    if not found.enabled:
        raise SecretError(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled")
    return JSONResponse({"value": found.value, **_item(found, asked)})


def _set(vault: _Vault, asked: Asked) -> Response:
    wanted = _properties(asked)
    value = wanted.get("value")
    if not isinstance(value, str):
        raise _bad("The request body must contain a value.")
    if len(value.encode()) > _MOST_BYTES:
        raise _bad(f"The value of a secret must not be longer than {_MOST_BYTES} bytes.")
    made = vault.secrets.set(asked.params["name"], value, wanted)
    return JSONResponse({"value": made.value, **_item(made, asked)})


def _update(vault: _Vault, asked: Asked) -> Response:
    changed = vault.secrets.update(asked.params["name"], asked.params.get("version", ""), _properties(asked))
    return JSONResponse(_item(changed, asked))


def _properties(asked: Asked) -> dict[str, Any]:
    try:
        found = asked.json()
    except ValueError as error:
        raise _bad("The request body is not a JSON object.") from error
    tags = found.get("tags") or {}
    if len(tags) > _MOST_TAGS or any(len(text) > _LONGEST_TAG for pair in tags.items() for text in pair):
        raise _bad(f"A secret has at most {_MOST_TAGS} tags of at most {_LONGEST_TAG} characters.")
    return found


def _delete(vault: _Vault, asked: Asked) -> Response:
    return JSONResponse(_deleted_item(vault.secrets.delete(asked.params["name"]), asked))


def _get_deleted(vault: _Vault, asked: Asked) -> Response:
    return JSONResponse(_deleted_item(vault.secrets.find_deleted(asked.params["name"]), asked))


def _purge(vault: _Vault, asked: Asked) -> Response:
    vault.secrets.purge(asked.params["name"])
    return Response(status_code=204)


def _recover(vault: _Vault, asked: Asked) -> Response:
    return JSONResponse(_item(vault.secrets.recover(asked.params["name"]), asked))


def _list(vault: _Vault, asked: Asked) -> Response:
    return _page(vault, asked, deleted=False)


def _list_deleted(vault: _Vault, asked: Asked) -> Response:
    return _page(vault, asked, deleted=True)


def _page(vault: _Vault, asked: Asked, *, deleted: bool) -> Response:
    size, after = _number(asked, "maxresults", _PAGE), _number(asked, "$skiptoken", 0)
    if not 1 <= size <= _PAGE:
        raise _bad(f"maxresults must be between 1 and {_PAGE}.")
    name = asked.params.get("name", "")
    found = vault.secrets.page(after=after, size=size + 1, name=name, deleted=deleted)
    shape = _deleted_item if deleted else _item
    items = [shape(one, asked, versioned=bool(name)) for one in found[:size]]
    return JSONResponse({"value": items, "nextLink": _next_link(asked, found, size)})


def _next_link(asked: Asked, found: list[Version], size: int) -> str | None:
    if len(found) <= size:
        return None
    query = {**asked.query, "$skiptoken": found[size - 1].sequence}
    return f"{asked.base}{asked.path}?{urlencode(query)}"


def _number(asked: Asked, name: str, default: int) -> int:
    try:
        return int(asked.query.get(name, default))
    except ValueError as error:
        raise _bad(f"{name} is not a number.") from error


def _item(found: Version, asked: Asked, *, versioned: bool = True) -> dict[str, Any]:
    """Return a secret as the API shows it, without its value."""
    attributes = {"enabled": found.enabled, "nbf": found.nbf, "exp": found.exp}
    item: dict[str, Any] = {
        "id": f"{asked.base}/secrets/{found.name}" + (f"/{found.version}" if versioned else ""),
        "attributes": {
            **{name: value for name, value in attributes.items() if value is not None},
            "created": found.created,
            "updated": found.updated,
            "recoveryLevel": "Recoverable+Purgeable",
            "recoverableDays": RECOVERABLE_DAYS,
        },
        "tags": found.tags,
    }
    return {**item, "contentType": found.content_type} if found.content_type else item


def _deleted_item(found: Version, asked: Asked, *, versioned: bool = True) -> dict[str, Any]:
    deleted = found.deleted or 0
    return {
        **_item(found, asked, versioned=versioned),
        "recoveryId": f"{asked.base}/deletedsecrets/{found.name}",
        "deletedDate": deleted,
        "scheduledPurgeDate": deleted + RECOVERABLE_DAYS * 86_400,
    }
