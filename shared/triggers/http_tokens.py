"""`/tokens`: managed tokens, which are replaced before they end."""

from typing import TypedDict

import azure.functions as func

from shared.services import services
from shared.tokens.managed import ManagedToken, ManagedTokenRequest
from shared.tokens.managed_tokens import ManagedTokenView
from shared.triggers.answers import body_of, collection, condition_of, flag, ok, part_of
from shared.triggers.conventions import IF_MATCH, IF_NONE_MATCH, PAGED
from shared.triggers.operations import ETAG, operation
from shared.triggers.parameters import REVOKE_OLD
from shared.validation import parse_json, validated

blueprint = func.Blueprint()


class ManagedTokensPage(TypedDict):
    """One page of managed tokens."""

    tokens: list[ManagedTokenView]
    continuation: str | None


@operation(
    blueprint,
    "PUT tokens/{token}",
    takes=ManagedTokenRequest,
    gives=ManagedTokenView,
    headers=ETAG,
    parameters=(IF_MATCH, IF_NONE_MATCH),
    refuses=(404, 409),
)
def save_managed_token(req: func.HttpRequest) -> func.HttpResponse:
    """Say how a token is to be: whose, for what, in which secret of Key Vault, and when it is replaced.

    It is made within seconds after this answer. `connection` and `secret` stay as they are from then on.
    """
    request = validated(ManagedTokenRequest, parse_json(body_of(req), what="managed token"), what="managed token")
    return _shown(services.managed_tokens.save(req.route_params["token"], request, condition_of(req)))


@operation(blueprint, "GET tokens/{token}", gives=ManagedTokenView, headers=ETAG, refuses=(404,))
def read_managed_token(req: func.HttpRequest) -> func.HttpResponse:
    """Show a managed token: what is current, what is still to be revoked, and what was done."""
    return _shown(services.managed_tokens.get(req.route_params["token"]))


@operation(blueprint, "GET tokens", gives=ManagedTokensPage, parameters=PAGED)
def list_managed_tokens(req: func.HttpRequest) -> func.HttpResponse:
    """List managed tokens by name."""
    found, last = part_of(req, services.managed_tokens.all, lambda token: token.name)
    return collection("tokens", [services.managed_tokens.view(token) for token in found], last)


@operation(
    blueprint,
    "POST tokens/{token}/rotate",
    gives=ManagedTokenView,
    headers=ETAG,
    parameters=(REVOKE_OLD,),
    refuses=(404, 409, 412, 422),
)
def rotate_managed_token(req: func.HttpRequest) -> func.HttpResponse:
    """Replace a token now; `?revoke_old=true` revokes the old one at once, for one that somebody else knows.

    Else the old one goes on working for as long as the policy says.
    """
    return _shown(services.managed_tokens.rotate(req.route_params["token"], at_once=flag(req, "revoke_old")))


@operation(
    blueprint,
    "DELETE tokens/{token}",
    gives=ManagedTokenView,
    status=202,
    headers=ETAG,
    parameters=(IF_MATCH,),
    refuses=(404, 409),
)
def delete_managed_token(req: func.HttpRequest) -> func.HttpResponse:
    """Revoke all tokens of a managed one, disable the versions of its secret that name them, and forget it."""
    return _shown(services.managed_tokens.delete(req.route_params["token"], condition_of(req)), status=202)


def _shown(token: ManagedToken, *, status: int = 200) -> func.HttpResponse:
    return ok(services.managed_tokens.view(token), status=status, headers={"ETag": token.etag})
