"""Connections as rows of the table `connections`."""

import json
from collections.abc import Iterator

from shared.connections.models import NAME, Connection, Defaults
from shared.errors import ConflictError, NotFoundError
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError, Table, Value

_PARTITION = "connections"
_SCHEMA = 1


class ConnectionStore:
    """Reads and writes connections."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, name: str) -> Connection | None:
        """Return the connection, or None."""
        row = self._table.get(_PARTITION, name) if NAME.fullmatch(name) else None
        return _connection(row) if row else None

    def get(self, name: str) -> Connection:
        """Return the connection. Raises `NotFoundError`."""
        connection = self.find(name)
        if connection is None:
            raise NotFoundError(f"There is no connection {name}.", hint=f"Create it: PUT /api/connections/{name}.")
        return connection

    def all(self, after: str = "") -> Iterator[Connection]:
        """Yield the connections in the order of their names, those after a name."""
        # "!" sorts before every character of a name, so that the name itself is left out.
        start = f"{after}!" if NAME.fullmatch(after) else ""
        return (_connection(row) for row in self._table.all(partition=_PARTITION, start=start))

    def save(self, connection: Connection) -> Connection:
        """Store a connection; its etag, if it has one, must be the stored one.

        Raises `ConflictError` when somebody else changed or created it meanwhile.
        """
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
        }
        operation = (
            tables.replace(connection.name, values, connection.etag)
            if connection.etag
            else tables.create(connection.name, values)
        )
        try:
            self._table.write(_PARTITION, operation)
        except RowChangedError as error:
            raise ConflictError("The connection was changed meanwhile.", hint="Read it again.") from error
        return self.get(connection.name)


def _connection(row: Row) -> Connection:
    values = row.values
    return Connection(
        name=row.key,
        url=str(values["url"]),
        credential=str(values["credential"]),
        secret=str(values["secret"]),
        identity=str(values.get("identity", "")),
        tag=str(values["tag"]),
        defaults=Defaults.model_validate_json(str(values["defaults"])),
        etag=row.etag,
        details=json.loads(str(values.get("details") or "{}")),
        sign_in=str(values.get("sign_in") or ""),
    )
