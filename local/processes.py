"""Starts, watches and stops the processes of one machine; none outlives the one that started it."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from local import reaper

REPOSITORY = Path(__file__).resolve().parents[1]
_TAIL_LINES = 25
_LONGEST_PAUSE = 30.0
_STEADY_AFTER = 60.0


class StartError(Exception):
    """A process did not come up. `str()` says which, why and what it wrote last."""


class Running(Protocol):
    """A process that was started; as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    @property
    def returncode(self) -> int | None:
        """How it ended; None until that was seen."""
        ...

    def poll(self) -> int | None:
        """Return how it ended, None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Return when it has ended. Raises `subprocess.TimeoutExpired`."""
        ...

    def terminate(self) -> None:
        """Ask it to end."""
        ...

    def kill(self) -> None:
        """End it as a crash would."""
        ...


type Spawn = Callable[[Sequence[str], Mapping[str, str], Path], Running]
"""Starts a command with an environment; what it says goes to a log. Raises `FileNotFoundError` without a program."""


def spawned(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Running:
    """Start a process of its own."""
    with log.open("ab") as file:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=REPOSITORY,
            env=dict(environment),
            start_new_session=True,
        )


class Nursery:
    """Knows every process that it started, and has a reaper that ends them should this process be killed."""

    def __init__(self, *, keep_open: int | None = None) -> None:
        """`keep_open` is a file descriptor that the reaper holds until the last process has ended."""
        self._lock = threading.Lock()
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "local.reaper"],
            stdin=subprocess.PIPE,
            cwd=REPOSITORY,
            start_new_session=True,  # Ctrl-C goes to everyone in the terminal's group
            pass_fds=() if keep_open is None else (keep_open,),
            text=True,
        )

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, spawn: Spawn = spawned
    ) -> Running:
        """Start a process that writes to `log`. Raises `StartError` when its program is not there."""
        with self._lock:
            try:
                process = spawn(command, environment, log)
            except FileNotFoundError as error:
                raise StartError(f"{command[0]} is not installed, or not on the PATH.") from error
            self._tell(f"+{process.pid}")
        return process

    def ended(self, process: Running) -> None:
        """Forget a process that has ended: its number may soon be somebody else's."""
        with self._lock:
            self._tell(f"-{process.pid}")

    def close(self) -> None:
        """Let the reaper end what is left, and wait for it."""
        with self._lock:
            if self._reaper.stdin:
                self._reaper.stdin.close()
        self._reaper.wait()

    def _tell(self, line: str) -> None:
        if self._reaper.stdin and not self._reaper.stdin.closed:
            self._reaper.stdin.write(f"{line}\n")
            self._reaper.stdin.flush()


@dataclass
class Process:
    """One part of the machine: how to start it and how to see that it answers.

    `environment` is asked at each start, because a secret that it holds may have changed since.
    """

    name: str
    address: str
    nursery: Nursery
    log: Path
    command: Sequence[str]
    environment: Callable[[], Mapping[str, str]]
    ready: Callable[[], bool]
    spawn: Spawn = spawned
    started_at: float = 0.0
    deaths: int = 0
    _running: Running | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        """The process id, 0 when it was not started."""
        return self._running.pid if self._running else 0

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._running is not None and self._running.poll() is None

    def start(self) -> None:
        """Start it, or start it again after its end; `wait` waits until it answers."""
        self._collect()
        self.started_at = time.monotonic()
        self._running = self.nursery.start(self.command, self.environment(), self.log, self.spawn)

    def wait(self, seconds: float) -> None:
        """Return when it answers. Raises `StartError` when it ends or does not answer within `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.ready():
            if not self.alive:
                code = self._running.returncode if self._running else None
                raise StartError(f"{self.name} ended with {code}.\n{self.tail()}")
            if time.monotonic() > deadline:
                raise StartError(f"{self.name} does not answer after {seconds:.0f} s.\n{self.tail()}")
            time.sleep(0.05)

    def stop(self, patience: float = reaper.PATIENCE) -> None:
        """Stop it politely, then, after `patience` seconds, not."""
        if self._running is None:
            return
        if self.alive:
            self._running.terminate()
            try:
                self._running.wait(timeout=patience)
            except subprocess.TimeoutExpired:
                self._running.kill()
        self._collect()

    def kill(self) -> None:
        """End it by SIGKILL, as a crash would."""
        if self._running is not None:
            self._running.kill()
            self._collect()

    def pause(self) -> float:
        """Count a death and return how long to wait before the next start: longer each time, up to 30 s."""
        steady = time.monotonic() - self.started_at > _STEADY_AFTER
        self.deaths = 1 if steady else self.deaths + 1
        return min(_LONGEST_PAUSE, 0.25 * 2.0 ** (self.deaths - 1))

    def tail(self) -> str:
        """Return the end of its log, with where to find the rest."""
        lines = self.log.read_text(errors="replace").splitlines()[-_TAIL_LINES:] if self.log.exists() else []
        return "\n".join([f"The end of {self.log}:", *(f"  {line}" for line in lines or ["(empty)"])])

    def _collect(self) -> None:
        if self._running is not None:
            self._running.wait()
            self.nursery.ended(self._running)
            self._running = None
