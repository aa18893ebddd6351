"""A ticket's row: one property for each of the ticket's fields, by its name; an attempt has several.

Texts, numbers, yes and no, and times are properties of their own kind, and what has parts is JSON. A row may be older
or newer than the code: unknown properties are ignored, and missing ones have their defaults.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from shared.storage.tables import Row, Value
from shared.tickets.rows.records import Attempt, Failure, Hold, Sending, Stored, Ticket, WorkItemRef, Written

_SCHEMA = 1
_MAX_TITLE = 1000
_REQUIRED = frozenset({"kind", "asset", "created_at", "changed_at"})
_LEFT_OUT_WHEN_EMPTY = frozenset({"sending", "failure", "held", "wanted", "detached", "leaving", "duplicates"})


@dataclass(frozen=True, slots=True)
class _Codec:
    """How one field is written as a property and read from it."""

    write: Callable[[Any], Value]
    read: Callable[[Value], Any]


def ticket_values(ticket: Ticket) -> dict[str, Value]:
    """Return the properties of a ticket's row."""
    values: dict[str, Value] = {"schema": _SCHEMA, "status": ticket.status}
    for name, codec in _CODECS.items():
        value = getattr(ticket, name)
        if value or name not in _LEFT_OUT_WHEN_EMPTY:
            values[name] = codec.write(value)
    return values | _attempt_values(ticket.attempt)


def read_ticket(row: Row) -> Stored:
    """Make a ticket of its row. Raises `KeyError` without one of the few properties that every row has."""
    values = row.values
    known: dict[str, Any] = {
        name: codec.read(values[name])
        for name, codec in _CODECS.items()
        if name in _REQUIRED or _is_there(name, values)
    }
    ticket = Ticket(**(_implied(known) | known), attempt=_attempt(values))
    return Stored(row.key.removeprefix("t|"), ticket, row.etag)


def _is_there(name: str, values: Mapping[str, Value]) -> bool:
    return bool(values.get(name)) if name in _LEFT_OUT_WHEN_EMPTY else name in values


def _implied(known: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from the rest where the row of an older version does not say it."""
    item: WorkItemRef = known.get("work_item", WorkItemRef())
    return {
        "vulnerability_count": len(known.get("vulnerabilities", ())),
        "comments_since": item.revision,
        "comments_seen": item.revision,
    }


def _attempt_values(attempt: Attempt | None) -> dict[str, Value]:
    if attempt is None:
        return {}
    looked_at: dict[str, Value] = {"looked_at": attempt.looked_at} if attempt.looked_at else {}
    return {"attempt": attempt.nonce, "attempt_at": attempt.at, "attempt_project": attempt.project, **looked_at}


def _attempt(values: Mapping[str, Value]) -> Attempt | None:
    if not values.get("attempt"):
        return None
    looked_at = values.get("looked_at")
    return Attempt(
        nonce=str(values["attempt"]),
        at=_moment(values["attempt_at"]),
        project=str(values["attempt_project"]),
        looked_at=_moment(looked_at) if looked_at else None,
    )


def _as_is(value: Any) -> Any:
    return value


def _number(value: Value) -> int:
    return int(str(value))


def _moment(value: Value) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError("the row holds something else where a time belongs")
    return value


def _hold(value: Value) -> Hold | None:
    """A newer version may know more of them."""
    return Hold(str(value)) if value in tuple(Hold) else None


def _json(write: Callable[[Any], Any], read: Callable[[Any], Any]) -> _Codec:
    """As JSON: `write` makes what JSON knows, `read` takes that."""
    return _Codec(lambda value: json.dumps(write(value)), lambda text: read(json.loads(str(text))))


def _parts(default: WorkItemRef | Sending | Failure) -> _Codec:
    """As an object of JSON, of which as much is read as this version knows."""
    names = default.__dataclass_fields__

    def read(values: Mapping[str, Any]) -> Any:
        return replace(default, **{name: value for name, value in values.items() if name in names})

    return _json(asdict, read)


def _write_written(written: Mapping[str, Written]) -> dict[str, list[str]]:
    return {name: [one.sent, one.stored] for name, one in written.items()}


def _read_written(pairs: Mapping[str, list[str]]) -> dict[str, Written]:
    return {name: Written(*pair) for name, pair in pairs.items()}


_PLAIN = {
    str: _Codec(_as_is, str),
    int: _Codec(_as_is, _number),
    bool: _Codec(_as_is, bool),
    datetime: _Codec(_as_is, _moment),
}
_OTHERS = {
    "title": _Codec(lambda title: title[:_MAX_TITLE], str),
    "vulnerabilities": _json(list, tuple),
    "work_item": _parts(WorkItemRef()),
    "sending": _parts(Sending(0, {}, {}, [])),
    "failure": _parts(Failure("", "")),
    "held": _Codec(_as_is, _hold),
    "duplicates": _json(lambda found: list(found.items()), dict),
    "written": _json(_write_written, _read_written),
    "comments_told": _json(list, tuple),
}
_CODECS = {
    field.name: _OTHERS.get(field.name) or _PLAIN[str if field.default is MISSING else type(field.default)]
    for field in fields(Ticket)
    if field.name != "attempt"
}
"""By field; one whose default is of another type, or made anew, needs its line above."""
