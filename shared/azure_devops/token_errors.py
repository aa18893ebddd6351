"""Why Azure DevOps will not give, change or show a personal access token. Pure.

The API of tokens reports most errors as a word with status 200; the words are those of its specification, what
they mean for policies is from
https://learn.microsoft.com/azure/devops/organizations/accounts/manage-pats-with-policies-for-administrators
"""

from collections.abc import Mapping

from shared.errors import BridgeError, CredentialError, NotFoundError, RefusedError, TransientError

ONLY_A_USER = "Only a user can manage personal access tokens."
_SIGN_IN_HINT = (
    "Sign in as a user who is a member of the organisation: a service principal, a managed identity and a personal "
    "access token cannot. If it is one, sign in again, with the permissions vso.pats and vso.pats_manage."
)

_POLICIES: Mapping[str, tuple[str, str]] = {
    "globalPatPolicyViolation": (
        "The tenant's policy “Restrict global personal access token creation” forbids a token for all organisations.",
        "Ask for a token of this organisation only.",
    ),
    "globalPATCreationBlocked": (
        "Azure DevOps makes no more tokens for all organisations (since 15 March 2026).",
        "Ask for a token of this organisation only.",
    ),
    "fullScopePatPolicyViolation": (
        "The tenant's policy “Restrict full-scoped personal access token creation” forbids a token with full access.",
        "Name the scopes that are needed, such as vso.work_write.",
    ),
    "patLifespanPolicyViolation": (
        "The tenant's policy “Enforce maximum personal access token lifespan” forbids one that is valid for so long.",
        "Ask for an earlier end of validity.",
    ),
    "disablePatCreationPolicyViolation": (
        "The organisation's policy “Restrict personal access token creation” forbids new tokens.",
        "Have an administrator of the organisation put the user on the policy's allow list.",
    ),
    "expiredPatCannotBeExtended": (
        "A personal access token that has expired cannot be extended.",
        "Create a new one.",
    ),
}
_FOR_USERS_ONLY = frozenset(
    {"accessDenied", "invalidClient", "invalidClientId", "invalidClientType"}
    | {"invalidUserId", "invalidUserType", "userIdRequired"}
)
_GONE = frozenset({"authorizationNotFound", "invalidAuthorizationId", "tokenNotFound"})
_FOR_NOW = frozenset(
    {"failedToReadTenantPolicy", "failedToReadOrgPolicy", "failedToIssueAccessToken", "failedToUpdateAccessToken"}
)


def not_a_user() -> CredentialError:
    """Return the error for an identity that the API of tokens does not serve."""
    return CredentialError(ONLY_A_USER, hint=_SIGN_IN_HINT)


def explain(word: str, message: str) -> BridgeError:
    """Return the error that a `patTokenError` is; `message` is what the service adds, if it does."""
    if word in _FOR_USERS_ONLY:
        return not_a_user()
    if word in _GONE:
        return NotFoundError("There is no such personal access token.", hint="It was revoked, or is another user's.")
    said = message or f"Azure DevOps refused the personal access token: {word}."
    if word in _FOR_NOW:
        return TransientError(said)
    policy, hint = _POLICIES.get(word, (said, ""))
    return RefusedError(policy, hint=hint, rule=word)
