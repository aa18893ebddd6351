"""What may be sent to create a personal access token, or to change one."""

from typing import Annotated, Self

from pydantic import AfterValidator, AliasChoices, AwareDatetime, ConfigDict, Field, StringConstraints
from pydantic import model_validator as judged

from shared.tokens.scopes import FULL_ACCESS, Scope, sorted_once
from shared.validation import Model

_NOT_EVERYWHERE = (
    "cannot be: Azure DevOps has made no token for all organisations since 15 March 2026, and those that there are "
    "stop working on 1 December 2026; ask for one in each organisation"
)
OURS = "connection-"
"""How the names of secrets begin that hold credentials of connections."""


def _not_ours(name: str) -> str:
    if name.lower().startswith(OURS):
        raise ValueError(f"must not begin with {OURS}: so do the credentials of connections")
    return name


def _one_organisation(everywhere: bool) -> bool:
    if everywhere:
        raise ValueError(_NOT_EVERYWHERE)
    return everywhere


TokenName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
"""How its user recognises a token in Azure DevOps."""
# https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#vault-name-and-object-name
SecretName = Annotated[str, StringConstraints(pattern=r"^[0-9a-zA-Z-]{1,127}$"), AfterValidator(_not_ours)]
"""A secret of Key Vault that holds no credential of a connection."""
Scopes = Annotated[tuple[Scope, ...], Field(max_length=100)]


class TokenRequest(Model):
    """What every request for a token says: what it is for."""

    # Whoever gets a field's name wrong should hear of it.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    scopes: Scopes = ()
    full_access: bool = Field(default=False, description="Whatever the user may do; instead of scopes.")
    all_organisations: Annotated[bool, AfterValidator(_one_organisation)] = Field(
        default=False,
        validation_alias=AliasChoices("all_organisations", "allOrgs"),
        description="Only false: Azure DevOps makes no more tokens for all organisations.",
    )

    @property
    def granted(self) -> tuple[str, ...]:
        """What the service is asked for; empty where the request does not say."""
        return (FULL_ACCESS,) if self.full_access else sorted_once(self.scopes)

    @judged(mode="after")
    def _one_way(self) -> Self:
        if self.full_access and self.scopes:
            raise ValueError("takes either scopes or full_access")
        return self


class TokenToMake(TokenRequest):
    """What a new token is to be; where its value goes is another matter."""

    name: TokenName
    valid_to: AwareDatetime

    @judged(mode="after")
    def _for_something(self) -> Self:
        if not self.granted:
            raise ValueError('needs scopes, such as ["vso.work_write"]')
        return self


class NewTokenRequest(TokenToMake):
    """The body of `POST /connections/{connection}/personal-access-tokens`.

    The token's value becomes the newest version of `secret` in Key Vault and is never part of an answer. A secret that
    is there already and did not come from here is only written with `replace_secret`.
    """

    secret: SecretName
    replace_secret: bool = False


class ChangedTokenRequest(TokenRequest):
    """The body of `PUT /connections/{connection}/personal-access-tokens/{authorization_id}`: what is left out stays."""

    name: TokenName | None = None
    valid_to: AwareDatetime | None = None

    @judged(mode="after")
    def _something(self) -> Self:
        if not (self.granted or self.name or self.valid_to):
            raise ValueError("changes nothing: give name, scopes or valid_to")
        return self
