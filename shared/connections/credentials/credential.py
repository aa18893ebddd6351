"""The interface that every kind of credential has, and what is needed to make one."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

AZURE_DEVOPS_SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"
"""https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/entra-oauth"""


class Credential(Protocol):
    """Signs requests to Azure DevOps. Neither its repr nor its errors hold a secret."""

    def authorization(self, renew: bool) -> str:
        """Return the value of the Authorization header.

        `renew` says that the last one was not accepted. Raises `CredentialError` when there is none to be had until
        a person acts, `TransientError` when Entra or Key Vault does not answer.
        """
        ...


class Secret(Protocol):
    """Where the secret part of a credential lies."""

    def read(self) -> str:
        """Return it as it is now. Raises `CredentialError` when it is gone."""
        ...

    def replace(self, text: str) -> None:
        """Put a newer one in its place; returns when it is safe."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """Who signs in and by which kind of proof; all of it may be shown."""

    kind: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What Entra gave; it is worth something for so many seconds."""

    value: str = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True)
class Obtained:
    """An access token just obtained, as a credential."""

    token: AccessToken

    def authorization(self, renew: bool) -> str:
        """Return the header; there is no other to be had."""
        del renew
        return f"Bearer {self.token.value}"


def claims_of(authorization: str) -> dict[str, Any]:
    """Return what an access token says of its holder: for messages only, since it is opaque to its bearer.

    https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens
    """
    parts = authorization.partition(" ")[2].split(".")
    try:
        body = parts[1]
        found = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
