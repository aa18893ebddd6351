"""The simulator's memory: one SQLite file, one connection, short transactions.

A transaction survives the death of the process as soon as it ends (`synchronous` is off: only a power cut could
lose it), which is what a test that kills the simulator relies on.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

type Database = sqlite3.Connection

_SCHEMA = """
CREATE TABLE IF NOT EXISTS organizations (
    name TEXT PRIMARY KEY COLLATE NOCASE, id TEXT NOT NULL, last_item INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS projects (
    id TEXT PRIMARY KEY, organization TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL COLLATE NOCASE,
    process TEXT NOT NULL, revision INTEGER NOT NULL, changed TEXT NOT NULL, UNIQUE (organization, name));
CREATE TABLE IF NOT EXISTS nodes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL, structure TEXT NOT NULL,
    path TEXT NOT NULL COLLATE NOCASE, identifier TEXT NOT NULL, UNIQUE (project, structure, path));
CREATE TABLE IF NOT EXISTS custom_workflows (
    project TEXT NOT NULL, type TEXT NOT NULL COLLATE NOCASE, states TEXT NOT NULL, moves TEXT NOT NULL,
    PRIMARY KEY (project, type)
);
CREATE TABLE IF NOT EXISTS custom_fields (
    project TEXT NOT NULL, type TEXT NOT NULL COLLATE NOCASE, reference TEXT NOT NULL COLLATE NOCASE,
    rule TEXT NOT NULL, PRIMARY KEY (project, type, reference));
CREATE TABLE IF NOT EXISTS items (
    organization TEXT NOT NULL COLLATE NOCASE, id INTEGER NOT NULL, project TEXT NOT NULL,
    rev INTEGER NOT NULL, updates INTEGER NOT NULL, fields TEXT NOT NULL, relations TEXT NOT NULL,
    formats TEXT NOT NULL DEFAULT '{}', deleted TEXT, deleted_by TEXT, PRIMARY KEY (organization, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS items_deleted ON items (organization, project, deleted) WHERE deleted IS NOT NULL;
CREATE TABLE IF NOT EXISTS item_tags (
    organization TEXT NOT NULL COLLATE NOCASE, tag TEXT NOT NULL COLLATE NOCASE, item INTEGER NOT NULL,
    PRIMARY KEY (organization, tag, item)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS item_tags_item ON item_tags (organization, item);
CREATE TABLE IF NOT EXISTS tags (
    project TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE, id TEXT NOT NULL, changed TEXT NOT NULL,
    PRIMARY KEY (project, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revisions (
    watermark INTEGER PRIMARY KEY AUTOINCREMENT, organization TEXT NOT NULL COLLATE NOCASE,
    item INTEGER NOT NULL, rev INTEGER NOT NULL, project TEXT NOT NULL, changed TEXT NOT NULL,
    fields TEXT NOT NULL, relations TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS revisions_item ON revisions (organization, item, rev);
CREATE TABLE IF NOT EXISTS updates (
    organization TEXT NOT NULL COLLATE NOCASE, item INTEGER NOT NULL, number INTEGER NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (organization, item, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, organization TEXT NOT NULL COLLATE NOCASE, item INTEGER NOT NULL,
    text TEXT NOT NULL, author TEXT NOT NULL, created TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS comments_item ON comments (organization, item);
CREATE TABLE IF NOT EXISTS subscriptions (
    id TEXT PRIMARY KEY, organization TEXT NOT NULL COLLATE NOCASE, status TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS subscriptions_organization ON subscriptions (organization);
CREATE TABLE IF NOT EXISTS notifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT, organization TEXT NOT NULL COLLATE NOCASE,
    subscription TEXT NOT NULL, status TEXT NOT NULL, result TEXT NOT NULL, due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, resends INTEGER NOT NULL DEFAULT 0,
    probation INTEGER NOT NULL DEFAULT 0, created TEXT NOT NULL, changed TEXT NOT NULL,
    event TEXT NOT NULL, details TEXT NOT NULL DEFAULT '{}');
CREATE INDEX IF NOT EXISTS notifications_due ON notifications (due) WHERE status IN ('queued', 'queuedForRetry');
CREATE INDEX IF NOT EXISTS notifications_subscription ON notifications (subscription, id);
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY, organization TEXT NOT NULL COLLATE NOCASE, identity TEXT NOT NULL,
    valid_to TEXT, revoked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS pats (
    authorization_id TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, name TEXT NOT NULL,
    scope TEXT NOT NULL, valid_from TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS pats_owner ON pats (owner);
CREATE TABLE IF NOT EXISTS token_policies (organization TEXT PRIMARY KEY COLLATE NOCASE, policy TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS members (
    organization TEXT NOT NULL COLLATE NOCASE, object_id TEXT NOT NULL COLLATE NOCASE, id TEXT NOT NULL,
    name TEXT NOT NULL, access_level TEXT NOT NULL, created TEXT NOT NULL, PRIMARY KEY (organization, object_id));
CREATE TABLE IF NOT EXISTS attachments (
    organization TEXT NOT NULL COLLATE NOCASE, id TEXT NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (organization, id));
CREATE TABLE IF NOT EXISTS repositories (
    id TEXT PRIMARY KEY, organization TEXT NOT NULL COLLATE NOCASE, project TEXT NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE, default_branch TEXT NOT NULL DEFAULT '',
    disabled INTEGER NOT NULL DEFAULT 0, UNIQUE (project, name));
CREATE TABLE IF NOT EXISTS refs (
    repository TEXT NOT NULL, name TEXT NOT NULL, object_id TEXT NOT NULL, PRIMARY KEY (repository, name));
CREATE TABLE IF NOT EXISTS commits (
    repository TEXT NOT NULL, id TEXT NOT NULL, files TEXT NOT NULL, PRIMARY KEY (repository, id));
CREATE TABLE IF NOT EXISTS blobs (
    repository TEXT NOT NULL, id TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (repository, id));
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """The database behind a lock: one transaction at a time, from any thread."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._database.row_factory = sqlite3.Row
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """Yield the database inside a transaction that ends with the block and is undone by an exception."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        with self._lock:
            self._database.close()


@contextmanager
def savepoint(database: Database) -> Iterator[None]:
    """Undo what the block did if it raises, and only that."""
    database.execute("SAVEPOINT entry")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK TO entry")
        raise
    finally:
        database.execute("RELEASE entry")


def packed(value: Any) -> str:
    """Return JSON text as it is stored."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
