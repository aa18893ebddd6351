"""Carries out what `rotation_plan` says a managed token needs, step by step, under the lease of its row."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.azure_devops import personal_access_tokens as pats
from shared.azure_devops.organisation import Organisation
from shared.azure_devops.paging import every
from shared.azure_devops.personal_access_tokens import NewToken, PersonalAccessToken
from shared.connections.models import Connection
from shared.errors import BridgeError, CredentialError, NotFoundError, TransientError
from shared.storage.secrets import Vault
from shared.times import Times
from shared.tokens import keeping
from shared.tokens.managed import Held, ManagedToken, new_rotation
from shared.tokens.owners import Owners
from shared.tokens.proving import Demand, Proving
from shared.tokens.rotation_plan import (
    Adopt,
    Begin,
    Create,
    Done,
    Restore,
    Retire,
    Revoke,
    Seen,
    Step,
    Track,
    Unlisted,
    Wait,
    next_step,
)
from shared.tokens.store import TakenOverError, TokenStore

_CLOCK_STEP = timedelta(seconds=2)
"""The storage service's clock is known in whole seconds: it may seem to go back that far."""
_MOST_STEPS = 60
"""A run does so many at most; what is left is the next one's."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a rotation works with."""

    store: TokenStore
    owners: Owners
    vault: Vault
    proving: Proving
    times: Times
    now: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic


