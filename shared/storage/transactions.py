"""An entity group transaction on the wire: one body for all of its writes, one answer that says what became of them.

The SDK's `submit_transaction` writes and reads the same by Python's `email` package and three pools of threads for each
transaction: `python -m bench transactions` measures both. Sign-in, retries and hooks stay the SDK's.
https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from azure.core.rest import HttpRequest

if TYPE_CHECKING:
    from azure.data.tables import TableClient

    from shared.storage.tables import Operation, Value

_METHODS = {"create": "POST", "upsert": "PUT", "replace": "PUT", "merge": "PATCH", "delete": "DELETE"}
_CONDITIONAL = ("replace", "merge", "delete")
_INT32 = range(-(2**31), 2**31)
_END = "\r\n"
# No value can be taken for a boundary: JSON and addresses have no line ends of their own.
_OPENING = ("--batch_1", "Content-Type: multipart/mixed; boundary=changeset_1", "")
_PART = ("--changeset_1", "Content-Type: application/http", "Content-Transfer-Encoding: binary", "")
_CLOSING = ("--changeset_1--", "--batch_1--", "")
_HEADERS = ("Accept: application/json", "Content-Type: application/json", "DataServiceVersion: 3.0")
_BATCH_HEADERS = {
    "Content-Type": "multipart/mixed; boundary=batch_1",
    "Accept": "application/json",
    "DataServiceVersion": "3.0",
    "MaxDataServiceVersion": "3.0;NetFx",
    "x-ms-version": "2019-02-02",
}
_ANSWER = re.compile(r"^HTTP/1\.1 (\d{3})[^\r\n]*\r\n(.*?)\r\n\r\n([^\r\n]*)", re.MULTILINE | re.DOTALL)
_ETAG = re.compile(r"^etag:[ \t]*([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_INDEX = re.compile(r"(\d+):")


class RefusedError(Exception):
    """The service refused a transaction as a whole; `index` is the position of the write that it says is to blame."""

    def __init__(self, status: int, answer: str) -> None:
        code, message = _said(answer)
        super().__init__(f"Table Storage refused a transaction ({status} {code}): {message}")
        self.status = status
        self.code = code
        found = _INDEX.match(message)
        self.index = int(found[1]) if found else 0


class UnreadableAnswerError(Exception):
    """An answer does not say of each write what became of it, so nobody knows."""


def body(address: str, partition: str, operations: Sequence["Operation"]) -> bytes:
    """Return what is sent for writes to the table at an address, all to one partition."""
    lines = [*_OPENING]
    for operation in operations:
        lines += (*_PART, *_request(address, partition, operation))
    return _END.join((*lines, *_CLOSING)).encode("ascii")


def submit(client: "TableClient", written: bytes) -> list[str]:
    """Send a body and return the new etags in order, empty for rows that are deleted.

    Raises `RefusedError`, `UnreadableAnswerError`, and `AzureError` when there is no answer.
    """
    request = HttpRequest("POST", f"{client.url}/$batch", headers=dict(_BATCH_HEADERS), content=written)
    # The SDK sends its own transactions by this, and has no public name for it.
    response = client._client.send_request(request, stream=True)  # noqa: SLF001
    response.read()
    if response.status_code != HTTPStatus.ACCEPTED:
        raise RefusedError(response.status_code, response.text())
    return etags(response.text(), written.count(b"\r\n--changeset_1\r\n"))


def etags(answer: str, expected: int) -> list[str]:
    """Return the etag of each write of an answer. Raises `RefusedError` and `UnreadableAnswerError`."""
    found = []
    for status, headers, content in _ANSWER.findall(answer):
        if int(status) >= HTTPStatus.BAD_REQUEST:
            raise RefusedError(int(status), content)
        etag = _ETAG.search(headers)
        found.append(etag[1].strip() if etag else "")
    if len(found) != expected:
        raise UnreadableAnswerError(f"{len(found)} answers to {expected} writes")
    return found


def _request(address: str, partition: str, operation: "Operation") -> list[str]:
    url = address if operation.kind == "create" else f"{address}({_keys(partition, operation.key)})"
    lines = [f"{_METHODS[operation.kind]} {url} HTTP/1.1", *_HEADERS]
    if operation.kind == "create":
        lines.append("Prefer: return-no-content")
    if operation.kind in _CONDITIONAL:
        lines.append(f"If-Match: {operation.etag or '*'}")
    if operation.kind == "delete":
        return [*lines, "", ""]
    row = {"PartitionKey": partition, "RowKey": operation.key}
    for name, value in operation.values.items():
        row |= _property(name, value)
    return [*lines, "", json.dumps(row, separators=(",", ":"))]


def _keys(partition: str, key: str) -> str:
    first, second = (quote(text.replace("'", "''"), safe="") for text in (partition, key))
    return f"PartitionKey='{first}',RowKey='{second}'"


def _property(name: str, value: "Value") -> dict[str, Any]:
    """https://learn.microsoft.com/rest/api/storageservices/payload-format-for-table-service-operations"""
    match value:
        case bool() | str():
            return {name: value}
        case int() if value in _INT32:
            return {name: value}
        case int():
            return _typed(name, "Int64", str(value))
        case float():
            return _typed(name, "Double", value if isfinite(value) else _NOT_FINITE[str(value)])
        case bytes():
            return _typed(name, "Binary", b64encode(value).decode())
        case datetime():
            return _typed(name, "DateTime", f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}")


_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def _typed(name: str, kind: str, value: str | float) -> dict[str, Any]:
    return {f"{name}@odata.type": f"Edm.{kind}", name: value}


def _said(answer: str) -> tuple[str, str]:
    """Return the code and the message of an error, empty where there are none."""
    try:
        error = json.loads(answer)["odata.error"]
        return str(error["code"]), str(error["message"]["value"])
    except (ValueError, LookupError, TypeError):
        return "", ""
