"""What `rotate` does next. Pure; each step may be the last one of a process that dies.

revoke     what a process that died left, and what was replaced long enough ago
create     make a token, prove it, give it the name that says its value's digest, put the value into its place
wait       another process may be just about to put its token there
done       nothing is to be done now

The tokens' names and the place's value are all there is to go by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.azure_devops.personal_access_tokens import PersonalAccessToken
from shared.tokens.command.family import Member

_LAST_PART = 3
"""A token that lives for no longer than it is to be replaced before its end is replaced in the last third."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a rotation; `within` None is now, no `scopes` are those of the last token.

    `slow` is the longest that a process may take between naming its token and storing it.
    """

    overlap: timedelta
    slow: timedelta
    within: timedelta | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What is there now.

    `members` are the active tokens of the family, the newest first; `digest` is that of the place's value, empty where
    there is none; `works` whether that value opens the organisation. `first` is the active token that the family was
    told to replace. `before` is the token whose value was in the place when this run began, `made` whether this run has
    put another there.
    """

    members: Sequence[Member]
    digest: str
    works: bool
    first: PersonalAccessToken | None = None
    before: str = ""
    made: bool = False

    @property
    def current(self) -> PersonalAccessToken | None:
        """The token whose value is in the place, None for somebody else's or none."""
        return next((one.token for one in self.members if one.digest and one.digest == self.digest), None)


@dataclass(frozen=True, slots=True)
class Revoke:
    """Revoke a token."""

    token: PersonalAccessToken


@dataclass(frozen=True, slots=True)
class Create:
    """Make a token like another one, and store it."""

    like: PersonalAccessToken | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing before a moment."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is to be done now."""


type Step = Revoke | Create | Wait | Done


def next_step(seen: Seen, wanted: Wanted, now: datetime) -> Step:
    """Return the next step. No token is taken away that the place, or a process that is slow, may need."""
    # Whoever finds its token revoked cannot give it the name with the digest, and stores nothing.
    if nameless := next((one.token for one in seen.members if not one.digest), None):
        return Revoke(nameless)
    if over := next((token for token in _others(seen) if _ends(token, seen, wanted, now) <= now), None):
        return Revoke(over)
    if not due(seen, wanted, now):
        return Done()
    on_their_way = [one.token.valid_from + wanted.slow for one in seen.members if _is_newer(one.token, seen)]
    if seen.works and on_their_way and max(on_their_way) > now:
        return Wait(max(on_their_way))
    return Create(seen.current or next((one.token for one in seen.members), seen.first))


def due(seen: Seen, wanted: Wanted, now: datetime) -> bool:
    """Whether the place needs another token."""
    current = seen.current
    if seen.made:
        return False
    if current is None or not seen.works or wanted.within is None:
        return True
    other_purpose = bool(wanted.scopes) and set(wanted.scopes) != set(current.scopes)
    return other_purpose or now >= next_rotation(current, wanted.within)


def next_rotation(current: PersonalAccessToken, within: timedelta) -> datetime:
    """Return when a token is to be replaced."""
    granted = current.valid_to - current.valid_from
    return current.valid_to - (within if within < granted else granted / _LAST_PART)


def retiring(seen: Seen, wanted: Wanted, now: datetime) -> list[tuple[PersonalAccessToken, datetime]]:
    """Return what a later run revokes, and when it may."""
    return [(token, _ends(token, seen, wanted, now)) for token in _others(seen)]


def _others(seen: Seen) -> list[PersonalAccessToken]:
    """Return what may be revoked one day: nothing while the place has no token that works."""
    if not (seen.current and seen.works):
        return []
    others = [one.token for one in seen.members if one.token != seen.current]
    return [*others, seen.first] if seen.first else others


def _ends(token: PersonalAccessToken, seen: Seen, wanted: Wanted, now: datetime) -> datetime:
    """Return when a token may be revoked that is not current."""
    if seen.current is None or _is_newer(token, seen):  # its process died, or is about to store it
        return token.valid_from + wanted.slow
    replaced = seen.current.valid_from + wanted.overlap if wanted.overlap else now  # whatever the service's clock says
    was_stored = token == seen.first or token.authorization_id == seen.before
    return replaced if was_stored else max(replaced, token.valid_from + wanted.slow)


def _is_newer(token: PersonalAccessToken, seen: Seen) -> bool:
    return seen.current is None or (token != seen.first and token.valid_from > seen.current.valid_from)
