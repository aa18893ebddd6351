"""What a connection is, and what may be sent to make one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.connections.credentials.credential import Account
from shared.connections.credentials.models import AnyCredential

DEFAULT_TAG = "Phoenix_Security"
DEFAULT_TYPE = "Issue"
NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
"""Connection names are part of ticket ids, hook URLs and partition keys."""

Tag = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[^;,\x00-\x1f]+$")]


class _Request(BaseModel):
    # Whoever gets a field's name wrong should hear of it, and no message may repeat what was sent: it may be a secret.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Defaults(_Request):
    """What a link of the connection inherits unless it says otherwise."""

    work_item_type: Annotated[str, StringConstraints(min_length=1, max_length=128)] = DEFAULT_TYPE
    tags: Annotated[tuple[Tag, ...], Field(max_length=20)] = ()


class ConnectionRequest(_Request):
    """The body of `PUT /connections/{connection}`; without a credential, the one stored stays."""

    url: Annotated[str, StringConstraints(max_length=500)]
    credential: AnyCredential | None = None
    defaults: Defaults = Defaults()


_WARNINGS: Mapping[str, str] = {
    "user_password": (
        "A user name and a password cannot pass multifactor authentication: this connection stops working on the day "
        "the tenant asks for it. Prefer service_principal, managed_identity or signed_in_user."
    ),
    "signed_in_user": "Nobody has signed in yet: POST /api/connections/{name}/sign-in.",
}


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

    @property
    def account(self) -> Account:
        """Who signs in, and how."""
        return Account(self.credential, self.details)

    @property
    def needs_sign_in(self) -> bool:
        """Whether a person must sign in before it can work."""
        return self.credential == "signed_in_user" and not self.secret

    def public(self) -> dict[str, Any]:
        """What the API shows of it: never a secret, nor where one lies."""
        return {
            "connection": self.name,
            "url": self.url,
            "credential": {"kind": self.credential, **self.details},
            "identity": self.identity,
            "tag": self.tag,
            "defaults": self.defaults.model_dump(mode="json"),
            "warnings": self._warnings(),
        }

    def _warnings(self) -> list[str]:
        applies = self.credential == "user_password" or self.needs_sign_in
        return [_WARNINGS[self.credential].replace("{name}", self.name)] if applies else []
