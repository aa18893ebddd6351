"""What is kept of one commit for the next one, and how it is stored: summaries by path, with the ids of contents."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.registries.files import Unread
from shared.registries.keeping.packing import compressed, decompressed

_SCHEMA = 2
_BETWEEN = "\0"


@dataclass(frozen=True, slots=True)
class Summary:
    """What one file says, and the object id of the content that says it."""

    object_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A commit as it was read; `own` is the repository's `registry.toml`, `digest` that of all its conventions."""

    digest: str
    own: bytes | None
    own_id: str
    summaries: Mapping[str, Summary]
    unread: Sequence[Unread] = field(default=())

    def known(self) -> Iterator[tuple[tuple[str, str], str]]:
        """Yield what is known of contents, whatever their paths were."""
        for path, summary in self.summaries.items():
            yield key_of(path, summary.object_id), summary.text


def key_of(path: str, object_id: str) -> tuple[str, str]:
    """Return what a summary depends on: the content, and as which kind of file it was read."""
    name = path.rpartition("/")[2]
    _, dot, kind = name.rpartition(".")
    return object_id, f"{dot}{kind}" if kind == "py" else name


def packed(kept: Kept) -> bytes:
    """Return it as it is stored: what is short as JSON, then the texts, between them what JSON has nowhere.

    Raises `RefusedError` for more than is kept.
    """
    head = {
        "schema": _SCHEMA,
        "digest": kept.digest,
        "own": None if kept.own is None else base64.b64encode(kept.own).decode(),
        "own_id": kept.own_id,
        "files": [[path, summary.object_id] for path, summary in kept.summaries.items()],
        "unread": [[one.path, one.reason] for one in kept.unread],
    }
    texts = (summary.text for summary in kept.summaries.values())
    return compressed(_BETWEEN.join([json.dumps(head), *texts]).encode())


def unpacked(content: bytes) -> Kept | None:
    """Return what was stored; None for what cannot be read (any more): then it is made again."""
    try:
        head, *texts = decompressed(content).decode().split(_BETWEEN)
        document: dict[str, Any] = json.loads(head)
        return _read(document, texts) if document["schema"] == _SCHEMA else None
    except (ValueError, KeyError, TypeError):
        return None


def _read(document: Mapping[str, Any], texts: Sequence[str]) -> Kept:
    own, files = document["own"], document["files"]
    return Kept(
        digest=document["digest"],
        own=None if own is None else base64.b64decode(own),
        own_id=document["own_id"],
        summaries={path: Summary(id_, text) for (path, id_), text in zip(files, texts, strict=True)},
        unread=tuple(Unread(*one) for one in document["unread"]),
    )
