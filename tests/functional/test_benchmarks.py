"""Every benchmark runs. What it measures is nobody's business here: a busy machine must fail no test."""

import os
import subprocess
import sys

import pytest

from bench import __main__ as benchmarks
from bench.results import HEADER
from local.processes import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.every_case]


@pytest.mark.parametrize("name", benchmarks.ALL)
def test_a_benchmark_runs_and_says_what_it_found(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "bench", name, "--small"],
        cwd=REPOSITORY,
        env={**os.environ, "HOST_QUIET": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    header, _, *rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert header == HEADER.splitlines()[0]
    assert rows
    assert all(len(row.split("|")) == len(header.split("|")) for row in rows)
