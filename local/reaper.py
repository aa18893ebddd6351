"""Ends what its starter leaves behind: `python -m local.reaper`.

Reads `+PID` and `-PID` lines from standard input. When the input ends, because the starter finished or was
killed even by SIGKILL, it stops every process still noted: SIGTERM, newest first, one by one, then SIGKILL.
Azurite must be among the last and must get SIGTERM, or it loses what it has not yet saved.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

PATIENCE = 12.0
"""Seconds between SIGTERM and SIGKILL; the functions host takes up to ten to finish its messages."""


def main() -> None:
    """Wait for the end of standard input, then stop what is left."""
    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, signal.SIG_IGN)
    for pid in reversed(_noted(sys.stdin)):
        stop(pid)


def _noted(lines: Iterable[str]) -> list[int]:
    pids: list[int] = []
    for line in lines:
        sign, pid = line[0], int(line[1:])
        if sign == "+":
            pids.append(pid)
        elif pid in pids:
            pids.remove(pid)
    return pids


def stop(pid: int) -> None:
    """Stop one process: politely, then not."""
    _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    _signal(pid, signal.SIGKILL)


def runs(pid: int) -> bool:
    """Say whether a process runs; one that ended and was not yet collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True  # no /proc here
    return state not in "ZX"


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()
