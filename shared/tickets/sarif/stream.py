"""JSON as a stream of events, and a reader that walks it from value to value within bounds.

Memory is bounded by one chunk, one string and what the caller asks to be built, not by the report's size.
"""

import codecs
from collections.abc import Iterator
from typing import Any, BinaryIO

import ijson  # type: ignore[import-untyped]

from shared.errors import RejectedRequestError
from shared.tickets.vulnerabilities.snapshots import MAX_TEXT

type Event = tuple[str, Any]

MAX_DEPTH = 100
_CHUNK = 64 * 1024
_OPENING = frozenset({"start_map", "start_array"})
_CLOSING = frozenset({"end_map", "end_array"})
# ijson lets through what int(), Decimal() and UTF-8 decoding raise, the first dressed as SystemError.
_NOT_JSON = (ijson.JSONError, ValueError, ArithmeticError, SystemError)
_NOT_UTF_8 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class TooLargeError(Exception):
    """The value holds more than the caller wants to build; the reader stands behind it."""


def events(body: BinaryIO) -> Iterator[Event]:
    """Yield the events of the JSON document in the seekable `body`, read from its start.

    Raises `RejectedRequestError` with the place where it is not JSON in UTF-8; a byte order mark is fine.
    """
    position = _start(body)
    found, parser = _parser()
    while chunk := body.read(_CHUNK):
        try:
            parser.send(chunk)
        except _NOT_JSON as error:
            raise _broken(body, position) from error
        yield from found
        found.clear()
        position += len(chunk)
    try:
        parser.close()
    except _NOT_JSON as error:
        raise _ends_early(position) from error
    yield from found


class Reader:
    """Walks the events of one document. Every method consumes exactly the value that it is about.

    `most` is how many values may be built; `unwanted` members are passed over at every depth.
    """

    def __init__(self, source: Iterator[Event], *, unwanted: frozenset[str], most: int) -> None:
        self._source = source
        self._unwanted = unwanted
        self.room = most

    def next(self) -> Event:
        """Return the event that opens, or is, the next value."""
        return next(self._source)

    def members(self) -> Iterator[str]:
        """Yield the names in the object just opened; the caller consumes each value."""
        for event, value in self._source:
            if event == "end_map":
                return
            yield value

    def elements(self) -> Iterator[Event]:
        """Yield the opening event of each element of the array just opened; the caller consumes the rest."""
        for event, value in self._source:
            if event == "end_array":
                return
            yield event, value

    def skip(self, event: str) -> None:
        """Pass over the value that `event` opened."""
        depth = 1 if event in _OPENING else 0
        while depth:
            following = next(self._source)[0]
            if following in _OPENING:
                depth += 1
                _check(depth)
            elif following in _CLOSING:
                depth -= 1

    def value(self, event: str, value: Any) -> Any:
        """Return the whole value that `event` opened; strings are cut just above what a snapshot holds.

        Raises `TooLargeError` when there is no room for it.
        """
        built = self._value(event, value, 0)
        if self.room < 0:
            raise TooLargeError
        return built

    def _value(self, event: str, value: Any, depth: int) -> Any:
        self.room -= 1
        if event == "string":
            return value if len(value) <= MAX_TEXT else value[: MAX_TEXT + 1]
        if event not in _OPENING:
            return value
        _check(depth)
        return self._object(depth + 1) if event == "start_map" else self._array(depth + 1)

    def _object(self, depth: int) -> dict[str, Any]:
        built = {}
        for name in self.members():
            event, value = next(self._source)
            if self.room < 0 or name in self._unwanted:
                self.skip(event)
            else:
                built[name] = self._value(event, value, depth)
        return built

    def _array(self, depth: int) -> list[Any]:
        built = []
        for event, value in self.elements():
            if self.room < 0:
                self.skip(event)
            else:
                built.append(self._value(event, value, depth))
        return built


def _parser() -> tuple[list[Event], Any]:
    found: list[Event] = ijson.sendable_list()
    return found, ijson.basic_parse_coro(found)


def _start(body: BinaryIO) -> int:
    """Stand behind a byte order mark; refuse the encodings that JSON does not allow (RFC 8259, 8.1)."""
    body.seek(0)
    head = body.read(4)
    if head.startswith(_NOT_UTF_8) or b"\x00" in head:
        raise RejectedRequestError(
            "The report is UTF-16 or UTF-32.", hint="Write it as UTF-8; PowerShell: Out-File -Encoding utf8."
        )
    return body.seek(len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0)


def _check(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise RejectedRequestError(f"The report is nested more than {MAX_DEPTH} levels deep; no SARIF is.")


def _broken(body: BinaryIO, chunk_at: int) -> RejectedRequestError:
    """Find the byte at which the parser gave up: everything before the chunk again, then byte by byte."""
    _, parser = _parser()
    position = _start(body)
    try:
        while data := body.read(max(1, min(_CHUNK, chunk_at - position))):
            parser.send(data)
            position += len(data)
    except _NOT_JSON:
        line, column = _line(body, position)
        return RejectedRequestError(
            f"The report is not JSON: line {line}, column {column} (byte {position + 1}) is unexpected.",
            hint="Send the file as the tool wrote it.",
        )
    return _ends_early(position)


def _line(body: BinaryIO, position: int) -> tuple[int, int]:
    body.seek(0)
    line, line_at, read = 1, 0, 0
    while read < position and (data := body.read(min(_CHUNK, position - read))):
        line += data.count(b"\n")
        if b"\n" in data:
            line_at = read + data.rindex(b"\n") + 1
        read += len(data)
    return line, position - line_at + 1


def _ends_early(size: int) -> RejectedRequestError:
    message = f"The report is not JSON: it ends after {size} bytes, before it is complete."
    return RejectedRequestError(message if size else "The report is empty.", hint="Send the file as the tool wrote it.")
