"""What is found without running anything, against what the imported packages register.

The projects are real, their versions pinned.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared.registries.conventions import conventions_of
from shared.registries.graph import Node, Registry
from shared.registries.reading import Assembly
from tests.unit.small_repositories import summaries_of

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent
PACKAGES = REPOSITORY / ".local/truth"

pytestmark = pytest.mark.skipif(
    not PACKAGES.is_dir(), reason="`make truth` installs the projects (350 MB), and runs it"
)


@dataclass(frozen=True)
class Project:
    """A package, what of it is compared, and each name that only one side has, with the reason."""

    package: str
    key: Callable[[Node], tuple[str, str]]
    left_out: tuple[str, ...] = ()
    conventions: str = ""
    only_at_run_time: Mapping[tuple[str, str], str] = field(default_factory=dict)
    only_in_source: Mapping[tuple[str, str], str] = field(default_factory=dict)
    needed: float = 0.99


def by_kind(node: Node) -> tuple[str, str]:
    return node.kind, node.name


def by_path(node: Node) -> tuple[str, str]:
    """A route without its methods, of which a rule at run time has more than were written."""
    return node.kind, node.name.rpartition(" ")[2]


def by_owner(node: Node) -> tuple[str, str]:
    return (node.registry if node.convention == "django-lookup" else node.kind), node.name


PROJECTS = (
    Project("spacy", by_kind, ("/tests/",)),
    Project("thinc", by_kind, ("/tests/",)),
    Project(
        "httpbin",
        by_path,
        only_at_run_time={("route", "/"): "`/` or `/legacy`, as flasgger is installed or not: shown as unresolved"},
        needed=0.98,  # one of 55
    ),
    Project("celery", by_kind, ("/contrib/", "/bin/"), "celery.toml"),
    Project("django", by_owner, ("/gis/", "/postgres/", "/oracle/", "/mysql/"), "django.toml"),
)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.package)
def test_the_names_that_are_found_are_those_that_are_registered(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    static = {project.key(node) for node in read(project).nodes if is_own(node, project)}
    runtime = imported(project.package)
    recall, precision = len(static & runtime) / len(runtime), len(static & runtime) / len(static)

    with capsys.disabled():
        print(  # noqa: T201
            f"\n{project.package}: {len(runtime)} registered, {len(static)} found,"
            f" recall {recall:.2%}, precision {precision:.2%}"
        )

    assert runtime - static == set(project.only_at_run_time), "each miss is explained in PROJECTS"
    assert static - runtime == set(project.only_in_source), "each surplus is explained in PROJECTS"
    assert min(recall, precision) >= project.needed


def read(project: Project) -> Registry:
    own = (HERE / project.conventions).read_bytes() if project.conventions else None
    conventions = conventions_of(own)
    folder = PACKAGES / project.package
    paths = [file.relative_to(PACKAGES).as_posix() for file in folder.rglob("*.py")]
    wanted = [path for path in paths if not any(part in path for part in project.left_out)]
    summaries = summaries_of({path: (PACKAGES / path).read_bytes() for path in wanted}, conventions)
    return Assembly(summaries, conventions).registry()


def is_own(node: Node, project: Project) -> bool:
    """As at run time: only what is of the package and has Python source."""
    return node.object.place is not None


def imported(package: str) -> set[tuple[str, str]]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{PACKAGES}{os.pathsep}{REPOSITORY}"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.truth.runtime", package],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
        env=environment,
        cwd="/",
    )
    return {(registry, name) for registry, name in json.loads(done.stdout.splitlines()[-1])}
