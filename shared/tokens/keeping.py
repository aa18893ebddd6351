"""Where the values of tokens are: secrets of Key Vault whose tags say which token each version is."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from shared.azure_devops.personal_access_tokens import NewToken
from shared.errors import BridgeError, ConflictError
from shared.tokens.managed import Held, ManagedToken, digest_of

if TYPE_CHECKING:
    from shared.storage.secrets import Vault, Version

AUTHORIZATION = "authorization-id"
"""The tag that says which token a version is the value of."""
_MANAGED, _ROTATION, _PURPOSE = "managed-token", "rotation-id", "purpose"
_VALID_FROM, _VALID_TO = "valid-from", "valid-to"


@dataclass(frozen=True, slots=True)
class VaultSecret:
    """A secret of Key Vault as the place of a token's value; `replacing` also somebody else's."""

    vault: "Vault"
    name: str
    replacing: bool = False

    def check(self) -> None:
        """Raise `ConflictError` (409) for a secret that is somebody else's."""
        check_free(self.vault, self.name, replacing=self.replacing)

    def store(self, made: NewToken) -> str:
        """Store a new token's value as a version; returns the version's id."""
        return store(self.vault, self.name, made)

    def stored_nevertheless(self, made: NewToken) -> str | None:
        """Return what the function of this name returns."""
        return stored_nevertheless(self.vault, self.name, made)


def check_free(vault: "Vault", secret: str, *, replacing: bool) -> None:
    """Raise `ConflictError` (409) for a secret that did not come from here or is a managed token's.

    Unless it is to be replaced.
    """
    newest = None if replacing else vault.newest(secret)
    if newest and (AUTHORIZATION not in newest.tags or _MANAGED in newest.tags):
        whose = "is a managed token's" if _MANAGED in newest.tags else "holds no token that was made here"
        raise ConflictError(
            f"Key Vault has a secret {secret} already, which {whose}.",
            hint="Name another secret, or have it replaced (replace_secret), if its readers are to get the token.",
            status=409,
        )


def store(vault: "Vault", secret: str, made: NewToken, **tags: str) -> str:
    """Store a new token's value as a version of a secret; returns the version's id."""
    every = {AUTHORIZATION: made.token.authorization_id, **tags}
    return vault.set(secret, made.value, tags=every, expires=made.token.valid_to)


def stored_nevertheless(vault: "Vault", secret: str, made: NewToken) -> str | None:
    """Return the version where only the answer of a `store` was lost, empty for none, None where it cannot be told."""
    with suppress(BridgeError):
        newest = vault.newest(secret)
        ours = newest and newest.tags.get(AUTHORIZATION) == made.token.authorization_id
        return newest.id if newest and ours else ""
    return None


def tags_of(token: ManagedToken, made: NewToken) -> dict[str, str]:
    """Return what a version says of itself, so that the row can be mended by it."""
    return {
        _MANAGED: token.label,
        _ROTATION: token.rotation,
        _PURPOSE: token.policy.purpose,
        _VALID_FROM: made.token.valid_from.isoformat(),
        _VALID_TO: made.token.valid_to.isoformat(),
    }


def held(token: ManagedToken, version: "Version") -> Held | None:
    """Return which token of a managed one a version is the value of, None for anybody else's."""
    tags = version.tags
    if tags.get(_MANAGED) != token.label:
        return None
    try:
        start, end = datetime.fromisoformat(tags[_VALID_FROM]), datetime.fromisoformat(tags[_VALID_TO])
        digest = digest_of(version.value) if version.value else ""
        return Held(tags[AUTHORIZATION], version.id, tags[_ROTATION], tags[_PURPOSE], start, end, digest=digest)
    except (KeyError, ValueError):
        return None
