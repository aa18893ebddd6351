"""Git repositories: how they come to be here, how they are found, their refs.

https://learn.microsoft.com/rest/api/azure/devops/git/repositories
https://learn.microsoft.com/rest/api/azure/devops/git/refs/list
"""

import base64
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from local.simulators.azure_devops import errors, git_objects, projects, pushes
from local.simulators.azure_devops.identity import WEB_USER, reference
from local.simulators.azure_devops.projects import Project
from local.simulators.azure_devops.store import Database, packed
from local.simulators.azure_devops.web import Answer, Call, Route
from local.simulators.azure_devops.world import World

_MOST_REFS = 1000
_PAGE = 100

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository of one project; `default_branch` is empty while it has no commit."""

    id: str
    name: str
    project: Project
    default_branch: str
    disabled: bool


def commit(database: Database, project: Project, asked: Json, base: str) -> Json:
    """Do what a control request asks for: one push to one branch, in a repository that is made where missing.

    `{"name", "branch", "files": {path: text, {"base64"}, {"link"} or {"submodule"}}, "folder", "tag", "disabled",
    "gone"}`; the commit holds exactly these files, or those of a folder of this machine. Without either there is no
    commit; `gone`: the branch is deleted. `base` is the simulator's own address.
    """
    identifier = _made(database, project, asked)
    files = _files(asked)
    answer: Json = {"id": identifier, "commit": None}
    branch = f"refs/heads/{asked.get('branch', 'main')}"
    names: list[str] = []
    if files is not None:
        answer["commit"] = _committed(database, identifier, files)
        names = [branch, *([f"refs/tags/{asked['tag']}"] if "tag" in asked else [])]
        statement = "UPDATE repositories SET default_branch = ? WHERE id = ? AND default_branch = ''"
        database.execute(statement, (branch, identifier))
    elif asked.get("gone"):
        names = [branch]
    moved = [_moved(database, identifier, name, answer["commit"]) for name in names]
    if moved:
        [repository] = [one for one in _of(database, project) if one.id == identifier]
        pushes.announce(database, _summary(repository, f"{base}/{project.organization}"), moved)
    return answer


def _moved(database: Database, repository: str, name: str, commit_: str | None) -> pushes.RefUpdate:
    found = database.execute("SELECT object_id FROM refs WHERE repository = ? AND name = ?", (repository, name))
    before = found.fetchone()
    if commit_:
        database.execute("INSERT OR REPLACE INTO refs VALUES (?, ?, ?)", (repository, name, commit_))
    else:
        database.execute("DELETE FROM refs WHERE repository = ? AND name = ?", (repository, name))
    return pushes.RefUpdate(name, before["object_id"] if before else pushes.NOTHING, commit_ or pushes.NOTHING)


def _summary(repository: Repository, home: str) -> Json:
    project = repository.project
    return {
        "id": repository.id,
        "name": repository.name,
        "url": f"{home}/_apis/git/repositories/{repository.id}",
        "project": {"id": project.id, "name": project.name, "url": f"{home}/_apis/projects/{project.id}"},
        "defaultBranch": repository.default_branch,
        "remoteUrl": f"{home}/{quote(project.name)}/_git/{quote(repository.name)}",
    }


def _made(database: Database, project: Project, asked: Json) -> str:
    row = (str(uuid.uuid4()), project.organization, project.id, asked["name"])
    statement = "INSERT OR IGNORE INTO repositories (id, organization, project, name) VALUES (?, ?, ?, ?)"
    database.execute(statement, row)
    where = (project.id, asked["name"])
    if "disabled" in asked:
        statement = "UPDATE repositories SET disabled = ? WHERE project = ? AND name = ?"
        database.execute(statement, (bool(asked["disabled"]), *where))
    found = database.execute("SELECT id FROM repositories WHERE project = ? AND name = ?", where).fetchone()
    return str(found["id"])


@dataclass(frozen=True, slots=True)
class _Given:
    """One file of a commit; `commit` is what a submodule points to."""

    mode: str
    content: bytes
    commit: str = ""


def _files(asked: Json) -> dict[str, _Given] | None:
    if "folder" in asked:
        root = Path(asked["folder"])
        paths = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
        relative = {path.relative_to(root).as_posix(): path for path in paths}
        return {n: _Given("", path.read_bytes()) for n, path in relative.items() if not n.startswith(".git/")}
    if "files" in asked:
        return {path.strip("/"): _content(content) for path, content in asked["files"].items()}
    return None


def _content(given: Any) -> _Given:
    if not isinstance(given, dict):
        return _Given("", str(given).encode())
    if "submodule" in given:
        return _Given(git_objects.SUBMODULE, b"", given["submodule"])
    if "link" in given:
        return _Given(git_objects.LINK, str(given["link"]).encode())
    return _Given("", base64.b64decode(given["base64"]))


def _committed(database: Database, repository: str, files: dict[str, _Given]) -> str:
    names = {path: given.commit or git_objects.blob_id(given.content) for path, given in files.items()}
    rows = [(repository, names[path], given.content) for path, given in files.items() if not given.commit]
    database.executemany("INSERT OR IGNORE INTO blobs VALUES (?, ?, ?)", rows)
    entries = {path: f"{files[path].mode} {name}".strip() for path, name in names.items()}
    tree = git_objects.entries(entries)["/"].object_id
    identifier = git_objects.commit_id(tree, "By the control API")
    database.execute("INSERT OR IGNORE INTO commits VALUES (?, ?, ?)", (repository, identifier, packed(entries)))
    return identifier


def find(database: Database, call: Call) -> Repository:
    """Return the repository that the path names, by id or in its project. Raises TF401019."""
    wanted = call.names["repository"]
    for repository in _visible(database, call):
        if wanted.lower() == repository.id or ("project" in call.names and wanted.lower() == repository.name.lower()):
            return repository
    raise missing(wanted)


def missing(name: str) -> errors.ServiceError:
    """TF401019: never there, disabled, or not to be seen."""
    message = (
        f"TF401019: The Git repository with name or identifier {name} does not exist or you do not have permissions "
        "for the operation you are attempting."
    )
    return errors.git_refusal(message, "GitRepositoryNotFoundException")


def _visible(database: Database, call: Call) -> list[Repository]:
    if "project" in call.names:
        seen = [projects.find(database, call.organization, call.names["project"], call.identity)]
    else:
        seen = [p for p in projects.every(database, call.organization) if call.identity.may_see(p.name)]
    if not call.identity.may_read_code:
        return []
    return [repository for project in seen for repository in _of(database, project)]


def _of(database: Database, project: Project) -> list[Repository]:
    rows = database.execute("SELECT * FROM repositories WHERE project = ? ORDER BY name", (project.id,)).fetchall()
    return [
        Repository(row["id"], row["name"], project, row["default_branch"], disabled=bool(row["disabled"]))
        for row in rows
    ]


def files_of(database: Database, repository: Repository, commit_: str) -> dict[str, str] | None:
    """Return the blob ids of a commit by path, or None where there is no such commit."""
    statement = "SELECT files FROM commits WHERE repository = ? AND id = ?"
    row = database.execute(statement, (repository.id, commit_)).fetchone()
    return None if row is None else json.loads(row["files"])


def target(database: Database, repository: Repository, ref: str) -> str | None:
    """Return the commit that a ref points to, or None."""
    statement = "SELECT object_id FROM refs WHERE repository = ? AND name = ?"
    row = database.execute(statement, (repository.id, ref)).fetchone()
    return None if row is None else str(row["object_id"])


def list_all(world: World, call: Call) -> Answer:
    """GET git/repositories."""
    with world.store.transaction() as database:
        shown = [_shown(repository, call) for repository in _visible(database, call)]
    return Answer({"count": len(shown), "value": shown})


def show(world: World, call: Call) -> Answer:
    """GET git/repositories/{repository}."""
    with world.store.transaction() as database:
        return Answer(_shown(find(database, call), call))


def _shown(repository: Repository, call: Call) -> Json:
    project = repository.project
    web = f"{call.home}/{quote(project.name)}/_git/{quote(repository.name)}"
    answer = {
        "id": repository.id,
        "name": repository.name,
        "url": address(repository, call),
        "project": projects.summary(project, call.home),
        "size": 0,
        "remoteUrl": web,
        "sshUrl": f"git@ssh.dev.azure.com:v3/{call.organization}/{quote(project.name)}/{quote(repository.name)}",
        "webUrl": web,
        "isDisabled": repository.disabled,
        "isInMaintenance": False,
    }
    return answer | ({"defaultBranch": repository.default_branch} if repository.default_branch else {})


def address(repository: Repository, call: Call) -> str:
    """Return the repository's address in the API."""
    return f"{call.home}/{repository.project.id}/_apis/git/repositories/{repository.id}"


