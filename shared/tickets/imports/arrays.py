"""A JSON array of snapshots, read as a stream."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from shared.errors import RejectedRequestError
from shared.tickets.sarif.stream import Event, Reader, TooLargeError, events
from shared.tickets.vulnerabilities.scans import RefusedResult, Report, Scan
from shared.tickets.vulnerabilities.snapshots import SCHEMA, Vulnerability, read_snapshot

_MOST_VALUES = 20_000


def report(body: BinaryIO, *, name: str = "") -> Report:
    """Return the report that the JSON array in the seekable `body` is; `name` is the scan that found all of it.

    An element is a snapshot, or the vulnerability of one. Raises `RejectedRequestError` at once, before any
    snapshot, if the body as a whole is not a JSON array in UTF-8.
    """
    _check(body)
    scan = Scan(name=name, incomplete="" if name else "The query names no source.")
    return Report((scan,), lambda: ((scan, found) for found in _snapshots(_reader(events(body)))))


def _check(body: BinaryIO) -> None:
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
