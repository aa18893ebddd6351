"""A host that was forked is a process like any other: it answers, dies of SIGKILL, and is started again."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.forks import Fork, Forks
from local.processes import REPOSITORY
from local.reaper import runs
from tests.functional.host_process import eventually

pytestmark = pytest.mark.thorough
SETTINGS = str(REPOSITORY / "local.settings.sample.json")  # whose storage is not there
COMMAND = ["python", "-m", "local.host", "--app", str(REPOSITORY), "--port", "0", "--settings", SETTINGS]


@pytest.fixture
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    made.close()


def test_a_host_that_was_killed_is_forked_again(forks: Forks, tmp_path: Path) -> None:
    log = tmp_path / "host.log"
    log.touch()

    def started() -> tuple[Fork, str]:
        before = log.read_text().count("listening on ")
        fork = forks.spawn(COMMAND, {"PATH": "/usr/bin:/bin"}, log)
        eventually(lambda: log.read_text().count("listening on ") > before)
        return fork, re.findall(r"listening on (\S+)", log.read_text())[-1]

    first, url = started()
    assert requests.get(f"{url}/api/openapi.json", timeout=30).ok
    first.kill()
    assert first.wait(timeout=10) == 0

    second, url = started()
    assert requests.get(f"{url}/api/openapi.json", timeout=30).ok
    second.terminate()
    second.wait(timeout=30)

    assert first.pid != second.pid
    assert not runs(second.pid)


def test_what_does_not_end_is_waited_for_so_long() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        fork = Fork(process.pid)
        with pytest.raises(subprocess.TimeoutExpired):
            fork.wait(timeout=0.05)
        assert fork.poll() is None

        fork.terminate()
        process.wait(timeout=10)

        assert (fork.poll(), fork.wait()) == (0, 0)
        fork.kill()  # who has ended is left alone: the number may be somebody else's
