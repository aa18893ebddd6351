"""What is deployed, the tree without what `.funcignore` names, works on `requirements.txt` alone."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from local.processes import REPOSITORY

# Python itself and the folders named on the command line, nothing of the environment that the tests run in.
INDEX = """
import asyncio, json, pathlib, sys
app, *others = sys.argv[1:]
sys.path += others
from local.host.runtime import Runtime
names = [function.name for function in asyncio.run(Runtime().load(pathlib.Path(app)))]
import shared
print(json.dumps({"names": names, "shared": shared.__file__}))
"""


def ignored() -> list[str]:
    return [line for line in (REPOSITORY / ".funcignore").read_text().splitlines() if line]


def listed() -> list[Path]:
    """The files of the tree that git does not ignore, as they are now."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    return [Path(line) for line in found.splitlines() if (REPOSITORY / line).is_file()]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    for file in listed():
        if not any(fnmatch(part, pattern) for part in file.parts for pattern in ignored()):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / file, folder / file)
    return folder


def required(file: Path) -> dict[str, Distribution]:
    """What a requirements file brings, with all that follows, by name."""
    found: dict[str, Distribution] = {}
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    todo = [Requirement(line) for line in lines]
    while todo:
        wanted = todo.pop()
        applies = wanted.marker is None or any(wanted.marker.evaluate({"extra": e}) for e in ("", *wanted.extras))
        name = canonicalize_name(wanted.name)
        if applies and name not in found:
            found[name] = distribution(name)
            extras = [Requirement(f"{wanted.name}[{extra}]") for extra in wanted.extras]
            todo += [*map(Requirement, found[name].requires or ()), *extras]
    return found


@pytest.fixture(scope="module")
def site(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages of requirements.txt and no other."""
    folder = tmp_path_factory.mktemp("site")
    for found in required(package / "requirements.txt").values():
        for file in found.files or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).symlink_to(str(found.locate_file(file)))
    return folder


def test_nothing_but_the_app_is_deployed(package: Path) -> None:
    assert {entry.name for entry in package.iterdir()} == {"function_app.py", "host.json", "requirements.txt", "shared"}
    assert (package / "shared/triggers/examples.json").is_file()


def declared() -> Iterator[str]:
    """The names that the triggers define: the function under a decorator of the blueprint."""
    for file in (REPOSITORY / "shared/triggers").glob("*.py"):
        below = False
        for line in file.read_text().splitlines():
            below = below or line.startswith(("@blueprint.", "@operation("))
            if below and line.startswith(("def ", "async def ")):
                yield line.partition("def ")[2].partition("(")[0]
                below = False


def test_the_package_declares_every_function_on_its_own_requirements(package: Path, site: Path, tmp_path: Path) -> None:
    (tmp_path / "local").symlink_to(REPOSITORY / "local")  # our host, which is no part of the package
    command = [sys.executable, "-I", "-S", "-c", INDEX, str(package), str(site), str(tmp_path)]
    environment = {"PATH": os.environ["PATH"]}

    ran = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)

    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    assert sorted(found["names"]) == sorted(declared())
    assert found["shared"] == str(package / "shared/__init__.py")
