"""Texts as they are stored: compressed, and bounded in both directions."""

import zlib

from shared.errors import RefusedError

MAX_PACKED = 64 * 1024 * 1024
_MAX_UNPACKED = 512 * 1024 * 1024


def compressed(text: bytes) -> bytes:
    """Return a text as it is stored, quickly rather than small."""
    return zlib.compress(text, level=1)


def bounded(content: bytes) -> bytes:
    """Return it. Raises `RefusedError` for more than is kept."""
    if len(content) > MAX_PACKED:
        raise RefusedError(
            "The repository registers more than is kept.", hint="Narrow the conventions in its registry.toml."
        )
    return content


def decompressed(content: bytes) -> bytes:
    """Return what was stored, as far as it is bounded. Raises `ValueError` for what cannot be read."""
    try:
        return zlib.decompressobj().decompress(content, _MAX_UNPACKED)
    except zlib.error as error:
        raise ValueError(str(error)) from error
