"""Who asks: personal access tokens, bearer tokens, and how the service turns away what it does not accept."""

import base64
import binascii
import json
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from local.simulators.azure_devops import dates, errors
from local.simulators.azure_devops.store import Database, Store, packed

_NAMESPACE = uuid.UUID("22157d54-1821-6536-a446-928b06348385")
_READS = ("vso.work", "vso.work_write", "vso.work_full")
_WRITES = ("vso.work_write", "vso.work_full")
_CODE = ("vso.code", "vso.code_write", "vso.code_manage", "vso.code_full")


@dataclass(frozen=True, slots=True)
class Identity:
    """A person or a service principal as the service knows it.

    `organizations` and `projects` limit what it may see, `scopes` what its token may do; None is no limit.
    """

    name: str
    mail: str
    organizations: tuple[str, ...] | None = None
    projects: tuple[str, ...] | None = None
    scopes: tuple[str, ...] | None = None
    may_write: bool = True
    may_administer: bool = True
    may_read_code: bool = True
    user: bool = True
    """Whether it is a person; service principals and managed identities have their object id for a mail address."""

    @property
    def combined(self) -> str:
        """The form in which identities are stored and version 1.0 events carry them."""
        return f"{self.name} <{self.mail}>"

    def may_see(self, project: str) -> bool:
        """Tell whether this identity may read a project, by its name."""
        return self.projects is None or project.lower() in {name.lower() for name in self.projects}


type EntraTokens = Callable[[str, str], Identity | None]
"""Says whose token this is, and whether they belong to an organisation: `organizations` is empty if not."""

WEB_USER = Identity("Jamal Hartnett", "jamal@contoso.example")


def person(text: str) -> Identity:
    """Return who `Name <mail>`, a mail address or a bare name means."""
    name, _, mail = text.partition("<")
    name, mail = name.strip(), mail.rstrip("> ").strip()
    return Identity(name or mail, mail or name)


@lru_cache(maxsize=1024)
def identifiers(text: str) -> tuple[str, str]:
    """Return the id and the subject descriptor of a stored identity."""
    identifier = str(uuid.uuid5(_NAMESPACE, person(text).mail.lower()))
    encoded = base64.b64encode(identifier.encode()).decode().rstrip("=")
    return identifier, f"aad.{encoded}"


def reference(text: str, home: str) -> dict[str, Any]:
    """Return the IdentityRef of a stored identity; `home` is the organisation's address."""
    who = person(text)
    identifier, descriptor = identifiers(text)
    avatar = f"{home}/_apis/GraphProfile/MemberAvatars/{descriptor}"
    return {
        "displayName": who.name,
        "url": f"{home}/_apis/Identities/{identifier}",
        "_links": {"avatar": {"href": avatar}},
        "id": identifier,
        "uniqueName": who.mail,
        "imageUrl": avatar,
        "descriptor": descriptor,
    }


def issue_token(database: Database, organization: str, identity: Identity, token: str, valid_to: str | None) -> str:
    """Store a personal access token, made up where `token` is empty, and return it.

    All organisations accept one whose organisation is empty.
    """
    token = token or _new_token()
    row = (token, organization, kept(identity), valid_to)
    database.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?, 0)", row)
    return token


def kept(identity: Identity) -> str:
    """Return an identity as the holder of a token is stored."""
    return packed(asdict(identity))


def unpacked(text: str) -> Identity:
    """Return the identity that `kept` stored."""
    values = json.loads(text)
    for name in ("organizations", "projects", "scopes"):
        values[name] = None if values[name] is None else tuple(values[name])
    return Identity(**values)


def _new_token() -> str:
    # Tokens have 84 characters since July 2024, with a fixed signature near the end.
    return secrets.token_hex(38) + "AZDO" + secrets.token_hex(2)


def authenticate(
    store: Store, organization: str, authorization: str, entra_tokens: EntraTokens | None
) -> Identity | None:
    """Return who sent this Authorization header, or None where it is not accepted in the organisation.

    Above all organisations (an empty name) no personal access token is accepted.
    """
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic" and organization:
        with store.transaction() as database:
            return _of_token(database, organization, _password(value))
    if scheme.lower() != "bearer" or entra_tokens is None:
        return None
    return entra_tokens(value.strip(), organization)


def _password(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _of_token(database: Database, organization: str, token: str) -> Identity | None:
    row = database.execute(
        "SELECT identity, valid_to FROM tokens WHERE token = ? AND organization IN (?, '') AND NOT revoked",
        (token, organization),
    ).fetchone()
    if row is None or (row["valid_to"] and dates.parsed(row["valid_to"]) <= dates.parsed(dates.now())):
        return None
    return unpacked(row["identity"])


def check_right(identity: Identity, *, area: str, writes: bool) -> None:
    """Raise unless the identity may read or write in this area of the API (wit, hooks, git or other)."""
    enough = {"wit": _WRITES if writes else _READS, "hooks": _READS, "git": _CODE}.get(area)
    if identity.scopes is not None and enough and not set(enough) & set(identity.scopes):
        raise errors.unauthorized(identity.mail)
    if writes and area == "wit" and not identity.may_write:
        message = "TF237111: The current user does not have permissions to save work items under the area path."
        raise errors.access_denied(message)
    if area == "hooks" and not identity.may_administer:
        message = f"Access denied. {identity.name} needs Edit subscriptions permissions to perform the action."
        raise errors.access_denied(message)


def sign_in_page(home: str) -> str:
    """Return the page that browsers would see, and that clients get with status 203."""
    return (
        "<!DOCTYPE html><html lang='en'><head><title>Azure DevOps Services | Sign In</title></head>"
        f"<body><form method='post' action='{home}/_signin'>Sign in to your account</form></body></html>"
    )


def suppresses_redirect(headers: Mapping[str, str]) -> bool:
    """Tell whether the client asked for a plain 401, as Microsoft's own clients do."""
    return headers.get("x-tfs-fedauthredirect", "").lower() == "suppress"
