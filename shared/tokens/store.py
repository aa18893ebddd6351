"""Managed tokens as rows of the table `tokens`, each changed by one worker at a time.

A row's `owner` holds the lease of its token, which ends `times.lease` after the row's last write by the storage
service's clock. Every write expects the row as it was read: a worker that was overtaken cannot write.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.connections.models import NAME
from shared.errors import ConflictError, NotFoundError
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError, Table, Value, readable, understood
from shared.times import Times
from shared.tokens.managed import Held, Life, ManagedToken, Policy, Problem

_PARTITION = "tokens"
_SCHEMA = 1


class TakenOverError(ConflictError):
    """The row is not as it was read: another worker, or a person, has it now."""


@dataclass(frozen=True, slots=True)
class TokenStore:
    """Reads and writes managed tokens."""

    table: Table
    times: Times

    def find(self, name: str) -> ManagedToken | None:
        """Return the managed token, or None."""
        row = self.table.get(_PARTITION, name) if NAME.fullmatch(name) else None
        return understood(row, _token) if row else None

    def get(self, name: str) -> ManagedToken:
        """Return the managed token. Raises `NotFoundError`."""
        found = self.find(name)
        if found is None:
            raise NotFoundError(f"There is no managed token {name}.", hint=f"Create it: PUT /api/tokens/{name}.")
        return found

    def all(self, after: str = "") -> Iterator[ManagedToken]:
        """Yield the managed tokens in the order of their names, those after a name."""
        start = f"{after}!" if NAME.fullmatch(after) else ""
        return readable(self.table.all(partition=_PARTITION, start=start), _token)

    def save(self, token: ManagedToken) -> ManagedToken:
        """Store a managed token as it was read or made; return it with its new etag.

        Raises `TakenOverError` when somebody else changed it meanwhile.
        """
        values = _values(token)
        write = tables.replace(token.name, values, token.etag) if token.etag else tables.create(token.name, values)
        try:
            return replace(token, etag=self.table.write(_PARTITION, write))
        except RowChangedError as error:
            raise _changed() from error

    def remove(self, token: ManagedToken) -> None:
        """Delete a managed token as it was read. Raises `TakenOverError`."""
        try:
            self.table.write(_PARTITION, tables.delete(token.name, token.etag))
        except RowChangedError as error:
            raise _changed() from error

    def take(self, name: str) -> ManagedToken | None:
        """Return a managed token whose lease is ours now, or None for one that is not there or another's."""
        row = self.table.get(_PARTITION, name)
        if row is None:
            return None
        found = understood(row, _token)
        over = row.written_at + timedelta(seconds=self.times.lease)
        if found.owner and self.table.clock.now() <= over:
            return None
        try:
            return self.save(replace(found, owner=secrets.token_hex(8)))
        except TakenOverError:
            return None

    def release(self, token: ManagedToken) -> ManagedToken:
        """Let the next one in at once. Raises `TakenOverError` when the lease was lost."""
        return self.save(replace(token, owner=""))


def _changed() -> TakenOverError:
    return TakenOverError("The managed token was changed meanwhile.", hint="Read it again.")


def _values(token: ManagedToken) -> dict[str, Value]:
    policy = token.policy
    return {
        "schema": _SCHEMA,
        "connection": policy.connection,
        "secret": policy.secret,
        "scopes": " ".join(policy.scopes),
        "lifetime": int(policy.lifetime.total_seconds()),
        "rotate_before": int(policy.rotate_before.total_seconds()),
        "overlap": int(policy.overlap.total_seconds()),
        "mark": token.mark,
        "current": json.dumps(_written(token.current) if token.current else None),
        "retiring": json.dumps([_written(one) for one in token.retiring]),
        "rotation": token.rotation,
        "at_once": token.at_once,
        "wasted": token.wasted,
        "retry_at": token.retry_at.isoformat() if token.retry_at else "",
        "problem": json.dumps(_problem_written(token.problem) if token.problem else None),
        "warned": -1 if token.warned is None else token.warned,
        "journal": json.dumps(token.journal, ensure_ascii=False),
        "life": token.life.value,
        "owner": token.owner,
    }


def _token(row: Row) -> ManagedToken:
    values = row.values
    current, problem = json.loads(str(values["current"])), json.loads(str(values["problem"]))
    warned = int(str(values["warned"]))
    return ManagedToken(
        name=row.key,
        policy=_policy(values),
        mark=str(values["mark"]),
        current=_held(current) if current else None,
        retiring=tuple(map(_held, json.loads(str(values["retiring"])))),
        rotation=str(values["rotation"]),
        at_once=bool(values["at_once"]),
        wasted=int(str(values.get("wasted", 0))),
        retry_at=datetime.fromisoformat(str(values["retry_at"])) if values.get("retry_at") else None,
        problem=Problem(problem["message"], problem["hint"], datetime.fromisoformat(problem["at"]))
        if problem
        else None,
        warned=None if warned < 0 else warned,
        journal=tuple(json.loads(str(values["journal"]))),
        life=Life(str(values["life"])),
        owner=str(values["owner"]),
        etag=row.etag,
    )


def _policy(values: Mapping[str, Value]) -> Policy:
    lifetime, rotate_before, overlap = (
        timedelta(seconds=int(str(values[name]))) for name in ("lifetime", "rotate_before", "overlap")
    )
    scopes = tuple(str(values["scopes"]).split())
    return Policy(str(values["connection"]), str(values["secret"]), scopes, lifetime, rotate_before, overlap)


def _written(held: Held) -> dict[str, Any]:
    return {
        "authorization_id": held.authorization_id,
        "version": held.version,
        "rotation": held.rotation,
        "purpose": held.purpose,
        "valid_from": held.valid_from.isoformat(),
        "valid_to": held.valid_to.isoformat(),
        "retire_at": held.retire_at.isoformat() if held.retire_at else "",
        "digest": held.digest,
    }


def _held(values: Mapping[str, Any]) -> Held:
    return Held(
        authorization_id=values["authorization_id"],
        version=values["version"],
        rotation=values["rotation"],
        purpose=values["purpose"],
        valid_from=datetime.fromisoformat(values["valid_from"]),
        valid_to=datetime.fromisoformat(values["valid_to"]),
        retire_at=datetime.fromisoformat(values["retire_at"]) if values["retire_at"] else None,
        digest=values.get("digest", ""),
    )


def _problem_written(problem: Problem) -> dict[str, str]:
    return {"message": problem.message, "hint": problem.hint, "at": problem.at.isoformat()}
