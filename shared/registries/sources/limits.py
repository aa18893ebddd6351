"""How much of a repository is read. What is over a limit is named in the answer, never left out without a word."""

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one reading, in numbers and bytes.

    An archive and what it unpacks to are in memory, the latter one file at a time.
    """

    files: int = 20_000
    file_bytes: int = 2 * MEGABYTE
    archive_bytes: int = 200 * MEGABYTE
    unpacked_bytes: int = 1024 * MEGABYTE
    entries: int = 200_000
    blobs_a_call: int = 200
    blob_calls: int = 100
    single_reads: int = 200

    @property
    def too_large(self) -> str:
        """Why a file that is over the limit is not read."""
        return f"larger than {self.file_bytes / MEGABYTE:g} MB"
