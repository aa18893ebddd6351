"""Zip archives of strangers: opened in memory, bounded before anything is believed, never unpacked to a disk.

An archive's names are looked up, not followed: a path that leads elsewhere is nobody's name, and finds nothing.
https://docs.python.org/3.13/library/zipfile.html#decompression-pitfalls
"""

import io
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

_CENTRAL_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1
_METHODS = frozenset({ZIP_STORED, ZIP_DEFLATED})
_BROKEN = (
    BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    OverflowError,
    LookupError,
)
"""What `zipfile` raises for archives that are none, or not sound."""


class UnreadableError(Exception):
    """An archive, or one entry of it, that is not read; the text says why."""


class TooLargeError(UnreadableError):
    """An entry that holds more than is read."""


class Archive:
    """An archive of at most `most_entries` entries, of which at most `most_bytes` are unpacked in all.

    Raises `UnreadableError` for one that is none, or has too many entries.
    """

    def __init__(self, content: bytes, *, most_entries: int, most_bytes: int) -> None:
        # Counted before they are read: `zipfile` makes an object of each, whatever the archive says their number is.
        if content.count(_CENTRAL_ENTRY) > most_entries:
            raise UnreadableError(f"the archive has more than {most_entries:,} entries")
        try:
            self._zip = ZipFile(io.BytesIO(content))
        except _BROKEN as error:
            raise UnreadableError("the archive is damaged") from error
        self._left = most_bytes
        times = Counter(entry.filename for entry in self._zip.infolist())
        self._entries = {one.filename: one for one in self._zip.infolist() if times[one.filename] == 1}

    @property
    def names(self) -> Sequence[str]:
        """The names of entries that are there once: of two, either could be meant."""
        return list(self._entries)

    def read(self, name: str, *, most: int) -> bytes:
        """Return an entry's content.

        Raises `TooLargeError` over `most` bytes, whatever the archive says its size is, and `UnreadableError`.
        """
        entry = self._entries[name]
        _check(entry)
        if entry.file_size > most:
            raise TooLargeError(f"it has {entry.file_size:,} bytes")
        if entry.file_size > self._left:
            raise UnreadableError("the archive unpacks to too much")
        content = self._unpacked(entry, most)
        self._left -= len(content)
        if len(content) > most:
            raise TooLargeError("it is larger than the archive says")
        return content

    def contents(self, *, most: int) -> Iterator[tuple[str, bytes | UnreadableError]]:
        """Yield each entry's name, and its content or why it is not read."""
        for name in self._entries:
            try:
                yield name, self.read(name, most=most)
            except UnreadableError as error:
                yield name, error

    def _unpacked(self, entry: ZipInfo, most: int) -> bytes:
        try:
            with self._zip.open(entry) as stream:
                return stream.read(most + 1)
        except _BROKEN as error:
            raise UnreadableError("it is damaged in the archive") from error


def _check(entry: ZipInfo) -> None:
    if "\0" in entry.orig_filename:
        raise UnreadableError("its name in the archive is not what it seems")
    if entry.flag_bits & _ENCRYPTED:
        raise UnreadableError("it is encrypted")
    if entry.compress_type not in _METHODS:
        raise UnreadableError("it is compressed by a method that is not read")
