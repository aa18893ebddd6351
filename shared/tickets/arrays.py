"""A JSON array of snapshots, read as a stream."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from shared.errors import RejectedRequestError
from shared.tickets.sarif.reading import RefusedResult
from shared.tickets.sarif.stream import Event, Reader, TooLargeError, events
from shared.tickets.snapshots import SCHEMA, Vulnerability, read_snapshot

_MOST_VALUES = 20_000


def snapshots(body: BinaryIO) -> Iterator[Vulnerability | RefusedResult]:
    """Return an iterator over the snapshots in the array `body`, which is seekable.

    An element is a snapshot, or the vulnerability of one. Raises `RejectedRequestError` at once, before any
    snapshot, if the body as a whole is not a JSON array in UTF-8.
    """
    source = events(body)
    reader = _reader(source)
    event, _ = reader.next()
    if event != "start_array":
        raise RejectedRequestError(
            "The body is not a JSON array of snapshots.",
            hint="Send [ … ], or a SARIF report with Content-Type: application/sarif+json.",
        )
    reader.skip(event)
    for _ in source:  # to its end: a body that breaks off half-way, or goes on after it, must change nothing
        pass
    return _snapshots(_reader(events(body)))


def _snapshots(reader: Reader) -> Iterator[Vulnerability | RefusedResult]:
    reader.next()
    for index, opening in enumerate(reader.elements()):
        reader.room = _MOST_VALUES
        try:
            yield read_snapshot(_enveloped(reader.value(*opening)))
        except TooLargeError:
            yield RefusedResult(index, "", f"holds more than {_MOST_VALUES:,} values")
        except RejectedRequestError as error:
            problem = error.problems[0] if error.problems else None
            yield RefusedResult(index, problem.field if problem else "", problem.message if problem else error.message)


def _enveloped(value: Any) -> Any:
    is_bare = isinstance(value, dict) and "vulnerability" not in value
    return {"schema": SCHEMA, "vulnerability": value} if is_bare else value


def _reader(source: Iterator[Event]) -> Reader:
    return Reader(source, unwanted=frozenset(), most=_MOST_VALUES)
