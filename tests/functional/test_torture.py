"""A short torture run: everything goes wrong for a minute, and the ledgers agree."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import REPOSITORY
from tests.functional.conftest import AZURITE

SECONDS = 60
PATIENCE = 900

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("away"), pytest.mark.timeout(PATIENCE + 60)]


def test_a_minute_of_torture_leaves_nothing_lost_and_nothing_twice(tmp_path: Path) -> None:
    if not Path(os.environ.get("AZURITE", AZURITE)).is_file():
        pytest.skip("Azurite is not installed: run `make install`")
    command = [sys.executable, "-m", "local.torture", "--duration", str(SECONDS), "--state", str(tmp_path / "state")]
    size = ["--seed", "11", "--tickets", "250", "--kills", "6", "--faults", "60", "--late", "2"]

    done = subprocess.run(
        [*command, *size], cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE, check=False
    )

    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    assert done.stdout.splitlines()[-1].startswith("AGREED seed 11")
