"""A row as a line of a file: JSON, with what JSON has no form for as `{"at": …}` and `{"bytes": …}`. Pure."""

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Any

from shared.storage.tables import Row, Value

type Key = tuple[str, str]
"""Partition and row key."""


def line_of(row: Row) -> str:
    """Return a row's line, without its end."""
    values = {name: _written(value) for name, value in row.values.items()}
    return json.dumps([row.partition, row.key, values], ensure_ascii=False, separators=(",", ":"))


def row_of(line: str) -> tuple[Key, dict[str, Value]]:
    """Return what a line says. Raises `ValueError` for one that says no row."""
    match json.loads(line):
        case [str(partition), str(key), dict(values)]:
            return (partition, key), {str(name): _read(value) for name, value in values.items()}
    raise ValueError("not a row")


def _written(value: Value) -> Any:
    match value:
        case datetime():
            return {"at": value.astimezone(UTC).isoformat()}
        case bytes():
            return {"bytes": b64encode(value).decode("ascii")}
    return value


def _read(value: Any) -> Value:
    match value:
        case {"at": str(text)}:
            return datetime.fromisoformat(text)
        case {"bytes": str(text)}:
            return b64decode(text, validate=True)
        case str() | int() | float():
            return value
    raise ValueError("not a value of a row")
