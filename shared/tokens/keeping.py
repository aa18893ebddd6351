"""Where the values of tokens are: secrets of Key Vault whose tags say which token each version is."""

from shared.azure_devops.personal_access_tokens import NewToken
from shared.errors import ConflictError
from shared.storage.secrets import Vault

AUTHORIZATION = "authorization-id"
"""The tag that says which token a version is the value of."""


def check_free(vault: Vault, secret: str, *, replacing: bool) -> None:
    """Raise `ConflictError` (409) for a secret that did not come from here, unless it is to be replaced."""
    newest = None if replacing else vault.newest(secret)
    if newest and AUTHORIZATION not in newest.tags:
        raise ConflictError(
            f"Key Vault has a secret {secret} already, which holds no token that was made here.",
            hint='Name another secret, or say "replace_secret": true if its readers are to get the token instead.',
            status=409,
        )


def store(vault: Vault, secret: str, made: NewToken, **tags: str) -> str:
    """Store a new token's value as a version of a secret; returns the version's id."""
    every = {AUTHORIZATION: made.token.authorization_id, **tags}
    return vault.set(secret, made.value, tags=every, expires=made.token.valid_to)
