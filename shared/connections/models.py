"""What a connection is, and what may be sent to make one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal, NotRequired, TypedDict, cast

from pydantic import ConfigDict, Field, StringConstraints

from shared.connections.credentials.credential import Account
from shared.connections.credentials.models import AnyCredential, CredentialKind
from shared.connections.defaults import Defaults, Tag
from shared.validation import Model

DEFAULT_TAG = "Phoenix_Security"
NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
"""Connection names are part of ticket ids, hook URLs and partition keys."""


class ConnectionRequest(Model):
    """The body of `PUT /connections/{connection}`; without a credential or a tag, the one stored stays.

    `tag` is what the connection's work items are recognised by: fixed as soon as the connection has links.
    """

    # Whoever gets a field's name wrong should hear of it, and no message may repeat what was sent: it may be a secret.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, StringConstraints(max_length=500)]
    credential: AnyCredential | None = None
    tag: Tag | None = None
    defaults: Defaults = Field(default_factory=Defaults)
    enabled: bool = True


class ConnectionState(StrEnum):
    """How far a connection's life has come."""

    ACTIVE = "active"
    DELETING = "deleting"
    """Its links and tickets are being let go."""
    DELETED = "deleted"
    """Only its tickets are left, to be looked at."""


_WARNINGS: Mapping[str, str] = {
    "user_password": (
        "A user name and a password cannot pass multifactor authentication: this connection stops working on the day "
        "the tenant asks for it. Prefer service_principal, managed_identity or signed_in_user."
    ),
    "signed_in_user": "Nobody has signed in yet: POST /api/connections/{name}/sign-in.",
}


class CredentialView(TypedDict):
    """What may be shown of a credential: never a secret."""

    kind: CredentialKind
    token: NotRequired[str]
    tenant: NotRequired[str]
    client_id: NotRequired[str]
    managed_identity: NotRequired[str]
    user_name: NotRequired[str]
    proof: NotRequired[Literal["client_secret", "certificate", "federated"]]


class ConnectionView(TypedDict):
    """A connection as the API shows it. `identity` is as whom Azure DevOps knows its credential."""

    connection: str
    url: str
    credential: CredentialView
    identity: str
    tag: str
    defaults: Defaults
    enabled: bool
    state: ConnectionState
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class Connection:
    """One organisation that we may talk to.

    `secret` is the name of its credential's secret in Key Vault, empty where it has none; `details` is what may be
    shown of the credential; `sign_in` is the name of the secret that a sign-in under way keeps in Key Vault.
    """

    name: str
    url: str
    credential: str
    secret: str
    identity: str
    defaults: Defaults
    tag: str = DEFAULT_TAG
    etag: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    sign_in: str = ""
    enabled: bool = True
    state: ConnectionState = ConnectionState.ACTIVE

    @property
    def may_write(self) -> bool:
        """Whether anything may be changed in Azure DevOps for it."""
        return self.enabled and self.state is ConnectionState.ACTIVE

    @property
    def account(self) -> Account:
        """Who signs in, and how."""
        return Account(self.credential, self.details)

    @property
    def own_secrets(self) -> set[str]:
        """The names of the secrets that go with it; that of a managed token is the token's."""
        borrowed = self.credential == "managed_token"
        return {name for name in ("" if borrowed else self.secret, self.sign_in) if name}

    @property
    def needs_sign_in(self) -> bool:
        """Whether a person must sign in before it can work."""
        return self.credential == "signed_in_user" and not self.secret

    def public(self) -> ConnectionView:
        """What the API shows of it: never a secret, nor where one lies."""
        return {
            "connection": self.name,
            "url": self.url,
            "credential": cast("CredentialView", {"kind": self.credential, **self.details}),
            "identity": self.identity,
            "tag": self.tag,
            "defaults": self.defaults,
            "enabled": self.enabled,
            "state": self.state,
            "warnings": self._warnings(),
        }

    def _warnings(self) -> list[str]:
        applies = self.credential == "user_password" or self.needs_sign_in
        return [_WARNINGS[self.credential].replace("{name}", self.name)] if applies else []
