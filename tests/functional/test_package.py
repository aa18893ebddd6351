"""What is deployed, the tree without what `.funcignore` names, works on `requirements.txt` alone."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

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
print(json.dumps({"names": names, "shared": shared.__file__, "modules": sorted(sys.modules)}))
"""
ON_THE_EDGE = ["health", "take_hook"]
NEVER_ON_THE_EDGE = (
    *("shared.services", "shared.clients", "shared.administration", "shared.ticket_services"),
    *("shared.tokens", "shared.links", "shared.connections.credentials", "shared.connections.store"),
    *("shared.storage.secrets", "shared.storage.tables", "azure.keyvault", "azure.data", "msal"),
)
TICKETS_ON_THE_EDGE = {"shared.tickets", "shared.tickets.observing", "shared.tickets.observing.hook_events"}


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


def declared(*, without: str) -> Iterator[str]:
    """The names that the triggers define: the function under a decorator of the blueprint."""
    for file in (REPOSITORY / "shared/triggers").rglob("*.py"):
        if file.stem in without.split():
            continue
        below = False
        for line in file.read_text().splitlines():
            below = below or line.startswith(("@blueprint.", "@operation(", "@page(", "@action("))
            if below and line.startswith(("def ", "async def ")):
                yield line.partition("def ")[2].partition("(")[0]
                below = False


@pytest.fixture
def indexed(package: Path, site: Path, tmp_path: Path) -> Callable[[str], dict[str, Any]]:
    """What Microsoft's runtime finds in the package, with its own requirements, for a value of APP_ROLE."""
    (tmp_path / "local").symlink_to(REPOSITORY / "local")  # our host, which is no part of the package
    command = [sys.executable, "-I", "-S", "-c", INDEX, str(package), str(site), str(tmp_path)]

    def index(role: str) -> dict[str, Any]:
        environment = {"PATH": os.environ["PATH"], "APP_ROLE": role}
        ran = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=90, check=False)
        assert ran.returncode == 0, ran.stderr
        found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        assert found["shared"] == str(package / "shared/__init__.py")
        return found

    return index


@pytest.mark.parametrize(
    ("role", "without"),
    [("core", "http_edge_health http_hooks"), ("", "http_edge_health"), ("egde", "http_edge_health")],
)
def test_each_role_declares_its_functions_on_the_packages_own_requirements(
    indexed: Callable[[str], dict[str, Any]], role: str, without: str
) -> None:
    """A role that does not exist has all of them, and each says so: an app without functions says nothing."""
    assert sorted(indexed(role)["names"]) == sorted(declared(without=without))


def test_the_edge_declares_two_functions_and_imports_nothing_of_tokens_tickets_work_or_key_vault(
    indexed: Callable[[str], dict[str, Any]],
) -> None:
    found = indexed("edge")

    assert sorted(found["names"]) == ON_THE_EDGE
    assert [name for name in found["modules"] if name.startswith(NEVER_ON_THE_EDGE)] == []
    assert {name for name in found["modules"] if name.startswith("shared.tickets")} == TICKETS_ON_THE_EDGE
