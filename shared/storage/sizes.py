"""What a row and a transaction of Azure Table Storage may weigh.

Azurite accepts some of what the service refuses (entities over 1 MiB), so this is judged before anything is sent:
https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.storage.tables import Operation, Value

MAX_OPERATIONS = 100
MAX_TRANSACTION_BYTES = 4 * 1024 * 1024 - 4 * 1024  # room for the batch's own envelope
MAX_ENTITY_BYTES = 1024 * 1024
MAX_PROPERTY_BYTES = 64 * 1024
MAX_PROPERTIES = 252
_PART_BYTES = 1_500
"""Of an operation in a transaction's body, at most, without its row: headers, addresses, the partition's key."""
_PROPERTY_BYTES = 40
"""`"name@odata.type": "Edm.DateTime", "name": ` without the name."""
_ESCAPED = 6
"""Bytes of a character: rows are JSON in ASCII, `\\u00e9`."""
_LEGAL_KEY = re.compile(r"[^/\\#?\x00-\x1f\x7f-\x9f]{1,512}")


def checked_size(operation: "Operation") -> int:
    """Return the size in bytes that the service counts for the row.

    Raises `ValueError` for what the service refuses: a key with an illegal character, an entity over 1 MiB.
    """
    if not _LEGAL_KEY.fullmatch(operation.key):
        raise ValueError(f"not a legal row key: {operation.key!r}")
    if len(operation.values) > MAX_PROPERTIES:
        raise ValueError(f"more than {MAX_PROPERTIES} properties in {operation.key!r}")
    total = 4 + 2 * len(operation.key)
    for name, value in operation.values.items():
        size = _bytes(value)
        if size > MAX_PROPERTY_BYTES:
            raise ValueError(f"{name} of {operation.key!r} is over 64 KiB")
        total += 8 + 2 * len(name) + size
    if total > MAX_ENTITY_BYTES:
        raise ValueError(f"the row {operation.key!r} is over 1 MiB")
    return total


def body_size(operation: "Operation") -> int:
    """Return how many bytes of a transaction's body an operation takes, at most; those are what the service counts.

    They may be three times what a row of as many characters counts as: texts are JSON in ASCII, bytes are Base64.
    """
    values = (
        2 * _ESCAPED * len(name) + _PROPERTY_BYTES + _json_bytes(value) for name, value in operation.values.items()
    )
    return _PART_BYTES + 2 * _ESCAPED * len(operation.key) + sum(values)


def _json_bytes(value: "Value") -> int:
    if isinstance(value, str):
        return len(json.dumps(value))
    if isinstance(value, bytes):
        return (len(value) + 2) // 3 * 4
    return 40


def _bytes(value: "Value") -> int:
    if isinstance(value, str):
        return len(value.encode("utf-16-le", "surrogatepass")) + 4
    if isinstance(value, bytes):
        return len(value) + 4
    return 8
