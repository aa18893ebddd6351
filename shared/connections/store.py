"""Connections as rows of the table `connections`."""

import json
from collections.abc import Iterator
from dataclasses import replace

from shared.connections.defaults import Defaults
from shared.connections.models import NAME, Connection, ConnectionState
from shared.errors import ConflictError, NotFoundError
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError, Table, Value, readable, understood

_PARTITION = "connections"
_SCHEMA = 1


class ConnectionStore:
    """Reads and writes connections."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, name: str) -> Connection | None:
        """Return the connection, or None; a deleted one is none."""
        found = self._read(name)
        return found if found and found.state is not ConnectionState.DELETED else None

    def deleted(self, name: str) -> Connection | None:
        """Return what is left of a deleted connection."""
        found = self._read(name)
        return found if found and found.state is ConnectionState.DELETED else None

    def get(self, name: str) -> Connection:
        """Return the connection. Raises `NotFoundError`."""
        connection = self.find(name)
        if connection is None:
            raise NotFoundError(f"There is no connection {name}.", hint=f"Create it: PUT /api/connections/{name}.")
        return connection

    def all(self, after: str = "") -> Iterator[Connection]:
        """Yield the connections in the order of their names, those after a name; no deleted ones."""
        return (found for found in self.with_tickets(after) if found.state is not ConnectionState.DELETED)

    def signing_in_with(self, token: str) -> list[Connection]:
        """Return the connections that sign in with a managed token; raises for one that cannot be read: it may, too."""
        every = (understood(row, _connection) for row in self._rows())  # what is left of a deleted one has no details
        return [one for one in every if one.credential == "managed_token" and one.details.get("token") == token]

    def with_tickets(self, after: str = "") -> Iterator[Connection]:
        """Yield the connections, with those that are deleted and whose tickets are kept."""
        return readable(self._rows(after), _connection)

    def _rows(self, after: str = "") -> Iterator[Row]:
        # "!" sorts before every character of a name, so that the name itself is left out.
        start = f"{after}!" if NAME.fullmatch(after) else ""
        return self._table.all(partition=_PARTITION, start=start)

    def save(self, connection: Connection) -> Connection:
        """Store a connection; its etag, if it has one, must be the stored one.

        Raises `ConflictError` when somebody else changed or created it meanwhile.
        """
        self._put(connection)
        return self.get(connection.name)

    def _put(self, connection: Connection) -> None:
        values: dict[str, Value] = {
            "schema": _SCHEMA,
            "url": connection.url,
            "credential": connection.credential,
            "secret": connection.secret,
            "details": json.dumps(dict(connection.details)),
            "sign_in": connection.sign_in,
            "identity": connection.identity,
            "tag": connection.tag,
            "defaults": connection.defaults.model_dump_json(),
            "enabled": connection.enabled,
            "state": connection.state.value,
        }
        etag = connection.etag or self._etag_of_deleted(connection.name)
        key = connection.name
        operation = tables.replace(key, values, etag) if etag else tables.create(key, values)
        try:
            self._table.write(_PARTITION, operation)
        except RowChangedError as error:
            raise ConflictError("The connection was changed meanwhile.", hint="Read it again.") from error

    def bury(self, connection: Connection) -> None:
        """Delete a connection; what is left says whose its tickets were, and points to no secret."""
        self._put(replace(connection, secret="", sign_in="", details={}, state=ConnectionState.DELETED))

    def _etag_of_deleted(self, name: str) -> str:
        before = self.deleted(name)
        return before.etag if before else ""

    def _read(self, name: str) -> Connection | None:
        row = self._table.get(_PARTITION, name) if NAME.fullmatch(name) else None
        return understood(row, _connection) if row else None


def _connection(row: Row) -> Connection:
    values = row.values
    return Connection(
        name=row.key,
        url=str(values["url"]),
        credential=str(values["credential"]),
        secret=str(values["secret"]),
        identity=str(values.get("identity", "")),
        tag=str(values["tag"]),
        defaults=Defaults.model_validate_json(str(values["defaults"]), extra="ignore"),  # a newer version knows more
        etag=row.etag,
        details=json.loads(str(values.get("details") or "{}")),
        sign_in=str(values.get("sign_in") or ""),
        enabled=bool(values.get("enabled", True)),
        state=ConnectionState(str(values.get("state", ConnectionState.ACTIVE))),
    )
