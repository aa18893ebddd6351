"""What is kept of one commit for the next one, and how it is stored: summaries by the contents that say them.

The next commit differs in a few files, so summaries are stored in packs of some: of a pack of which nothing changed
only those are unpacked that are needed, and none is packed again.
"""

import base64
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import batched
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.registries.keeping.packing import bounded, compressed, decompressed

if TYPE_CHECKING:
    from shared.registries.reading import Head, Summary

_SCHEMA = 3
_PACK = 16
_BETWEEN = "\0"
"""What JSON has nowhere."""


class Content(NamedTuple):
    """What a summary depends on: the content, and as which kind of file it was read."""

    object_id: str
    kind: str


def content_of(path: str, object_id: str) -> Content:
    """Return what the summary of a file depends on: the same whatever a module is called."""
    return Content(object_id, ".py" if path.endswith(".py") else path.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class Kept:
    """A commit as it was read; `own` is the repository's `registry.toml`, `digest` that of all its conventions."""

    digest: str
    own: bytes | None
    own_id: str
    summaries: "Mapping[Content, Summary]"


type _Entry = tuple[str, str, Head]
"""Of the index: a content, and the first part of its summary."""


class _Pack:
    """The second parts of some summaries, as they are stored, and what the index says of them."""

    def __init__(self, stored: bytes, entries: Sequence[_Entry]) -> None:
        self.stored = stored
        self.entries = entries

    @cached_property
    def texts(self) -> Sequence[str]:
        """What is stored, unpacked when it is asked for."""
        return decompressed(self.stored).decode().split(_BETWEEN)


@dataclass(slots=True)
class _Packed:
    """The second part of a summary, in a pack."""

    pack: _Pack
    at: int

    def __call__(self) -> str:
        return self.pack.texts[self.at]


def packed(kept: Kept) -> bytes:
    """Return it as it is stored: an index as JSON, then the packs. Raises `RefusedError` for more than is kept."""
    packs = list(_packs(kept.summaries))
    stored = b"".join(pack.stored for pack in packs)
    index = {
        "schema": _SCHEMA,
        "digest": kept.digest,
        "own": None if kept.own is None else base64.b64encode(kept.own).decode(),
        "own_id": kept.own_id,
        "crc32": zlib.crc32(stored),
        "packs": [[len(pack.stored), pack.entries] for pack in packs],
    }
    return bounded(b"".join([json.dumps(index).encode(), _BETWEEN.encode(), stored]))


def _packs(summaries: "Mapping[Content, Summary]") -> Iterator[_Pack]:
    """Yield packs of them: those that are known, unless something in them is not needed any more."""
    needed = Counter(one.rest.pack for one in summaries.values() if isinstance(one.rest, _Packed))
    whole = {pack for pack, count in needed.items() if count == len(pack.entries)}
    yield from whole
    loose = [
        (content, one)
        for content, one in summaries.items()
        if not (isinstance(one.rest, _Packed) and one.rest.pack in whole)
    ]
    for some in batched(loose, _PACK, strict=False):
        text = _BETWEEN.join([one.rest() for _, one in some])
        yield _Pack(compressed(text.encode()), [(*content, one.head) for content, one in some])


def unpacked(stored: bytes) -> Kept | None:
    """Return what was stored; None for what cannot be read (any more): then it is made again."""
    index, _, packs = stored.partition(_BETWEEN.encode())
    try:
        document: dict[str, Any] = json.loads(index)
        return _read(document, packs) if document["schema"] == _SCHEMA else None
    except (ValueError, KeyError, TypeError):
        return None


def _read(document: Mapping[str, Any], packs: bytes) -> Kept:
    if document["crc32"] != zlib.crc32(packs):
        raise ValueError("not what was stored")
    own = document["own"]
    return Kept(
        digest=document["digest"],
        own=None if own is None else base64.b64decode(own),
        own_id=document["own_id"],
        summaries=dict(_summaries(document["packs"], packs)),
    )


def _summaries(index: Iterable[tuple[int, Sequence[_Entry]]], packs: bytes) -> "Iterator[tuple[Content, Summary]]":
    from shared.registries.reading import Summary  # noqa: PLC0415  most processes read no code

    start = 0
    for length, entries in index:
        pack = _Pack(packs[start : start + length], entries)
        start += length
        for at, (object_id, kind, head) in enumerate(entries):
            yield Content(object_id, kind), Summary(head, _Packed(pack, at))
