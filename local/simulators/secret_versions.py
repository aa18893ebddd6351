"""What a Key Vault keeps: secrets, their versions, and the deleted ones that still hold their name.

Times are whole seconds since 1970, as in the API. Raises `SecretError` in the service's words.
https://learn.microsoft.com/rest/api/keyvault/secrets/operation-groups
"""

import json
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.simulators.state import State

RECOVERABLE_DAYS = 90
_SCHEMA = """
CREATE TABLE IF NOT EXISTS names (name TEXT PRIMARY KEY COLLATE NOCASE, deleted INTEGER);
CREATE TABLE IF NOT EXISTS versions (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL COLLATE NOCASE, version TEXT NOT NULL UNIQUE,
    value TEXT NOT NULL, content_type TEXT, tags TEXT NOT NULL, enabled INTEGER NOT NULL,
    nbf INTEGER, exp INTEGER, created INTEGER NOT NULL, updated INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS versions_by_name ON versions (name, sequence);
CREATE TABLE IF NOT EXISTS rights (object_id TEXT PRIMARY KEY, permissions TEXT NOT NULL);
"""
_EACH = "SELECT v.*, n.deleted AS deleted FROM versions v JOIN names n USING (name)"
_NEWEST = """
SELECT v.*, n.deleted AS deleted FROM names n JOIN versions v ON v.sequence =
    (SELECT MAX(sequence) FROM versions WHERE name = n.name)
"""


class SecretError(Exception):
    """The service's refusal: HTTP status, `code`, text, and the code of `innererror` if it gives one."""

    def __init__(self, status: int, code: str, message: str, inner: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.inner = inner


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one secret; `deleted` is when its secret was deleted."""

    sequence: int
    name: str
    version: str
    value: str
    content_type: str | None
    tags: dict[str, str]
    enabled: bool
    nbf: int | None
    exp: int | None
    created: int
    updated: int
    deleted: int | None


class Secrets:
    """The secrets of one vault, and who may do what with them."""

    def __init__(self, path: Path) -> None:
        self._state = State(path, _SCHEMA)

    def set(self, name: str, value: str, properties: dict[str, Any]) -> Version:
        """Add a version, which is the newest from now on. A deleted secret keeps its name: 409."""
        self._refuse_deleted(name)
        now, version = int(time.time()), uuid.uuid4().hex
        attributes = properties.get("attributes") or {}
        with self._state.transaction() as sql:
            sql.execute("INSERT INTO names VALUES (?, NULL) ON CONFLICT DO NOTHING", (name,))
            sql.execute(
                "INSERT INTO versions"
                " (name, version, value, content_type, tags, enabled, nbf, exp, created, updated)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    name,
                    version,
                    value,
                    properties.get("contentType"),
                    json.dumps(properties.get("tags") or {}),
                    attributes.get("enabled", True),
                    attributes.get("nbf"),
                    attributes.get("exp"),
                    now,
                    now,
                ),
            )
        return self.find(name, version)

    def find(self, name: str, version: str = "") -> Version:
        """Return a version, or the newest one. Deleted and unknown are both 404."""
        if version:
            rows = self._rows(f"{_EACH} WHERE v.name = ? AND n.deleted IS NULL AND v.version = ?", name, version)
        else:
            rows = self._rows(f"{_NEWEST} WHERE v.name = ? AND n.deleted IS NULL", name)
        if not rows:
            raise _not_found(f"{name}/{version}" if version else name)
        return rows[0]

    def update(self, name: str, version: str, properties: dict[str, Any]) -> Version:
        """Change attributes, content type or tags of a version; what is not named stays."""
        old = self.find(name, version)
        attributes = properties.get("attributes") or {}
        with self._state.transaction() as sql:
            sql.execute(
                "UPDATE versions SET content_type = ?, tags = ?, enabled = ?, nbf = ?, exp = ?, updated = ?"
                " WHERE version = ?",
                (
                    properties.get("contentType", old.content_type),
                    json.dumps(properties.get("tags", old.tags)),
                    attributes.get("enabled", old.enabled),
                    attributes.get("nbf", old.nbf),
                    attributes.get("exp", old.exp),
                    int(time.time()),
                    old.version,
                ),
            )
        return self.find(name, old.version)

    def page(self, *, after: int, size: int, name: str = "", deleted: bool = False) -> list[Version]:
        """Return up to `size` versions after a sequence number: of one secret, or the newest of each."""
        state = "IS NOT NULL" if deleted else "IS NULL"
        if name:
            self.find(name)
            sql = f"{_EACH} WHERE v.name = ?"
        else:
            sql = f"{_NEWEST} WHERE n.deleted {state}"
        values = (name,) if name else ()
        return self._rows(f"{sql} AND v.sequence > ? ORDER BY v.sequence LIMIT ?", *values, after, size)

    def delete(self, name: str) -> Version:
        """Delete a secret; it keeps its name until it is purged or recovered."""
        self.find(name)
        with self._state.transaction() as sql:
            sql.execute("UPDATE names SET deleted = ? WHERE name = ?", (int(time.time()), name))
        return self.find_deleted(name)

    def find_deleted(self, name: str) -> Version:
        """Return the newest version of a deleted secret."""
        rows = self._rows(f"{_NEWEST} WHERE v.name = ? AND n.deleted IS NOT NULL", name)
        if not rows:
            raise _not_found(name)
        return rows[0]

    def recover(self, name: str) -> Version:
        """Undo a deletion."""
        self.find_deleted(name)
        with self._state.transaction() as sql:
            sql.execute("UPDATE names SET deleted = NULL WHERE name = ?", (name,))
        return self.find(name)

    def purge(self, name: str) -> None:
        """Forget a deleted secret for ever; its name is free again."""
        self.find_deleted(name)
        with self._state.transaction() as sql:
            sql.execute("DELETE FROM versions WHERE name = ?", (name,))
            sql.execute("DELETE FROM names WHERE name = ?", (name,))

    def grant(self, object_id: str, permissions: list[str]) -> None:
        """Let a principal do exactly this."""
        with self._state.transaction() as sql:
            sql.execute("INSERT OR REPLACE INTO rights VALUES (?, ?)", (object_id, json.dumps(permissions)))

    def permissions(self, object_id: str) -> list[str] | None:
        """Return what a principal was granted, nothing if nobody ever decided."""
        row = self._state.row("SELECT permissions FROM rights WHERE object_id = ?", object_id)
        return list(json.loads(row["permissions"])) if row else None

    def close(self) -> None:
        """Close the state file."""
        self._state.close()

    def _refuse_deleted(self, name: str) -> None:
        if self._state.row("SELECT 1 FROM names WHERE name = ? AND deleted IS NOT NULL", name):
            raise SecretError(
                409,
                "Conflict",
                f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be "
                "reused; in this state, the secret can only be recovered or purged.",
                "ObjectIsDeletedButRecoverable",
            )

    def _rows(self, sql: str, *values: object) -> list[Version]:
        return [
            Version(**{**dict(row), "tags": json.loads(row["tags"]), "enabled": bool(row["enabled"])})
            for row in self._state.rows(sql, *values)
        ]


def _not_found(name: str) -> SecretError:
    return SecretError(
        404,
        "SecretNotFound",
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this "
        "secret you may be able to recover it using the correct recovery command. For help resolving this "
        "issue, please see https://go.microsoft.com/fwlink/?linkid=2125182",
    )
