"""The personal access tokens of the user who is signed in.

https://learn.microsoft.com/rest/api/azure/devops/tokens/pats
These calls go to https://vssps.dev.azure.com/{organisation}, and only with a user's own token of Entra:
https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from shared.azure_devops import answers
from shared.azure_devops.answers import Answer
from shared.azure_devops.organisation import Call
from shared.azure_devops.paging import Page, token_query
from shared.azure_devops.token_errors import explain, not_a_user
from shared.azure_devops.values import entries, optional_text, text
from shared.azure_devops.values import name as named
from shared.errors import CredentialError, RefusedError

# Some of Microsoft's pages say plain 7.1; the specification and the reference, that it is a preview.
_VERSION = {"api-version": "7.1-preview.1"}
_PATH = "_apis/tokens/pats"
LARGEST_PAGE = 100

type Show = Literal["active", "revoked", "expired", "all"]
type Order = Literal["displayName", "displayDate", "status"]


@dataclass(frozen=True, slots=True)
class PersonalAccessToken:
    """A token without its value. `organisations` is None for one that all organisations of the user accept.

    `valid_to` is what the service made of what was asked for: it may be earlier.
    """

    authorization_id: str
    name: str
    scopes: tuple[str, ...]
    valid_from: datetime
    valid_to: datetime
    organisations: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just created, and its value, which is never shown again."""

    token: PersonalAccessToken
    value: str = field(repr=False)


def list_tokens(
    continuation: str = "",
    *,
    show: Show = "active",
    order: Order = "displayName",
    ascending: bool = True,
    at_most: int = LARGEST_PAGE,
) -> Call[Page[PersonalAccessToken]]:
    """List the user's tokens, a page of them; later pages must be asked for with the same filters."""
    query = {
        **_VERSION,
        "displayFilterOption": show,
        "sortByOption": order,
        "isSortAscending": str(ascending).lower(),
        "$top": str(min(at_most, LARGEST_PAGE)),
        **token_query(continuation),
    }
    return Call("GET", _PATH, _page, query, judge=judge_tokens)


def get_token(authorization_id: str) -> Call[PersonalAccessToken]:
    """Read one token. Raises `NotFoundError`."""
    return Call("GET", _PATH, _result, {**_VERSION, "authorizationId": authorization_id}, judge=judge_tokens)


def create_token(name: str, scopes: tuple[str, ...], valid_to: datetime) -> Call[NewToken]:
    """Create a token for this organisation only.

    Raises `RefusedError` whose rule is the service's own word, such as `patLifespanPolicyViolation`. One answered
    `UnknownError` may exist; it is found by its name.
    """
    body = {"displayName": name, "scope": " ".join(scopes), "validTo": _written(valid_to), "allOrgs": False}
    return Call("POST", _PATH, _created, _VERSION, body, changes=True, judge=judge_tokens)


def update_token(
    authorization_id: str, *, name: str = "", scopes: tuple[str, ...] = (), valid_to: datetime | None = None
) -> Call[PersonalAccessToken]:
    """Change what is given of a token that is neither revoked nor expired; its value stays."""
    body = {"authorizationId": authorization_id}
    if name:
        body["displayName"] = name
    if scopes:
        body["scope"] = " ".join(scopes)
    if valid_to:
        body["validTo"] = _written(valid_to)
    return Call("PUT", _PATH, _result, _VERSION, body, changes=True, judge=judge_tokens)


def revoke_token(authorization_id: str) -> Call[None]:
    """Revoke a token (answered 204; the specification says 200)."""
    query = {**_VERSION, "authorizationId": authorization_id}
    return Call("DELETE", _PATH, _revoked, query, changes=True, judge=judge_tokens)


def judge_tokens(answer: Answer, *, changes: bool) -> Any:
    """Judge an answer; whoever is not a user is turned away with a sign-in page, a 401 or InvalidAccessException."""
    try:
        return answers.judge(answer, changes=changes)
    except CredentialError as error:
        raise not_a_user() from error
    except RefusedError as error:
        if b"InvalidAccessException" in answer.body:
            raise not_a_user() from error
        raise


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _page(value: Any) -> Page[PersonalAccessToken]:
    return Page([_token(entry) for entry in entries(value["patTokens"])], optional_text(value.get("continuationToken")))


def _result(value: Any) -> PersonalAccessToken:
    return _token(_granted(value))


def _created(value: Any) -> NewToken:
    granted = _granted(value)
    return NewToken(_token(granted), named(granted["token"]))


def _revoked(value: Any) -> None:
    if value is not None:
        _check(value)


def _granted(value: Any) -> Any:
    _check(value)
    return value["patToken"]


def _check(value: Any) -> None:
    word = optional_text(value.get("patTokenError")) or "none"
    if word != "none":
        raise explain(word, optional_text(value.get("patTokenErrorMessage")))


def _token(value: Any) -> PersonalAccessToken:
    accounts = value.get("targetAccounts")
    return PersonalAccessToken(
        authorization_id=named(value["authorizationId"]),
        name=text(value["displayName"]),
        scopes=tuple(text(value["scope"]).split()),
        valid_from=_moment(value["validFrom"]),
        valid_to=_moment(value["validTo"]),
        organisations=None if accounts is None else tuple(named(account) for account in entries(accounts)),
    )


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
