"""Processes of one machine: started, watched, stopped, and never left behind."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import ports, single_run
from local.processes import REPOSITORY, Nursery, Process, StartError
from local.reaper import runs
from tests.functional.conftest import wait_until

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
# Leaves a sign when it is asked to end, as Azurite saves its files.
SAVER = """
import pathlib, signal, sys, time
def save(*_):
    pathlib.Path(sys.argv[1]).write_text("saved")
    sys.exit()
signal.signal(signal.SIGTERM, save)
pathlib.Path(sys.argv[1]).write_text("running")
time.sleep(600)
"""


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


def _process(nursery: Nursery, folder: Path, *command: str, ready: Callable[[], bool] = lambda: True) -> Process:
    return Process("part", "http://127.0.0.1:1", nursery, folder / "part.log", command, dict, ready)


def test_a_process_is_restarted_with_a_new_id_after_a_crash(nursery: Nursery, tmp_path: Path) -> None:
    process = _process(nursery, tmp_path, *SLEEPER)
    process.start()
    first = process.pid
    process.kill()
    assert not runs(first)

    process.start()

    assert process.alive
    assert process.pid != first
    process.stop()
    assert not process.alive


def test_a_failed_start_shows_the_end_of_the_log(nursery: Nursery, tmp_path: Path) -> None:
    process = _process(nursery, tmp_path, sys.executable, "-c", "exit('no such table')", ready=lambda: False)
    process.start()

    with pytest.raises(StartError, match=r"(?s)part ended with 1.*no such table"):
        process.wait(10)


def test_a_missing_program_is_named(nursery: Nursery, tmp_path: Path) -> None:
    with pytest.raises(StartError, match="no-such-program is not installed"):
        _process(nursery, tmp_path, "no-such-program").start()


def test_a_process_that_never_answers_is_given_up(nursery: Nursery, tmp_path: Path) -> None:
    process = _process(nursery, tmp_path, *SLEEPER, ready=lambda: False)
    process.start()

    with pytest.raises(StartError, match="does not answer after 0 s"):
        process.wait(0.1)
    process.stop()


def test_pauses_between_restarts_grow_up_to_half_a_minute(nursery: Nursery, tmp_path: Path) -> None:
    process = _process(nursery, tmp_path, *SLEEPER)
    process.start()
    pauses = [process.pause() for _ in range(10)]
    process.stop()

    assert pauses == sorted(pauses)
    assert pauses[0] < 1
    assert pauses[-1] == 30


def test_closing_the_nursery_stops_politely_whoever_is_left(nursery: Nursery, tmp_path: Path) -> None:
    sign = tmp_path / "sign"

    def says_running() -> bool:
        return sign.exists() and sign.read_text() == "running"

    process = _process(nursery, tmp_path, sys.executable, "-c", SAVER, str(sign), ready=says_running)
    process.start()
    process.wait(10)

    nursery.close()

    assert sign.read_text() == "saved"
    process.stop()


def test_nothing_outlives_a_starter_that_is_killed(tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    starter = textwrap.dedent(
        f"""
        import sys, time
        from pathlib import Path
        from local.processes import Nursery
        command = [sys.executable, "-c", {SAVER!r}, {str(sign)!r}]
        print(Nursery().start(command, {{}}, Path({str(tmp_path / "log")!r})).pid, flush=True)
        time.sleep(600)
        """
    )
    command = [sys.executable, "-c", starter]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        wait_until(lambda: sign.exists() and sign.read_text() == "running", seconds=10, what="the child")
        process.send_signal(signal.SIGKILL)

    wait_until(lambda: not runs(child), seconds=10, what="the end of the child")
    assert sign.read_text() == "saved"


def test_a_second_run_on_the_same_state_is_refused(tmp_path: Path) -> None:
    held = single_run.take(tmp_path / "lock")
    with pytest.raises(single_run.StateFolderError, match="already runs"):
        single_run.take(tmp_path / "lock")

    os.close(held)

    os.close(single_run.take(tmp_path / "lock"))


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(single_run.StateFolderError, match=r"file/state cannot hold the state: .*LOCAL_STATE"):
        single_run.take(tmp_path / "file/state/lock")


def test_a_run_waits_for_what_a_killed_one_left(tmp_path: Path) -> None:
    """The lock is held by a reaper that still works, and names a process that is gone."""
    lock = tmp_path / "lock"
    held = single_run.take(lock)
    take = f"from local.single_run import take; from pathlib import Path; take(Path({str(lock)!r}))"
    reaper = [sys.executable, "-c", "input()"]
    with subprocess.Popen(reaper, stdin=subprocess.PIPE, pass_fds=[held]) as holder:
        os.close(held)
        lock.write_text(str(_ended_process()))
        with subprocess.Popen([sys.executable, "-c", take], cwd=REPOSITORY) as second:
            with pytest.raises(subprocess.TimeoutExpired):
                second.wait(timeout=1)
            holder.communicate(b"\n")
            assert second.wait(timeout=10) == 0


def _ended_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        return process.pid


def test_a_taken_port_is_replaced_and_remembered(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said: list[str] = []
        chosen = ports.choose(tmp_path / "ports.json", {"one": port, "two": 0}, said.append)
        assert said == [f"Port {port} is taken: one gets {chosen['one']}"]
        assert chosen["one"] != port
        assert ports.answers(port)

    assert len(set(chosen.values())) == 2
    assert not ports.answers(chosen["one"])
    assert ports.choose(tmp_path / "ports.json", {"one": port, "two": 0}) == chosen
