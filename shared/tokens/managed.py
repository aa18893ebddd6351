"""What a managed token is: its policy, the tokens that it has, and the rotation that is under way."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Self

from pydantic import Field, StringConstraints
from pydantic import model_validator as judged

from shared.connections.models import NAME
from shared.tokens.requests import SecretName, TokenRequest

DAY = timedelta(days=1)
_MOST_EVENTS = 50
_LAST_PART = 3
"""A token that lives for less than its policy wants is replaced in the last third of its life."""
_FIRST_PAUSE = timedelta(hours=1)
_MOST_DOUBLINGS = 5


def new_rotation() -> str:
    """Return the id of a rotation that nobody had."""
    return secrets.token_hex(8)


class ManagedTokenRequest(TokenRequest):
    """The body of `PUT /tokens/{token}`.

    Tokens are made as the user of `connection`, live `lifetime_days`, and are replaced `rotate_before_days` before
    their end; the old one goes on working for `overlap_hours`. The newest version of `secret` always is one that works.
    """

    connection: Annotated[str, StringConstraints(pattern=f"^{NAME.pattern}$")]
    secret: SecretName
    lifetime_days: Annotated[int, Field(ge=1, le=365)] = 30
    rotate_before_days: Annotated[int, Field(ge=1, le=364)] = 10
    overlap_hours: Annotated[int, Field(ge=1, le=720)] = 24
    replace_secret: bool = False

    @judged(mode="after")
    def _in_order(self) -> Self:
        if not self.granted:
            raise ValueError('needs scopes, such as ["vso.work_write"]')
        if self.rotate_before_days >= self.lifetime_days:
            raise ValueError("needs a rotate_before_days that is less than lifetime_days")
        return self

    def policy(self) -> "Policy":
        """Return what it asks for."""
        days = timedelta(days=self.lifetime_days), timedelta(days=self.rotate_before_days)
        return Policy(self.connection, self.secret, self.granted, *days, timedelta(hours=self.overlap_hours))


@dataclass(frozen=True, slots=True)
class Policy:
    """How a token is to be: whose, for what, where its value goes, and when it is replaced."""

    connection: str
    secret: str
    scopes: tuple[str, ...]
    lifetime: timedelta
    rotate_before: timedelta
    overlap: timedelta

    @property
    def purpose(self) -> str:
        """A digest of what its tokens are for: scopes may be longer than a tag of Key Vault."""
        return sha256(" ".join(self.scopes).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Held:
    """A token whose value is in Key Vault; `purpose` is that of the policy it was made for.

    `retire_at`: when it is revoked, for one that has been replaced. `digest` tells its value from others; empty where
    the value was not seen.
    """

    authorization_id: str
    version: str
    rotation: str
    purpose: str
    valid_from: datetime
    valid_to: datetime
    retire_at: datetime | None = None
    digest: str = field(default="", compare=False)


def digest_of(value: str) -> str:
    """Return what tells a token from all others and opens nothing: its 300 random bits cannot be guessed from it."""
    return sha256(value.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the last run did not do what was due."""

    message: str
    hint: str
    at: datetime


class Life(StrEnum):
    """How far a managed token's life has come."""

    ACTIVE = "active"
    DELETING = "deleting"
    """Its tokens are being revoked."""


@dataclass(frozen=True, slots=True)
class ManagedToken:
    """One managed token as its row has it.

    `mark` is part of the names of all its tokens and nobody else's. `rotation` is the id of a rotation under way, empty
    without one; `at_once` says that what it replaces is revoked right after it. `wasted` counts the tokens that were
    made in a row and were of no use: unless it is urgent, none is made before `retry_at`. `warned` is the threshold, in
    days before the end, of the last alert. `owner` holds the lease.
    """

    name: str
    policy: Policy
    mark: str
    current: Held | None = None
    retiring: tuple[Held, ...] = ()
    rotation: str = ""
    at_once: bool = False
    wasted: int = 0
    retry_at: datetime | None = None
    problem: Problem | None = None
    warned: int | None = None
    journal: tuple[Mapping[str, str], ...] = ()
    life: Life = Life.ACTIVE
    owner: str = ""
    etag: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        """How the names of its tokens begin."""
        return f"{self.name} {self.mark}-"

    @property
    def held(self) -> Sequence[Held]:
        """All tokens that it knows of."""
        return [*filter(None, [self.current]), *self.retiring]

    def due(self, now: datetime) -> bool:
        """Whether the current token is to be replaced, as far as its dates and its scopes say."""
        return self.current is None or self.current.purpose != self.policy.purpose or now >= self.next_rotation(now)

    def next_rotation(self, now: datetime) -> datetime:
        """Return when the current token is to be replaced."""
        if self.current is None:
            return now
        granted = self.current.valid_to - self.current.valid_from
        return self.current.valid_to - min(self.policy.rotate_before, granted / _LAST_PART)

    def having_wasted_one(self, now: datetime) -> "ManagedToken":
        """Return it after a token was made in vain: the next one is made later each time, up to a day."""
        pause = min(DAY, _FIRST_PAUSE * 2 ** min(self.wasted, _MOST_DOUBLINGS))
        return replace(self, wasted=self.wasted + 1, retry_at=now + pause)

    def after_leak(self, digest: str, now: datetime) -> "ManagedToken":
        """Return it as one of whose tokens others may know: the current one is replaced and revoked, others end."""
        if self.current and self.current.digest == digest:
            known = self if self.at_once else replace(self, rotation=self.rotation or new_rotation(), at_once=True)
            return known.at_liberty()
        ends = (one.digest == digest and one.retire_at and one.retire_at > now for one in self.retiring)
        retiring = (replace(one, retire_at=now) if end else one for one, end in zip(self.retiring, ends, strict=True))
        return replace(self, retiring=tuple(retiring))

    def at_liberty(self) -> "ManagedToken":
        """Return it without a pause: something changed, or somebody asks."""
        return replace(self, wasted=0, retry_at=None)

    def noting(self, event: str, at: datetime, **more: str) -> "ManagedToken":
        """Return it with one more entry in its journal, which keeps the last ones."""
        entry = {"at": at.isoformat(timespec="seconds"), "event": event, **more}
        return replace(self, journal=(*self.journal, entry)[-_MOST_EVENTS:])
