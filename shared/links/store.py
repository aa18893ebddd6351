"""Links as rows of the table `links`: PartitionKey the asset's kind, RowKey its id."""

import json
from collections.abc import Iterator
from itertools import chain
from urllib.parse import quote, unquote

from shared.errors import ConflictError, NotFoundError
from shared.links.models import KINDS, Link
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError, Table, Value

_SCHEMA = 1
MAX_KEY = 512
_END = "\uffff"


class LinkStore:
    """Reads and writes links."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, kind: str, asset: str) -> Link | None:
        """Return the link of an asset, or None."""
        row = self._table.get(kind, row_key(asset)) if kind in KINDS and fits(asset) else None
        return _link(row) if row else None

    def get(self, kind: str, asset: str) -> Link:
        """Return the link of an asset. Raises `NotFoundError`."""
        link = self.find(kind, asset)
        if link is None:
            raise NotFoundError(
                f"The {kind} {asset} is not linked to a project.",
                hint=f"Link it: PUT /api/links/{kind}/{quote(asset, safe='')}.",
            )
        return link

    def all(self, kind: str, after: str = "") -> Iterator[Link]:
        """Yield the links of one kind in the order of their keys, those after an asset's."""
        start = f"{row_key(after)} " if after else ""
        return (_link(row) for row in self._table.all(partition=kind, start=start))

    def of(self, connection: str) -> list[Link]:
        """Return all links of a connection."""
        found = (
            self._table.range(kind, "", _END, where="connection eq @connection", parameters={"connection": connection})
            for kind in KINDS
        )
        return [_link(row) for row in chain.from_iterable(found)]

    def save(self, link: Link) -> Link:
        """Store a link; its etag, if it has one, must be the stored one.

        Raises `ConflictError` when somebody else changed or created it meanwhile.
        """
        values: dict[str, Value] = {
            "schema": _SCHEMA,
            "connection": link.connection,
            "project_id": link.project_id,
            "project": link.project,
            "work_item_type": link.work_item_type,
            "tags": json.dumps(link.tags),
        }
        key = row_key(link.asset)
        operation = tables.replace(key, values, link.etag) if link.etag else tables.create(key, values)
        try:
            self._table.write(link.kind, operation)
        except RowChangedError as error:
            raise ConflictError("The link was changed meanwhile.", hint="Read it again.") from error
        return self.get(link.kind, link.asset)


def row_key(asset: str) -> str:
    """An asset's id may hold what a row key may not (`/ \\ # ?`): quoted, with `!` for `%`, which clients mishandle."""
    return quote(asset, safe=" ").replace("%", "!")


def fits(asset: str) -> bool:
    """Whether an asset's id can be a row key."""
    return bool(asset) and len(row_key(asset)) <= MAX_KEY


def _asset(key: str) -> str:
    return unquote(key.replace("!", "%"))


def _link(row: Row) -> Link:
    values = row.values
    return Link(
        kind=row.partition,
        asset=_asset(row.key),
        connection=str(values["connection"]),
        project_id=str(values["project_id"]),
        project=str(values["project"]),
        work_item_type=str(values["work_item_type"]),
        tags=tuple(json.loads(str(values["tags"]))),
        etag=row.etag,
    )
