"""A functions host for one app, beside the stack's own: what a benchmark compares runs on the same kind of host."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.environment import inherited
from local.processes import REPOSITORY

APPS = Path(__file__).parent / "apps"


@dataclass(frozen=True, slots=True)
class Host:
    """A host that runs, and where it writes what it does."""

    url: str
    process: subprocess.Popen[str]
    log: Path

    def has_run(self, function: str) -> bool:
        """Whether a function has ended well."""
        lines = self.log.read_text().splitlines()
        return any(f" host: {function} " in line and line.endswith(" ok") for line in lines)

    def memory(self) -> float:
        """Return what it has in memory, in MB: https://www.kernel.org/doc/html/latest/filesystems/proc.html"""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


@contextmanager
def host(app: Path, state: Path, settings: Mapping[str, str]) -> Iterator[Host]:
    """Start one, set up as ours is, and wait until it listens; it is stopped in the end."""
    state.mkdir(exist_ok=True)
    if app != REPOSITORY:
        app = shutil.copytree(app, state / "app")
        shutil.copy(REPOSITORY / "host.json", app)
    command = [sys.executable, "-m", "local.host", "--app", str(app), "--port", "0", "--state", str(state)]
    log = state / "log"
    environment = {**inherited(), **settings, "HOST_QUIET": ""}
    with (
        log.open("w") as file,
        subprocess.Popen(  # noqa: S603  our own
            command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=file, text=True
        ) as process,
    ):
        try:
            assert process.stdout
            yield Host(process.stdout.readline().removeprefix("listening on ").strip(), process, log)
        finally:
            process.terminate()
