"""Clocks that are moved, and machines on which they cannot be."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.torture.skew import Skew


def test_a_machine_without_a_compiler_says_so_and_moves_no_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)

    built = Skew.build(tmp_path)

    assert "no C compiler" in built.why_not
    assert built.environment(300) == {}


def test_another_system_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    assert "Linux" in Skew.build(tmp_path).why_not


def test_a_clock_is_moved_and_waits_are_not(tmp_path: Path) -> None:
    built = Skew.build(tmp_path)
    if built.library is None:
        pytest.skip(built.why_not)
    script = "import time; a = time.monotonic(); time.sleep(0.1); print(time.time(), time.monotonic() - a)"

    for seconds in (0, -300):
        environment = dict(built.environment(seconds))
        before = time.time()
        done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
        now, waited = map(float, done.stdout.split())
        assert before + seconds <= now <= time.time() + seconds
        assert 0.1 <= waited < 5