def list_refs(world: World, call: Call) -> Answer:
    """GET git/repositories/{repository}/refs: by name, filtered by `filter` and `filterContains`, in pages."""
    with world.store.transaction() as database:
        repository = find(database, call)
        if repository.disabled:
            raise missing(call.names["repository"])
        statement = "SELECT * FROM refs WHERE repository = ? ORDER BY name"
        rows = database.execute(statement, (repository.id,)).fetchall()
    prefix, part = f"refs/{call.text('filter')}", call.text("filterContains")
    rows = [row for row in rows if row["name"].startswith(prefix) and part in row["name"]]
    token = call.text("continuationToken")
    size = min(call.number("$top", _PAGE if token else _MOST_REFS), _MOST_REFS)
    rest = [row for row in rows if row["name"] >= token]
    by = reference(WEB_USER.combined, call.home)
    value = [
        {
            "name": row["name"],
            "objectId": row["object_id"],
            "creator": by,
            "url": f"{address(repository, call)}/refs?filter={quote(row['name'].removeprefix('refs/'), safe='')}",
        }
        for row in rest[:size]
    ]
    headers = {"X-MS-ContinuationToken": rest[size]["name"]} if len(rest) > size else {}
    return Answer({"count": len(value), "value": value}, headers=headers)


_ALL = "/{organization}/{project?}/_apis/git/repositories"
_ONE = _ALL + "/{repository}"
ROUTES = (Route("GET", _ALL, list_all), Route("GET", _ONE, show), Route("GET", _ONE + "/refs", list_refs))
