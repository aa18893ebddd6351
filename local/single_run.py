"""One run at a time on one state folder: two storage emulators on the same files would destroy them."""

import fcntl
import os
import time
from pathlib import Path

from local.reaper import PATIENCE, runs

_RETRY = 0.1


class StateFolderError(Exception):
    """The state folder cannot be used: somebody else uses it, or it cannot be written to. `str()` says what to do."""


def take(file: Path) -> int:
    """Take the lock in `file` and return its descriptor; closing every copy of it gives the lock back.

    A run that was killed leaves processes that its reaper is still stopping: those are waited for.
    Raises `StateFolderError`.
    """
    descriptor = _opened(file)
    deadline = time.monotonic() + 3 * PATIENCE
    while not _locked(descriptor):
        owner = _owner(descriptor)
        if runs(owner) or time.monotonic() > deadline:
            os.close(descriptor)
            raise StateFolderError(
                f"`make run` already runs on {file.parent} (process {owner}). Stop it first, "
                "or start another one beside it: LOCAL_STATE=another-folder make run"
            )
        time.sleep(_RETRY)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def _opened(file: Path) -> int:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StateFolderError(
            f"{file.parent} cannot hold the state: {error.strerror}. Name a folder of your own: LOCAL_STATE=folder"
        ) from error


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner(descriptor: int) -> int:
    """Return who wrote its number into the lock; ourselves while it is still empty."""
    text = os.pread(descriptor, 20, 0).decode(errors="replace")
    return int(text) if text.isdigit() else os.getpid()
