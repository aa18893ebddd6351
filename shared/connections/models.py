"""What a connection is, and what may be sent to make one."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

DEFAULT_TAG = "Phoenix_Security"
DEFAULT_TYPE = "Issue"
NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
"""Connection names are part of ticket ids, hook URLs and partition keys."""

Tag = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[^;,\x00-\x1f]+$")]


class _Request(BaseModel):
    # Whoever gets a field's name wrong should hear of it, and no message may repeat what was sent: it may be a secret.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _as_shown(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError("must be exactly as Azure DevOps showed it, without blanks or line ends")
    return token


class PersonalAccessToken(_Request):
    """Sign in with a personal access token."""

    kind: Literal["personal_access_token"]
    token: Annotated[SecretStr, Field(min_length=20, max_length=1000), AfterValidator(_as_shown)]


class Defaults(_Request):
    """What a link of the connection inherits unless it says otherwise."""

    work_item_type: Annotated[str, StringConstraints(min_length=1, max_length=128)] = DEFAULT_TYPE
    tags: Annotated[tuple[Tag, ...], Field(max_length=20)] = ()


class ConnectionRequest(_Request):
    """The body of `PUT /connections/{connection}`; without a credential, the one stored stays."""

    url: Annotated[str, StringConstraints(max_length=500)]
    credential: PersonalAccessToken | None = None
    defaults: Defaults = Defaults()


@dataclass(frozen=True, slots=True)
class Connection:
    """One organisation that we may talk to. `secret` is the name of its credential in Key Vault."""

    name: str
    url: str
    credential: str
    secret: str
    identity: str
    defaults: Defaults
    tag: str = DEFAULT_TAG
    etag: str = ""

    def public(self) -> dict[str, Any]:
        """What the API shows of it: never a secret, nor where one lies."""
        return {
            "connection": self.name,
            "url": self.url,
            "credential": {"kind": self.credential},
            "identity": self.identity,
            "tag": self.tag,
            "defaults": self.defaults.model_dump(mode="json"),
        }
