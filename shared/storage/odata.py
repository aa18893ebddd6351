"""Table Storage on the wire: requests of our own by the SDK's client, and values as they are in its JSON.

Sign-in, retries until an answer begins, and hooks are the SDK's. Its models are not used: they take many times the
processor's time for a row (`python -m bench tables`).
https://learn.microsoft.com/rest/api/storageservices/payload-format-for-table-service-operations
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from azure.data.tables import TableClient

    from shared.storage.tables import Value

NO_TABLE, _IS_THERE = "TableNotFound", "TableAlreadyExists"
NO_ROW = ("ResourceNotFound", "EntityNotFound")
OTHERWISE = (*NO_ROW, "EntityAlreadyExists", "UpdateConditionNotSatisfied", "ConditionNotMet")
"""What is said of a row that is not as a write expects.

https://learn.microsoft.com/rest/api/storageservices/table-service-error-codes
"""
ACCEPT = {"Accept": "application/json;odata=minimalmetadata", "DataServiceVersion": "3.0"}
_HEADERS = {
    **ACCEPT,
    "MaxDataServiceVersion": "3.0;NetFx",
    "x-ms-version": "2019-02-02",
}
_INT32 = range(-(2**31), 2**31)
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_TYPE = "@odata.type"
_SYSTEM = ("PartitionKey", "RowKey", "Timestamp")
_INDEX = re.compile(r"(\d+):")


class StorageRefusedError(Exception):
    """The service did not do what it was asked; `index` is the position of the write that it says is to blame."""

    def __init__(self, status: int, answer: str, code: str = "") -> None:
        said, message = _said(answer)
        self.status = status
        self.code = said or code
        super().__init__(f"Table Storage answered {status} {self.code}: {message}")
        found = _INDEX.match(message)
        self.index = int(found[1]) if found else 0


class UnreadableAnswerError(Exception):
    """An answer is not what the service says: nobody knows what became of what was asked."""


def ask(
    client: "TableClient",
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
) -> HttpResponse:
    """Return the answer, read. Raises `StorageRefusedError`, and `AzureError` when there is none."""
    request = HttpRequest(method, url, headers={**_HEADERS, **(headers or {})}, content=content)
    try:
        response = _answer(client, request)
    except _TornError:
        if method != "GET":
            raise
        response = _answer(client, request)
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        raise StorageRefusedError(response.status_code, text(response), response.headers.get("x-ms-error-code", ""))
    return response


class _TornError(AzureError):
    """An answer began, and did not come to its end."""


def _answer(client: "TableClient", request: HttpRequest) -> HttpResponse:
    # The SDK sends its own transactions by this, and has no public name for it.
    response: HttpResponse = client._client.send_request(request, stream=True)  # noqa: SLF001
    try:
        response.read()
    except AzureError as error:
        raise _TornError(str(error)) from error
    return response


def text(response: HttpResponse) -> str:
    """Return what an answer says, whatever a proxy calls its bytes."""
    return response.content.decode("utf-8", "replace")


def make_table(client: "TableClient") -> None:
    """Make the table unless somebody else has. Raises as `ask`."""
    headers = {"Content-Type": "application/json", "Prefer": "return-no-content"}
    try:
        ask(client, "POST", f"{client.url}/Tables", headers, json.dumps({"TableName": client.table_name}).encode())
    except StorageRefusedError as error:
        if error.code != _IS_THERE:
            raise


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


def _said(answer: str) -> tuple[str, str]:
    """Return the code and the message of an error, empty where there are none."""
    try:
        error = json.loads(answer)["odata.error"]
        return str(error["code"]), str(error["message"]["value"])
    except (ValueError, LookupError, TypeError):
        return "", ""
