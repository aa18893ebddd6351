"""The use cases of managed tokens."""

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypedDict

from shared.azure_devops import personal_access_tokens as pats
from shared.conditions import ANY, Condition
from shared.connections.models import NAME
from shared.errors import ConflictError, FieldProblem, RejectedRequestError
from shared.shown import Moment, moment
from shared.tokens.keeping import check_free
from shared.tokens.managed import DAY, Held, Life, ManagedToken, ManagedTokenRequest, new_rotation
from shared.tokens.rotation import Tools
from shared.tokens.runs import Prepare, Runs
from shared.tokens.scopes import FULL_ACCESS
from shared.tokens.store import TakenOverError

_TRIES, _APART = 20, 0.25
"""A run that only looks is over within seconds: so often, and so many seconds apart, is its end waited for."""


class HeldView(TypedDict):
    """A token of a managed one. `retire_at` is when it is revoked, null for the one that is current."""

    authorization_id: str
    version: str
    valid_from: Moment
    valid_to: Moment
    retire_at: Moment | None


class TokenProblemView(TypedDict):
    """Why the last run did not do what was due."""

    message: str
    hint: str
    at: Moment


class ManagedTokenView(TypedDict):
    """A managed token. `rotating`: a rotation is under way; `journal` has what was done, the last entries."""

    token: str
    connection: str
    secret: str
    scopes: list[str]
    full_access: bool
    lifetime_days: int
    rotate_before_days: int
    overlap_hours: int
    state: Life
    current: HeldView | None
    retiring: list[HeldView]
    rotating: bool
    next_rotation: Moment
    problem: TokenProblemView | None
    journal: list[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class ManagedTokens:
    """The use cases behind `/tokens`."""

    tools: Tools
    runs: Runs

    def get(self, name: str) -> ManagedToken:
        """Return a managed token. Raises `NotFoundError`."""
        return self.tools.store.get(name)

    def all(self, after: str = "") -> Iterator[ManagedToken]:
        """Yield managed tokens by name, those after one."""
        return self.tools.store.all(after)

    def save(self, name: str, request: ManagedTokenRequest, condition: Condition = ANY) -> ManagedToken:
        """Store a policy, tried as its user; the token itself is made, or replaced, by a run that is asked for.

        Raises `RejectedRequestError`, `ConflictError`, `CredentialError` and what Azure DevOps says no with.
        """
        _check_name(name)
        stored = self.tools.store.find(name)
        condition.check(stored.etag if stored else None, what="managed token")
        self._check(request, stored)
        self.tools.owners.open(request.connection).do(pats.list_tokens(at_most=1))
        if stored is None:
            made = ManagedToken(name, request.policy(), secrets.token_hex(4))
            return self._asked_for(self.tools.store.save(made))
        return self._change(name, condition, lambda token: replace(token.at_liberty(), policy=request.policy()))

    def rotate(self, name: str, *, at_once: bool) -> ManagedToken:
        """Replace the current token now; `at_once` revokes it right after, for one that somebody else knows.

        Raises `ConflictError` (409) while another run is at it, and what keeps the token from being replaced.
        """
        self.tools.store.get(name)

        def begun(token: ManagedToken) -> ManagedToken:
            _check_lives(token)
            wanted = replace(token, rotation=token.rotation or new_rotation(), at_once=token.at_once or at_once)
            return wanted.at_liberty()

        for _ in range(_TRIES):
            done = self.runs.one(name, begun)
            if done is not None:
                return done
            time.sleep(_APART)
        raise ConflictError("A run is under way.", hint="Read the token again in a minute.", status=409)

    def delete(self, name: str, condition: Condition = ANY) -> ManagedToken:
        """Have all tokens of a managed one revoked. Raises `NotFoundError`, and `ConflictError` for one in use."""
        token = self.tools.store.get(name)
        condition.check(token.etag, what="managed token")
        users = self.tools.owners.connections.signing_in_with(name)
        if users:
            raise ConflictError(
                f"The connection {users[0].name} signs in with this managed token.",
                hint="Give it another credential first.",
                status=409,
            )
        return self._change(name, condition, lambda one: replace(one, life=Life.DELETING))

    def use_of(self, connection: str, authorization_id: str) -> str:
        """Return what a token of a connection's user is in use for; empty for nothing of ours."""
        for token in self.all():
            for held in token.held if token.policy.connection == connection else ():
                if held.authorization_id == authorization_id:
                    return _use(token, held)
        return ""

    def secret_of(self, name: str) -> str:
        """Return the secret whose newest version works for a connection.

        Raises `NotFoundError`, and `ConflictError` (409) where there is no token yet.
        """
        token = self.tools.store.get(name)
        _check_lives(token)
        if token.current is None:
            raise ConflictError(
                f"The managed token {name} has not been made yet.", hint=f"See GET /api/tokens/{name}.", status=409
            )
        return token.policy.secret

    def check_owns_none(self, connection: str) -> None:
        """Raise `ConflictError` (409) for a connection as whose user managed tokens are made."""
        owned = next((token.name for token in self.all() if token.policy.connection == connection), "")
        if owned:
            raise ConflictError(
                f"The managed token {owned} is made as the user of this connection.",
                hint=f"Delete it first: DELETE /api/tokens/{owned}.",
                status=409,
            )

    def view(self, token: ManagedToken) -> ManagedTokenView:
        """Return a managed token as answers have it."""
        policy, problem = token.policy, token.problem
        return {
            "token": token.name,
            "connection": policy.connection,
            "secret": policy.secret,
            "scopes": [scope for scope in policy.scopes if scope != FULL_ACCESS],
            "full_access": FULL_ACCESS in policy.scopes,
            "lifetime_days": policy.lifetime // DAY,
            "rotate_before_days": policy.rotate_before // DAY,
            "overlap_hours": int(policy.overlap.total_seconds()) // 3600,
            "state": token.life,
            "current": _held(token.current) if token.current else None,
            "retiring": [_held(one) for one in token.retiring],
            "rotating": bool(token.rotation),
            "next_rotation": moment(token.next_rotation(self.tools.now())),
            "problem": (
                {"message": problem.message, "hint": problem.hint, "at": moment(problem.at)} if problem else None
            ),
            "journal": list(token.journal),
        }

    def _change(self, name: str, condition: Condition, change: Prepare) -> ManagedToken:
        """Change a row that runs write at the same time.

        Whoever is at it goes by what was: the row is taken from them.
        """
        for _ in range(_TRIES):
            token = self.tools.store.get(name)
            condition.check(token.etag, what="managed token")
            with suppress(TakenOverError):
                return self._asked_for(self.tools.store.save(replace(change(token), owner="")))
        raise ConflictError("The managed token is changed all the time.", hint="Try again.", status=409)

    def _asked_for(self, token: ManagedToken) -> ManagedToken:
        self.runs.ask(token.name)
        return token

    def _check(self, request: ManagedTokenRequest, stored: ManagedToken | None) -> None:
        if stored is None:
            self._check_secret(request)
            return
        _check_lives(stored)
        fixed = {"connection": stored.policy.connection, "secret": stored.policy.secret}
        changed = [field for field, value in fixed.items() if getattr(request, field) != value]
        if changed:
            raise ConflictError(
                f"The {changed[0]} of a managed token stays: {fixed[changed[0]]}.",
                hint="Make another managed token, and delete this one when nobody reads its secret any more.",
                problems=[FieldProblem(f"/{field}", f"must stay {fixed[field]}") for field in changed],
                status=409,
            )

    def _check_secret(self, request: ManagedTokenRequest) -> None:
        same = [token.name for token in self.all() if token.policy.secret.lower() == request.secret.lower()]
        if same:
            raise ConflictError(
                f"The managed token {same[0]} has the secret {request.secret}.", hint="Name another.", status=409
            )
        check_free(self.tools.vault, request.secret, replacing=request.replace_secret)


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        problem = FieldProblem("token", "must be lower-case letters, digits and hyphens, a letter first")
        raise RejectedRequestError(
            "The managed token's name cannot be used.",
            hint="Use lower-case letters, digits and hyphens, a letter first, at most 63 characters.",
            problems=[problem],
        )


def _check_lives(token: ManagedToken) -> None:
    if token.life is not Life.ACTIVE:
        raise ConflictError("The managed token is being deleted.", hint="Wait until it is gone.", status=409)


def _use(token: ManagedToken, held: Held) -> str:
    if held.retire_at is None:
        return f"it is the current one of the managed token {token.name}"
    return f"readers of the managed token {token.name} may use it until {moment(held.retire_at)}"


def _held(held: Held) -> HeldView:
    return {
        "authorization_id": held.authorization_id,
        "version": held.version,
        "valid_from": moment(held.valid_from),
        "valid_to": moment(held.valid_to),
        "retire_at": moment(held.retire_at) if held.retire_at else None,
    }
