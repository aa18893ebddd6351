"""A file as the place of a value: of its owner alone, replaced in one step, never reached through a link."""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from shared.azure_devops.personal_access_tokens import NewToken
from shared.errors import BridgeError, ConfigurationError

_MODE = 0o600
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class File:
    """A regular file, or one that is not there yet. Everything raises `ConfigurationError` where it cannot be so."""

    path: Path

    def check(self) -> None:
        """Raise for a path that is a link, a folder or a device, or in a folder that is not ours to write to."""
        self._open_for_reading()
        if not os.access(self.path.parent, os.W_OK | os.X_OK):
            raise self._unusable("its folder is not there, or not ours to write to")

    def read(self) -> str | None:
        """Return the value, or None where there is none."""
        descriptor = self._open_for_reading(keep=True)
        if descriptor is None:
            return None
        with os.fdopen(descriptor, "rb") as file:
            try:
                return file.read(_MOST_BYTES).decode().strip() or None
            except (OSError, UnicodeDecodeError):
                raise self._unusable("it cannot be read") from None

    def write(self, value: str) -> None:
        """Replace the file; whoever reads it meanwhile gets the old value or the new one, never half of it."""
        self.check()
        # One name, so that what a process left that was killed here is gone with the next write.
        beside = self.path.parent / f".{self.path.name}.new"
        try:
            with suppress(FileNotFoundError):
                beside.unlink()
            self._fill(beside, value)
            beside.replace(self.path)
            self._make_sure()
        except OSError as error:
            with suppress(OSError):
                beside.unlink()
            raise self._unusable(os.strerror(error.errno or 0)) from None

    def store(self, made: NewToken) -> str:
        """Write a new token's value."""
        self.write(made.value)
        return ""

    def stored_nevertheless(self, made: NewToken) -> str | None:
        """Say whether the file has the value although writing failed; empty for no."""
        try:
            return str(self.path) if self.read() == made.value else ""
        except BridgeError:
            return None

    def _fill(self, beside: Path, value: str) -> None:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(value.encode())
            file.flush()
            os.fsync(file.fileno())

    def _make_sure(self) -> None:
        """The name must be as safe as the content before anything is revoked."""
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _open_for_reading(self, *, keep: bool = False) -> int | None:
        try:
            # Without O_NONBLOCK, a named pipe would be waited for.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError:
            raise self._unusable("it is a link, or not ours to read") from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise self._unusable("it is no regular file")
        if keep:
            return descriptor
        os.close(descriptor)
        return None

    def _unusable(self, why: str) -> ConfigurationError:
        return ConfigurationError([f"{self.path} cannot be used: {why}"])
