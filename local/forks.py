"""Forks hosts from a process that has imported everything: one that is killed a hundred times is imported once."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local import reaper

_REPOSITORY = Path(__file__).resolve().parents[1]
_OWN = 3
"""The words of a host's command before its arguments: python -m local.host."""


@dataclass
class Fork:
    """A process that another one forked. Its exit code is nobody's to know: 0 stands for any."""

    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        """Return None while it runs."""
        if self.returncode is None and not reaper.runs(self.pid):
            self.returncode = 0
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return when it has ended. Raises `subprocess.TimeoutExpired`."""
        end = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if end is not None and timeout is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired([str(self.pid)], timeout)
            time.sleep(0.01)
        return 0

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


@dataclass
class Forks:
    """Starts one host again and again. What its environment says to the dynamic linker is that of the first start."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _parent: "subprocess.Popen[str] | None" = None

    def spawn(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> Fork:
        """Fork a host. Raises `BrokenPipeError` when the process that forks has died."""
        asked = {"arguments": list(command[_OWN:]), "environment": dict(environment), "log": str(log)}
        with self._lock:
            self._parent = self._parent or _started(environment, log)
            answer = _answer(self._parent, json.dumps(asked))
        if not answer:
            raise BrokenPipeError(f"the process that forks hosts has ended: see {log}")
        return Fork(int(answer))

    def close(self) -> None:
        """End the process that forks; hosts go on."""
        if self._parent:
            with self._parent:  # closes its input, which ends it, and waits
                self._parent = None


def _answer(parent: "subprocess.Popen[str]", line: str) -> str:
    if not (parent.stdin and parent.stdout):
        return ""
    print(line, file=parent.stdin, flush=True)
    return parent.stdout.readline()


def _started(environment: Mapping[str, str], log: Path) -> "subprocess.Popen[str]":
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "local.host.forked"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            cwd=_REPOSITORY,
            env=dict(environment),
            start_new_session=True,
            text=True,
        )
