"""Reads of a table: one row, or a page of those that a filter is true of, as JSON.

https://learn.microsoft.com/rest/api/storageservices/query-entities
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared.storage import odata, table_service

if TYPE_CHECKING:
    from azure.core.rest import HttpResponse
    from azure.data.tables import TableClient

    from shared.storage.tables import Value

type Entity = Mapping[str, Any]

_PARAMETER = re.compile(r"@(\w+)")
_NEXT = "x-ms-continuation-"
_CONTINUATION = ("NextPartitionKey", "NextRowKey")


@dataclass(frozen=True, slots=True)
class Query:
    """A filter whose `@names` stand for `parameters`, what is wanted of each row, and how many rows at once."""

    filter: str
    parameters: Mapping[str, "Value"]
    select: Sequence[str] = ()
    at_once: int | None = None

    def options(self) -> dict[str, str]:
        """Return it as the options of an address."""
        found = {"$filter": _PARAMETER.sub(lambda name: odata.literal(self.parameters[name[1]]), self.filter)}
        if self.select:
            found["$select"] = ",".join(self.select)
        if self.at_once:
            found["$top"] = str(self.at_once)
        return found


def read_entity(client: "TableClient", partition: str, key: str) -> Entity | None:
    """Return a row, None when it is not there.

    Raises `UnreadableAnswerError` and as `table_service.ask`, also where there is no table.
    """
    try:
        answer = table_service.ask(client, "GET", odata.address(table_service.url_of(client), partition, key))
    except table_service.StorageRefusedError as error:
        if error.status == HTTPStatus.NOT_FOUND and error.code in table_service.NO_ROW:
            return None
        raise
    return _entities(answer, lambda content: [content])[0]


def read_page(client: "TableClient", query: Query, after: Mapping[str, str]) -> tuple[list[Entity], dict[str, str]]:
    """Return rows in the order of their keys, and after what the next page begins: nothing when there is none.

    A page may be empty and yet have a next one. Raises `UnreadableAnswerError` and as `table_service.ask`.
    """
    options = "&".join(f"{name}={quote(value, safe='')}" for name, value in {**query.options(), **after}.items())
    answer = table_service.ask(client, "GET", f"{table_service.url_of(client)}()?{options}")
    found = _entities(answer, lambda content: content["value"])
    return found, {name: answer.headers[_NEXT + name] for name in _CONTINUATION if answer.headers.get(_NEXT + name)}


def _entities(answer: "HttpResponse", of: Callable[[Any], list[Entity]]) -> list[Entity]:
    try:
        found = of(json.loads(answer.content))
        _ = [entity[key] for entity in found for key in ("PartitionKey", "RowKey", "Timestamp")]
    except (ValueError, LookupError, TypeError) as error:
        raise table_service.UnreadableAnswerError("what was answered to a read has no rows") from error
    return found
