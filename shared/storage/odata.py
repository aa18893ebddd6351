"""Rows, keys and values as they are in the JSON and the addresses of Table Storage.

https://learn.microsoft.com/rest/api/storageservices/payload-format-for-table-service-operations
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from shared.storage.tables import Value

_INT32 = range(-(2**31), 2**31)
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_TYPE = "@odata.type"
_SYSTEM = ("PartitionKey", "RowKey", "Timestamp")


def address(table: str, partition: str, key: str) -> str:
    """Return where a row is, given where its table is."""
    first, second = (quote(text.replace("'", "''"), safe="") for text in (partition, key))
    return f"{table}(PartitionKey='{first}',RowKey='{second}')"


def entity(partition: str, key: str, values: Mapping[str, "Value"]) -> bytes:
    """Return a row as JSON in ASCII."""
    found: dict[str, Any] = {"PartitionKey": partition, "RowKey": key}
    for name, value in values.items():
        kind, found[name] = _typed(value)
        if kind:
            found[name + _TYPE] = f"Edm.{kind}"
    return json.dumps(found, separators=(",", ":")).encode("ascii")


def values(found: Mapping[str, Any]) -> dict[str, "Value"]:
    """Return what a row holds beside its keys and its time, from its JSON; null is nothing."""
    return {
        name: _read(value, found.get(name + _TYPE))
        for name, value in found.items()
        if value is not None and "odata." not in name and name not in _SYSTEM
    }


def moment(text: str) -> datetime:
    """Return a time, which the service tells to a ten millionth of a second, aware, in UTC."""
    return datetime.fromisoformat(text)


def etag_of(timestamp: str) -> str:
    """Return the etag of a row that was written then, for answers that leave it out."""
    return f"W/\"datetime'{quote(timestamp, safe='')}'\""


def literal(value: "Value") -> str:
    """Return a value as filters have it.

    https://learn.microsoft.com/rest/api/storageservices/querying-tables-and-entities#constructing-filter-strings
    """
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value) if value in _INT32 else f"{value}L"
        case float():
            return repr(value)
        case bytes():
            return f"X'{value.hex()}'"
        case datetime():
            return f"datetime'{_iso(value)}'"
        case str():
            escaped = value.replace("'", "''")
            return f"'{escaped}'"


def _typed(value: "Value") -> tuple[str, str | float]:
    match value:
        case bool() | str():
            return "", value
        case int():
            return ("", value) if value in _INT32 else ("Int64", str(value))
        case float():
            return "Double", value if isfinite(value) else _NOT_FINITE[str(value)]
        case bytes():
            return "Binary", b64encode(value).decode()
        case datetime():
            return "DateTime", _iso(value)


def _read(value: Any, kind: str | None) -> "Value":
    match kind:
        case "Edm.Int64":
            return int(value)
        case "Edm.Double":
            return float(value)
        case "Edm.Binary":
            return b64decode(value)
        case "Edm.DateTime":
            return moment(value)
        case _:
            found: Value = value
            return found


def _iso(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
