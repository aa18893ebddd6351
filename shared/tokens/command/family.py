"""The tokens that one `rotate` made, by their names, which are all that a rotation remembers. Pure.

A token is made as `sonar rotated-1f2e3d4c`. Before its value is put into its place, a digest of the value is added to
the name: so whoever reads the place can tell which token it has, and a name without a digest belongs to a process that
died before its token was of use to anybody.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from shared.azure_devops.personal_access_tokens import PersonalAccessToken
from shared.tokens.managed import digest_of

LONGEST_NAME = 150
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Member:
    """A token of the family; `digest` is that of its value, empty before it was about to be stored."""

    token: PersonalAccessToken
    digest: str


def members(name: str, tokens: Iterable[PersonalAccessToken]) -> list[Member]:
    """Return those tokens that rotations of a name made, the newest first; all others are somebody else's."""
    pattern = re.compile(rf"{re.escape(name)} rotated-[0-9a-f]{{8}}(?:-([0-9a-f]{{{_DIGITS}}}))?")
    found = [(token, pattern.fullmatch(token.name)) for token in tokens]
    family = [Member(token, match[1] or "") for token, match in found if match]
    return sorted(family, key=lambda member: member.token.valid_from, reverse=True)


def new_name(name: str) -> str:
    """Return the name of a token whose value is nowhere yet."""
    return f"{name} rotated-{secrets.token_hex(4)}"


def kept_name(name: str, value: str) -> str:
    """Return the name of a token whose value is about to be stored."""
    return f"{name}-{digest(value)}"


def digest(value: str) -> str:
    """Return what may be shown of a value: it has far more randomness than anybody can try."""
    return digest_of(value)[:_DIGITS]
