"""Links as rows of the table `links`: PartitionKey the asset's kind, RowKey its id."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import chain
from typing import Any
from urllib.parse import quote, unquote

from shared.connections.defaults import BY_ITSELF, Overrides
from shared.errors import ConflictError, NotFoundError
from shared.links.models import KINDS, Link, LinkState, Place
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError, Table, Value, readable, understood

_SCHEMA = 2
MAX_KEY = 512
_END = "\uffff"


class LinkStore:
    """Reads and writes links."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, kind: str, asset: str) -> Link | None:
        """Return the link of an asset, or None."""
        row = self._table.get(kind, row_key(asset)) if kind in KINDS and fits(asset) else None
        return understood(row, _link) if row else None

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
        return readable(self._table.all(partition=kind, start=start), _link)

    def of(self, connection: str) -> list[Link]:
        """Return all links of a connection."""
        return list(self._where("connection eq @connection", {"connection": connection}))

    def reaching(self, connection: str) -> list[Link]:
        """Return the links that a connection's tickets may belong to: its own, and those that moved away from it."""
        found = self._where("(connection eq @connection or moved eq true)", {"connection": connection})
        return [link for link in found if link.at(connection)]

    def projects(self, connection: str, *, but: tuple[str, str] | None = None) -> dict[str, str]:
        """Return ids and names of the projects in which a connection's links have tickets, `but` those of one asset.

        A link that is being deleted has none any more.
        """
        return {
            place.project_id: place.project
            for link in self.reaching(connection)
            for place in link.places
            if place.connection == connection and (link.kind, link.asset) != but and link.state is LinkState.ACTIVE
        }

    def unfinished(self) -> Iterator[Link]:
        """Yield the links whose tickets are still to be let go."""
        return readable(self._rows("unfinished eq true", {}), _link)

    def remove(self, link: Link) -> None:
        """Delete a link as it was read. Raises `ConflictError` when somebody else changed it meanwhile."""
        try:
            self._table.write(link.kind, tables.delete(row_key(link.asset), link.etag))
        except RowChangedError as error:
            raise ConflictError("The link was changed meanwhile.", hint="Read it again.") from error

    def _where(self, condition: str, parameters: dict[str, Value]) -> Iterator[Link]:
        """One that cannot be read is not passed over: what it needs would be taken for needless."""
        return (understood(row, _link) for row in self._rows(condition, parameters))

    def _rows(self, condition: str, parameters: dict[str, Value]) -> Iterator[Row]:
        found = (self._table.range(kind, "", _END, where=condition, parameters=parameters) for kind in KINDS)
        return chain.from_iterable(found)

    def save(self, link: Link) -> Link:
        """Store a link; its etag, if it has one, must be the stored one.

        Raises `ConflictError` when somebody else changed or created it meanwhile.
        """
        values: dict[str, Value] = {
            "schema": _SCHEMA,
            "connection": link.connection,
            "project_id": link.project_id,
            "project": link.project,
            "own": link.own.model_dump_json(),
            "enabled": link.enabled,
            "state": link.state.value,
            "earlier": json.dumps([asdict(place) for place in link.earlier]),
            "grouping": link.grouping,
            "kept_groupings": json.dumps(link.kept_groupings),
            "regrouping": link.regrouping,
            "moved": bool(link.earlier),
            "unfinished": link.has_work,
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
        own=_own(values),
        enabled=bool(values.get("enabled", True)),
        state=LinkState(str(values.get("state", LinkState.ACTIVE))),
        grouping=str(values.get("grouping", BY_ITSELF)),
        kept_groupings=tuple(json.loads(str(values.get("kept_groupings", "[]")))),
        regrouping=bool(values.get("regrouping", False)),
        earlier=tuple(map(_place, json.loads(str(values.get("earlier", "[]"))))),
        etag=row.etag,
    )


def _place(values: Mapping[str, Any]) -> Place:
    return Place(**{name: value for name, value in values.items() if name in Place.__dataclass_fields__})


def _own(values: Mapping[str, Value]) -> Overrides:
    """The settings of a row; one of the first version has two of them, in properties of their own."""
    if "own" in values:
        return Overrides.model_validate_json(str(values["own"]), extra="ignore")  # a newer version knows more
    first: dict[str, Any] = {"work_item_type": values["work_item_type"], "tags": json.loads(str(values["tags"]))}
    return Overrides.model_validate(first)