@dataclass(slots=True)
class Rotation:
    """One run over one managed token whose lease we have; `token` is the row as we last wrote it."""

    tools: Tools
    token: ManagedToken
    trouble: BridgeError | None = None
    """Why the user's tokens could not be listed."""
    works: bool = True
    """Whether the newest version worked when we last looked."""
    waits: bool = False
    """Whether what is due was left for later."""
    _written: float = field(default=0.0)

    def __post_init__(self) -> None:
        self._written = self.tools.monotonic()

    def run(self) -> ManagedToken:
        """Do all that is to be done now; returns the managed token after it.

        Raises what its user's connection, Azure DevOps or Key Vault raise, and `TakenOverError` when another worker
        has taken over. Whatever was done is found by the next run.
        """
        for _ in range(_MOST_STEPS):
            seen = self._look()
            step = next_step(self.token, seen, self.tools.now())
            if isinstance(step, Done | Wait):
                self.waits = isinstance(step, Wait)
                return self.token
            self._do(step)
        return self.token

    @property
    def _connection(self) -> Connection:
        return self.tools.owners.connections.get(self.token.policy.connection)

    def _look(self) -> Seen:
        connection, secret = self._connection, self.token.policy.secret
        found = self.tools.vault.newest(secret)
        newest = keeping.held(self.token, found) if found else None
        works = self.works = bool(found and newest and self.tools.proving.works(connection, found.value))
        return Seen(
            newest=newest,
            works=works,
            versions=self._versions(secret) if found else (),
            tokens=self._tokens(connection),
            current_works=not works and self._current_works(connection, newest),
        )

    def _versions(self, secret: str) -> list[Held]:
        found = (keeping.held(self.token, one) for one in self.tools.vault.versions(secret) if one.enabled)
        return [one for one in found if one]

    def _tokens(self, connection: Connection) -> list[PersonalAccessToken] | None:
        """Return the active tokens that are named as ours; None, and why, where the user cannot be asked."""
        try:
            found = every(self.tools.owners.of(connection), pats.list_tokens)
            return [one for one in found if one.name.startswith(self.token.label)]
        except (CredentialError, TransientError) as error:
            self.trouble = error
            return None

    def _current_works(self, connection: Connection, newest: Held | None) -> bool:
        current = self.token.current
        if current is None or (newest and newest.version == current.version):
            return False
        kept = self.tools.vault.version(self.token.policy.secret, current.version)
        return bool(kept and self.tools.proving.works(connection, kept.value))

    def _do(self, step: Step) -> None:
        match step:
            case Begin():
                self._save(replace(self.token, rotation=new_rotation()), "begun")
            case Create():
                self._create()
            case Adopt(newest):
                self._adopt(newest)
            case Restore(current):
                self._restore(current)
            case Track(found):
                old = replace(found, retire_at=self.tools.now() + self.token.policy.overlap)
                self._save(replace(self.token, retiring=(*self.token.retiring, old)), "found", found)
            case Retire(old, versions):
                self._retire(old, versions)
            case Revoke(orphan):
                self._revoke(orphan.authorization_id)
                self._save(self.token, "orphan revoked", authorization_id=orphan.authorization_id)
            case Unlisted() | Done() | Wait():
                raise self.trouble or TransientError("The tokens of the user could not be listed.")

    def _create(self) -> None:
        """Make a token and prove it before anybody sees it; one that cannot be stored is found as an orphan."""
        token, owner, demand = self.token, self._owner(), self._demand()
        self._renew()
        name = f"{token.label}{token.rotation}"
        made = owner.do(pats.create_token(name, token.policy.scopes, self.tools.now() + token.policy.lifetime))
        if objection := self.tools.proving.objection(demand, made.value):
            self._waste(made)
            raise TransientError(f"Azure DevOps made a token for {token.name}, and {objection}: it was revoked.")
        try:
            self._renew()
            self._check_ours()
            keeping.store(self.tools.vault, token.policy.secret, made, **keeping.tags_of(token, made))
        except BridgeError:
            if keeping.stored_nevertheless(self.tools.vault, token.policy.secret, made) == "":
                self._waste(made)
            raise

    def _demand(self) -> Demand:
        """A new token must be as good as the one that works now; where none does, any that is accepted will do."""
        users = self.tools.owners.connections.signing_in_with(self.token.name) if self.works else []
        newest = self.tools.vault.newest(self.token.policy.secret) if users else None
        if newest is None:
            return Demand(self._connection)
        return Demand(self._connection, users, self.tools.proving.lacks(users, newest.value))

    def _waste(self, made: NewToken) -> None:
        """Revoke what nobody can use, and remember it, so that the next one is not made at once."""
        self._revoke(made.token.authorization_id)
        with suppress(BridgeError):  # the row is another's by now: so is the rotation
            self._write(self.token.having_wasted_one(self.tools.now()))

    def _adopt(self, newest: Held) -> None:
        token, now = self.token, self.tools.now()
        others = [one for one in token.held if one.authorization_id != newest.authorization_id]
        end = now - _CLOCK_STEP if token.at_once else now + token.policy.overlap
        retiring = tuple(one if one.retire_at else replace(one, retire_at=end) for one in others)
        rotated = replace(token.at_liberty(), current=newest, retiring=retiring, warned=None)
        if token.rotation == newest.rotation or not token.at_once:
            rotated = replace(rotated, rotation="", at_once=False)
        self._save(rotated, "stored", newest)

    def _restore(self, current: Held) -> None:
        kept = self.tools.vault.version(self.token.policy.secret, current.version)
        if kept:
            self._renew()
            self._check_ours()
            self.tools.vault.set(self.token.policy.secret, kept.value, tags=kept.tags, expires=current.valid_to)

    def _retire(self, old: Held, versions: tuple[str, ...]) -> None:
        self._revoke(old.authorization_id)
        for version in versions:
            self.tools.vault.disable(self.token.policy.secret, version)
        kept = tuple(one for one in self.token.retiring if one.authorization_id != old.authorization_id)
        self._save(replace(self.token, retiring=kept), "revoked", old)

    def _revoke(self, authorization_id: str) -> None:
        with suppress(NotFoundError):  # by an earlier run, or a person
            self._owner().do(pats.revoke_token(authorization_id))

    def _owner(self) -> Organisation:
        return self.tools.owners.of(self._connection)

    def _renew(self) -> None:
        """Write the row: fails where another worker has taken over, and starts the time in which we may store."""
        self._write(self.token)

    def _check_ours(self) -> None:
        """A process that was frozen must not store what was taken for an orphan meanwhile."""
        if self.tools.monotonic() - self._written > self.tools.times.send_window:
            raise TakenOverError("The lease of the managed token is too old.", hint="The next run goes on.")

    def _save(self, token: ManagedToken, event: str, held: Held | None = None, **more: str) -> None:
        about = {"rotation": held.rotation, "authorization_id": held.authorization_id} if held else {}
        self._write(token.noting(event, self.tools.now(), **{**about, **more}))

    def _write(self, token: ManagedToken) -> None:
        started = self.tools.monotonic()
        self.token = self.tools.store.save(token)
        self._written = started
