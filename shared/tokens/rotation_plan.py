"""What a managed token needs next. Pure; each step may be repeated, and may be the last one of a process that dies.

begin      write the intent: a rotation id
create     make a token with the id in its name, prove it, store it as the newest version of the secret
adopt      point the row at the newest version, which works; what it replaces is to be retired
retire     after the overlap, revoke what was replaced, and disable its versions
revoke     revoke what died between two steps and that nothing points to
restore    the newest version does not work although an earlier one does: store that one again
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.azure_devops.personal_access_tokens import PersonalAccessToken
from shared.tokens.managed import Held, ManagedToken


@dataclass(frozen=True, slots=True)
class Seen:
    """What is there now.

    `newest` is the newest version of the secret if its tags say that it is this managed token's; `works` whether it
    opens the organisation. `versions` are the enabled ones of ours. `current_works` is only looked at when `newest` is
    another one. `tokens` are the active tokens whose names begin with the label, None while they cannot be listed.
    """

    newest: Held | None
    works: bool
    versions: Sequence[Held]
    tokens: Sequence[PersonalAccessToken] | None
    current_works: bool = False


@dataclass(frozen=True, slots=True)
class Adopt:
    """Point the row at the newest version."""

    newest: Held


@dataclass(frozen=True, slots=True)
class Restore:
    """Store the value of the current token again, as the newest version."""

    current: Held


@dataclass(frozen=True, slots=True)
class Track:
    """Retire a token that a version names and the row does not know."""

    found: Held


@dataclass(frozen=True, slots=True)
class Retire:
    """Revoke what was replaced, and disable its versions."""

    old: Held
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Revoke:
    """Revoke a token that nothing points to."""

    orphan: PersonalAccessToken


@dataclass(frozen=True, slots=True)
class Begin:
    """Write a rotation id into the row."""


@dataclass(frozen=True, slots=True)
class Create:
    """Make, prove and store a token of the rotation under way."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Another token is due and can wait: an earlier attempt may still end well, or was in vain just now."""


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Nothing more can be done without the list of the user's tokens."""


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is to be done now."""


type Step = Adopt | Restore | Track | Retire | Revoke | Begin | Create | Wait | Unlisted | Done


def next_step(token: ManagedToken, seen: Seen, now: datetime) -> Step:
    """Return the next step. No token is taken away that the newest version, or a worker that is slow, may need."""
    current = token.current
    if seen.newest and seen.works and not (current and current.version == seen.newest.version):
        return Adopt(seen.newest)
    if current and not seen.works and seen.current_works:
        return Restore(current)
    if seen.tokens is None:
        return Unlisted()
    return _clearing(token, seen, now) or _rotating(token, seen, now)


def _clearing(token: ManagedToken, seen: Seen, now: datetime) -> Step | None:
    known = {held.authorization_id for held in token.held}
    strange = (one for one in seen.versions if one.authorization_id not in known and one != seen.newest)
    if unknown := next(strange, None):
        return Track(unknown)
    over = next((old for old in token.retiring if old.retire_at and old.retire_at <= now), None)
    if over and seen.works:
        return Retire(
            over, tuple(one.version for one in seen.versions if one.authorization_id == over.authorization_id)
        )
    named = known | {one.authorization_id for one in seen.versions}
    orphan = next((one for one in seen.tokens or () if _is_over(one, named, token, now)), None)
    return Revoke(orphan) if orphan else None


def _is_over(found: PersonalAccessToken, named: set[str], token: ManagedToken, now: datetime) -> bool:
    return found.authorization_id not in named and now - found.valid_from >= token.policy.overlap


def _rotating(token: ManagedToken, seen: Seen, now: datetime) -> Step:
    if token.rotation:
        return Wait() if _can_wait(token, seen, now) and _must_wait(token, seen, now) else Create()
    return Begin() if token.due(now) or not seen.works else Done()


def _can_wait(token: ManagedToken, seen: Seen, now: datetime) -> bool:
    """Whether there is a token that works, for long enough, and that nobody must be kept from using."""
    current = token.current
    return bool(seen.works and current and not token.at_once and now + 2 * token.policy.overlap < current.valid_to)


def _must_wait(token: ManagedToken, seen: Seen, now: datetime) -> bool:
    """Whether an attempt that died left a token which its process may still store: another one would be a second.

    Or whether the last one was of no use: where Key Vault takes no secrets, every run would make one to revoke it.
    """
    if token.retry_at and now < token.retry_at:
        return True
    named = {held.authorization_id for held in token.held} | {one.authorization_id for one in seen.versions}
    return any(found.authorization_id not in named for found in seen.tokens or ())
