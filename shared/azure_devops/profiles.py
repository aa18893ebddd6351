"""The profile of the person who is signed in.

https://learn.microsoft.com/rest/api/azure/devops/profile/profiles/get
It lives at https://app.vssps.visualstudio.com, above all organisations, and does not accept personal access tokens.
"""

from dataclasses import dataclass
from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.values import name, optional_text


@dataclass(frozen=True, slots=True)
class Profile:
    """A person; `id` is the same in all organisations."""

    id: str
    name: str
    mail: str


def my_profile() -> Call[Profile]:
    """Read the profile of whom the credential belongs to."""
    return Call("GET", "_apis/profile/profiles/me", _profile, {"api-version": "7.1"})


def _profile(value: Any) -> Profile:
    return Profile(
        id=name(value["id"]),
        name=optional_text(value.get("displayName")),
        mail=optional_text(value.get("emailAddress")),
    )
