"""Writes to a table: one by one, or an entity group transaction, which is one body and one answer for all.

https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from shared.storage import odata, table_service

if TYPE_CHECKING:
    from azure.data.tables import TableClient

    from shared.storage.tables import Operation

_METHODS = {"create": "POST", "upsert": "PUT", "replace": "PUT", "merge": "PATCH", "delete": "DELETE"}
_CONDITIONAL = ("replace", "merge", "delete")
_END = b"\r\n"
# No value can be taken for a boundary: JSON and addresses have no line ends of their own.
_OPENING = b"--batch_1\r\nContent-Type: multipart/mixed; boundary=changeset_1\r\n"
_PART = b"--changeset_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
_CLOSING = b"--changeset_1--\r\n--batch_1--\r\n"
_BOUNDARY = {"Content-Type": "multipart/mixed; boundary=batch_1", "Accept": "application/json"}
_DONE = (HTTPStatus.NO_CONTENT, HTTPStatus.CREATED)
_ANSWER = re.compile(r"^HTTP/1\.1 (\d{3})[^\r\n]*\r\n(.*?)\r\n\r\n([^\r\n]*)", re.MULTILINE | re.DOTALL)
_ETAG = re.compile(r"^etag:[ \t]*([^\r\n]*)", re.MULTILINE | re.IGNORECASE)


def write_entity(client: "TableClient", partition: str, operation: "Operation") -> str:
    """Carry out one write and return the new etag, empty after a delete.

    Raises `UnreadableAnswerError` and as `table_service.ask`.
    """
    method, url, headers, content = _request(table_service.url_of(client), partition, operation)
    answer = table_service.ask(client, method, url, headers, content or None)
    if answer.status_code not in _DONE:
        raise table_service.UnreadableAnswerError(f"{answer.status_code} is no answer to a write")
    return str(answer.headers.get("ETag", ""))


def transaction_body(client: "TableClient", partition: str, operations: Sequence["Operation"]) -> bytes:
    """Return the body of a transaction."""
    table = table_service.url_of(client)
    parts = (part for operation in operations for part in (_PART, *_lines(*_request(table, partition, operation))))
    return _END.join((_OPENING, *parts, _CLOSING))


def write_entities(client: "TableClient", written: bytes, number: int) -> list[str]:
    """Send the body of a transaction of so many writes; return the new etags in order, empty for what is deleted.

    Raises `UnreadableAnswerError` and as `table_service.ask`.
    """
    answer = table_service.ask(client, "POST", f"{client.url}/$batch", _BOUNDARY, written)
    found = []
    for status, headers, content in _ANSWER.findall(table_service.text(answer)):
        if int(status) >= HTTPStatus.BAD_REQUEST:
            raise table_service.StorageRefusedError(int(status), content)
        etag = _ETAG.search(headers)
        found.append(etag[1].strip() if etag else "")
    if len(found) != number:
        raise table_service.UnreadableAnswerError(f"{len(found)} answers to {number} writes")
    return found


def _request(table: str, partition: str, operation: "Operation") -> tuple[str, str, dict[str, str], bytes]:
    """Return method, address, headers and content, of which a delete has none."""
    url = table if operation.kind == "create" else odata.address(table, partition, operation.key)
    headers = {"Prefer": "return-no-content"} if operation.kind == "create" else {}
    if operation.kind in _CONDITIONAL:
        if not operation.etag:
            raise ValueError(f"{operation.kind} of the row {operation.key!r} needs its etag, or `*`")
        headers["If-Match"] = operation.etag
    if operation.kind == "delete":
        return _METHODS[operation.kind], url, headers, b""
    headers["Content-Type"] = "application/json"
    return _METHODS[operation.kind], url, headers, odata.entity(partition, operation.key, operation.values)


def _lines(method: str, url: str, headers: dict[str, str], content: bytes) -> tuple[bytes, bytes]:
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**table_service.ACCEPT, **headers}.items())
    return f"{method} {url} HTTP/1.1\r\n{lines}".encode("ascii"), content
