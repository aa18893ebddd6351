"""What readings made: one blob for each of them. Its name says what is in it, so writing it twice changes nothing."""

from dataclasses import dataclass

from shared.errors import NotFoundError, RejectedRequestError
from shared.registries.keeping.kept import MAX_PACKED, Kept, packed, unpacked
from shared.registries.keeping.readings import Key
from shared.storage import blobs
from shared.storage.account import Account

CONTAINER = "registries"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Reads and writes the blobs. Raises `TransientError` when storage does not answer."""

    account: Account

    def get(self, key: Key) -> Kept | None:
        """Return what a reading made, None where it is not there or cannot be read any more."""
        try:
            return unpacked(blobs.read(self.account, CONTAINER, _name(key), limit=MAX_PACKED))
        except (NotFoundError, RejectedRequestError):
            return None

    def put(self, key: Key, kept: Kept) -> None:
        """Keep it. Raises `RefusedError` for more than is kept."""
        blobs.write(self.account, CONTAINER, _name(key), packed(kept))

    def remove(self, key: Key) -> None:
        """Forget what a reading made."""
        blobs.delete(self.account, CONTAINER, _name(key))

    def clear(self, connection: str) -> None:
        """Forget everything of a connection."""
        for name in list(blobs.names(self.account, CONTAINER, f"{connection}/")):
            blobs.delete(self.account, CONTAINER, name)


def _name(key: Key) -> str:
    return f"{key.connection}/{key.repository}/{key.commit}/{key.basis}"
