"""The tree itself: what a clone promises before anything runs."""

import ast
import re
from pathlib import Path

import pytest

import shared

REPOSITORY = Path(__file__).parents[2]


def requirements(file: str) -> set[str]:
    lines = (REPOSITORY / file).read_text().splitlines()
    return {line.split("==")[0].lower() for line in lines if line and not line.startswith("#")}


def test_shared_is_ours() -> None:
    """A worker prefers installed packages over the app's own on a clash of names."""
    assert shared.__file__ == str(REPOSITORY / "shared/__init__.py")


def test_azure_installs_nothing_of_tests_or_one_machine() -> None:
    assert not requirements("requirements.txt") & (
        requirements("local/requirements.txt") | requirements("tests/requirements.txt")
    )


@pytest.mark.parametrize("file", ["requirements.txt", "local/requirements.txt", "tests/requirements.txt"])
def test_every_requirement_is_pinned(file: str) -> None:
    lines = [line for line in (REPOSITORY / file).read_text().splitlines() if line and not line.startswith("#")]

    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+(\[\w+\])?==[\w.]+", line) for line in lines)


def test_importing_the_app_reads_no_setting_and_defines_every_blueprint() -> None:
    """A blueprint that is never registered is silently no functions at all."""
    lists = ("core", "edge", "console/blueprints")
    registered = "".join((REPOSITORY / f"shared/triggers/{name}.py").read_text() for name in lists)
    modules = [
        file.stem
        for file in (REPOSITORY / "shared/triggers").rglob("*.py")
        if "blueprint = func.Blueprint()" in file.read_text()
    ]

    assert modules
    assert [name for name in modules if f"{name}.blueprint" not in registered] == []


def test_only_the_composition_reads_the_environment() -> None:
    """A setting that is read anywhere else is not judged with the others."""
    readers = {
        file.relative_to(REPOSITORY).as_posix()
        for file in (REPOSITORY / "shared").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    }

    commands = {"shared/backup/__main__.py", "shared/tokens/__main__.py"}
    assert readers == {"shared/edge.py", "shared/services.py"} | commands
