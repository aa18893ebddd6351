"""Scripts and styles: each under an address that changes with its content, so that browsers may keep it for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from shared.console.addresses import BASE

_FOLDER = Path(__file__).with_name("static")
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One of them; `digest` stands in its address."""

    content: bytes
    media_type: str
    digest: str


def address_of(name: str) -> str:
    """Return where a file is served."""
    return f"{BASE}/static/{static_files()[name].digest}/{name}"


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Return all of them by their names."""
    return {file.name: _read(file) for file in sorted(_FOLDER.iterdir()) if file.suffix in _TYPES}


def _read(file: Path) -> StaticFile:
    content = file.read_bytes()
    return StaticFile(content, _TYPES[file.suffix], sha256(content).hexdigest()[:16])
