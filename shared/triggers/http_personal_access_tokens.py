"""`/connections/{connection}/personal-access-tokens`: those of the user whom the connection signs in."""

from typing import TypedDict, cast, get_args

import azure.functions as func

from shared.azure_devops.personal_access_tokens import LARGEST_PAGE, Show
from shared.errors import FieldProblem, RejectedRequestError
from shared.services import services
from shared.tokens.personal_access_tokens import Listing, Order
from shared.tokens.requests import ChangedTokenRequest, NewTokenRequest
from shared.tokens.showing import ChangedTokenView, NewTokenView, SecretView, TokenView
from shared.triggers.answers import body_of, collection, continuation_of, flag, ok, page_size
from shared.triggers.conventions import PAGED
from shared.triggers.operations import operation
from shared.triggers.parameters import CONFIRM_USE, DESCENDING, SHOW, SORT
from shared.validation import parse_json, validated

blueprint = func.Blueprint()
_PATH = "connections/{connection}/personal-access-tokens"
_ONE = f"{_PATH}/{{authorization_id}}"


class PersonalAccessTokensPage(TypedDict):
    """One page of the user's tokens."""

    personal_access_tokens: list[TokenView]
    continuation: str | None


@operation(
    blueprint,
    f"GET {_PATH}",
    gives=PersonalAccessTokensPage,
    parameters=(SHOW, SORT, DESCENDING, *PAGED),
    refuses=(404, 422),
)
def list_personal_access_tokens(req: func.HttpRequest) -> func.HttpResponse:
    """List the user's tokens: those that are active, unless `?show=` says otherwise.

    A page has at most 100, and may have fewer although there is a `continuation`, which belongs to the same filters.
    """
    listing = Listing(
        cast("Show", _choice(req, "show", get_args(Show.__value__))),
        cast("Order", _choice(req, "sort", get_args(Order.__value__))),
        flag(req, "descending"),
        min(page_size(req), LARGEST_PAGE),
    )
    found, last = services.personal_access_tokens.list(req.route_params["connection"], listing, continuation_of(req))
    return collection("personal_access_tokens", found, last)


@operation(
    blueprint,
    f"POST {_PATH}",
    gives=NewTokenView,
    status=201,
    takes=NewTokenRequest,
    headers={"Location": "Where the token is shown."},
    refuses=(404, 409),
)
def create_personal_access_token(req: func.HttpRequest) -> func.HttpResponse:
    """Create a token, whose value goes to a secret of Key Vault and nowhere else.

    The answer has the secret's name and version. `valid_to` is what Azure DevOps granted; where that is less than was
    asked for, a warning says so. One whose value cannot be stored is revoked.
    """
    name = req.route_params["connection"]
    request = validated(NewTokenRequest, parse_json(body_of(req), what="token"), what="token")
    made, version = services.personal_access_tokens.create(name, request, services.secret_for(request))
    public_url = services.settings.public_url
    where = f"{public_url}/api/connections/{name}/personal-access-tokens/{made['authorization_id']}"
    secret: SecretView = {"name": request.secret, "version": version}
    return ok({**made, "secret": secret}, status=201, headers={"Location": where})


@operation(blueprint, f"GET {_ONE}", gives=TokenView, refuses=(404, 422))
def read_personal_access_token(req: func.HttpRequest) -> func.HttpResponse:
    """Show a token, without its value."""
    return ok(services.personal_access_tokens.get(req.route_params["connection"], req.route_params["authorization_id"]))


@operation(
    blueprint,
    f"PUT {_ONE}",
    gives=ChangedTokenView,
    takes=ChangedTokenRequest,
    parameters=(CONFIRM_USE,),
    refuses=(404, 409),
)
def update_personal_access_token(req: func.HttpRequest) -> func.HttpResponse:
    """Change the name, scopes or end of a token that is neither revoked nor expired; its value stays.

    What is left out stays as it is. One that is in use here is only changed with `?confirm=true`.
    """
    request = validated(ChangedTokenRequest, parse_json(body_of(req), what="token"), what="token")
    connection, authorization_id = req.route_params["connection"], req.route_params["authorization_id"]
    confirmed = flag(req, "confirm")
    return ok(services.personal_access_tokens.update(connection, authorization_id, request, confirmed=confirmed))


@operation(blueprint, f"DELETE {_ONE}", gives=None, status=204, parameters=(CONFIRM_USE,), refuses=(404, 409, 422))
def revoke_personal_access_token(req: func.HttpRequest) -> func.HttpResponse:
    """Revoke a token at once and for good; one that is in use here only with `?confirm=true`."""
    connection, authorization_id = req.route_params["connection"], req.route_params["authorization_id"]
    services.personal_access_tokens.revoke(connection, authorization_id, confirmed=flag(req, "confirm"))
    return func.HttpResponse(status_code=204)


def _choice(req: func.HttpRequest, name: str, choices: tuple[str, ...]) -> str:
    """Return which of its choices a parameter of the query is, the first if it is missing."""
    found = str(req.params.get(name, choices[0]))
    if found not in choices:
        problem = FieldProblem(name, f"must be one of {', '.join(choices)}")
        raise RejectedRequestError("The query cannot be used.", hint="See problems.", problems=[problem])
    return found
