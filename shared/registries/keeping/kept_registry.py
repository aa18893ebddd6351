"""The registry of one commit, as it is stored: whoever asks for it waits for nothing to be read or put together."""

import json
from dataclasses import asdict, dataclass
from functools import cache
from typing import Literal

from pydantic import TypeAdapter

from shared.registries.graph import Registry
from shared.registries.keeping.packing import bounded, compressed, decompressed
from shared.validation import well_formed


@dataclass(frozen=True, slots=True)
class _Stored:
    registry: Registry
    schema: Literal[1] = 1


def packed(registry: Registry) -> bytes:
    """Return it as it is stored. Raises `RefusedError` for more than is kept."""
    text = json.dumps(asdict(_Stored(registry)), ensure_ascii=False, separators=(",", ":"))
    return bounded(compressed(well_formed(text).encode()))  # names may hold halves of surrogate pairs


def unpacked(content: bytes) -> Registry | None:
    """Return what was stored; None for what cannot be read (any more): then it is made again."""
    try:
        return _adapter().validate_json(decompressed(content)).registry
    except ValueError:
        return None


@cache
def _adapter() -> TypeAdapter[_Stored]:
    return TypeAdapter(_Stored)
