"""What readings made: two blobs for each of them. Their names say what is in them, so writing twice changes nothing."""

from dataclasses import dataclass

from shared.errors import NotFoundError, RejectedRequestError
from shared.registries.graph import Registry
from shared.registries.keeping import kept, kept_registry
from shared.registries.keeping.kept import Kept
from shared.registries.keeping.packing import MAX_PACKED
from shared.registries.keeping.readings import Key
from shared.storage import blobs
from shared.storage.account import Account

CONTAINER = "registries"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Reads and writes the blobs. Raises `TransientError` when storage does not answer."""

    account: Account

    def summaries(self, key: Key) -> Kept | None:
        """Return what the next reading need not read, None where it is not there or cannot be read any more."""
        content = self._read(_summaries(key))
        return kept.unpacked(content) if content else None

    def registry(self, key: Key) -> Registry | None:
        """Return what a commit registers, None where it is not there or cannot be read any more."""
        content = self._read(_registry(key))
        return kept_registry.unpacked(content) if content else None

    def put(self, key: Key, summaries: Kept, registry: Registry) -> None:
        """Keep what a reading made. Raises `RefusedError` for more than is kept."""
        blobs.write(self.account, CONTAINER, _summaries(key), kept.packed(summaries))
        blobs.write(self.account, CONTAINER, _registry(key), kept_registry.packed(registry))

    def remove(self, key: Key) -> None:
        """Forget what a reading made."""
        for name in (_registry(key), _summaries(key)):
            blobs.delete(self.account, CONTAINER, name)

    def clear(self, connection: str) -> None:
        """Forget everything of a connection."""
        for name in list(blobs.names(self.account, CONTAINER, f"{connection}/")):
            blobs.delete(self.account, CONTAINER, name)

    def _read(self, name: str) -> bytes | None:
        try:
            return blobs.read(self.account, CONTAINER, name, limit=MAX_PACKED)
        except (NotFoundError, RejectedRequestError):
            return None


def _summaries(key: Key) -> str:
    return f"{key.connection}/{key.repository}/{key.commit}/{key.basis}"


def _registry(key: Key) -> str:
    return f"{_summaries(key)}/registry"
