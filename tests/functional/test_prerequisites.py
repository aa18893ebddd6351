"""What `make run` says on a machine that lacks something."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import REPOSITORY

TOOLS = ("sh", "head", "printf")
PYTHON = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
OLD_PYTHON = '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.11.2 && exit\nexit 1\n'


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder to be the whole PATH."""
    for name in TOOLS:
        found = shutil.which(name)
        assert found
        (tmp_path / name).symlink_to(found)
    return tmp_path


def has(machine: Path, name: str, script: str) -> None:
    file = machine / name
    file.write_text(script)
    file.chmod(0o755)


def asked(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = str(REPOSITORY / "local/prerequisites.sh")
    command = [str(machine / "sh"), script, *arguments]
    return subprocess.run(
        command, cwd=machine, env={"PATH": str(machine)}, capture_output=True, text=True, check=False, timeout=30
    )


def test_all_that_is_missing_is_named_at_once(machine: Path) -> None:
    answer = asked(machine)

    assert answer.returncode != 0
    assert answer.stdout == ""
    assert "Python 3.13 is needed, and python3 is not there." in answer.stderr
    assert "Node.js 20 or newer is needed" in answer.stderr


def test_the_versions_that_were_found_are_named(machine: Path) -> None:
    has(machine, "python3", OLD_PYTHON)
    has(machine, "node", "#!/bin/sh\necho v18.19.0\n")

    answer = asked(machine)

    assert "python3 is Python 3.11.2." in answer.stderr
    assert "v18.19.0 is on the PATH" in answer.stderr


def test_a_python_that_was_named_is_not_replaced_by_another(machine: Path) -> None:
    has(machine, "python3.13", PYTHON)
    has(machine, "old", OLD_PYTHON)

    assert "Python 3.13 is needed, and old is Python 3.11.2." in asked(machine, "old").stderr


@pytest.mark.parametrize("name", ["python3.13", "python3", "python"])
def test_a_machine_that_has_everything_is_told_which_python(machine: Path, name: str) -> None:
    if name == "python":
        has(machine, "python3", OLD_PYTHON)
    has(machine, name, PYTHON)
    has(machine, "node", "#!/bin/sh\necho v20.9.0\n")
    has(machine, "npm", "#!/bin/sh\n")

    answer = asked(machine)

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, f"{name}\n", "")
