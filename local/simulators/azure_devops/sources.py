"""What is in a Git repository: names, files and archives.

https://learn.microsoft.com/rest/api/azure/devops/git/items
https://learn.microsoft.com/rest/api/azure/devops/git/blobs
https://learn.microsoft.com/rest/api/azure/devops/git/commits
"""

import io
import zipfile
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from local.simulators.azure_devops import errors, git_objects, repositories
from local.simulators.azure_devops.git_objects import Entry
from local.simulators.azure_devops.repositories import Repository
from local.simulators.azure_devops.store import Database
from local.simulators.azure_devops.web import Answer, Call, Route
from local.simulators.azure_devops.world import World

_BYTES = "application/octet-stream"
_ZIP = "application/zip"
_FORMATS = {"zip": _ZIP, "octetstream": _BYTES, "text": "text/plain", "json": "application/json"}
# The service takes the names of its enumerations and their numbers, which its Node client sends.
_VERSION_TYPES = {"0": "branch", "1": "tag", "2": "commit"}
_RECURSIONS = {"0": "none", "1": "onelevel", "4": "onelevelplusnestedemptyfolders", "120": "full"}
_COMMITS = 100
_EPOCH = (1980, 1, 1, 0, 0, 0)

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """A repository at one commit; `version` is how the caller named it."""

    repository: Repository
    version: str
    commit: str
    entries: dict[str, Entry]

    def find(self, path: str) -> Entry:
        path = "/" + path.strip("/")
        if path in self.entries:
            return self.entries[path]
        message = (
            f"TF401174: The item '{path}' could not be found in the repository '{self.repository.name}' at the "
            f"version specified by '{self.version}' (resolved to commit '{self.commit}')."
        )
        raise errors.git_refusal(message, "GitItemNotFoundException")


def items(world: World, call: Call) -> Answer:
    """GET git/repositories/{repository}/items: `path` is one item, `scopePath` a folder with what is below it."""
    form = _form(call)
    with world.store.transaction() as database:
        snapshot = _snapshot(database, call)
        entry = snapshot.find(call.text("path") or call.text("scopePath") or "/")
        if form == _ZIP:
            return Answer(_archive(database, snapshot, entry), media_type=_ZIP)
        if form != "application/json" and not entry.folder:
            return Answer(_content(database, snapshot.repository, entry.object_id), media_type=form)
        if call.text("path") and not call.text("recursionLevel"):
            return Answer(_item(entry, snapshot, call) | _inline(database, snapshot, entry, call))
    value = [_item(found, snapshot, call) for found in _below(entry, snapshot, call.text("recursionLevel", "none"))]
    return Answer({"count": len(value), "value": value})


def blob(world: World, call: Call) -> Answer:
    """GET git/repositories/{repository}/blobs/{id}."""
    form, identifier = _form(call), call.names["id"].lower()
    with world.store.transaction() as database:
        repository = _readable(database, call)
        content = _content(database, repository, identifier)
    if form == "application/json":
        url = f"{repositories.address(repository, call)}/blobs/{identifier}"
        return Answer({"objectId": identifier, "size": len(content), "url": url})
    return Answer(_zipped({identifier: content}) if form == _ZIP else content, media_type=form)


def blobs(world: World, call: Call) -> Answer:
    """POST git/repositories/{repository}/blobs: several contents as a zip, each under its id."""
    asked = call.json()
    if not isinstance(asked, list) or not all(isinstance(one, str) for one in asked):
        raise errors.bad_request("Value cannot be null. Parameter name: blobIds")
    with world.store.transaction() as database:
        repository = _readable(database, call)
        found = {identifier.lower(): _content(database, repository, identifier.lower()) for identifier in asked}
    return Answer(_zipped(found), media_type=_ZIP)


def commit(world: World, call: Call) -> Answer:
    """GET git/repositories/{repository}/commits/{id}: by the full id; the service may be more generous."""
    with world.store.transaction() as database:
        repository = _readable(database, call)
        identifier = call.names["id"].lower()
        if repositories.files_of(database, repository, identifier) is None:
            message = f"TF401175: The version descriptor <Commit: {identifier} > could not be resolved to a version."
            raise errors.git_refusal(message, "GitUnresolvableToCommitException")
    return Answer({"commitId": identifier, "parents": []})


def commits(world: World, call: Call) -> Answer:
    """GET git/repositories/{repository}/commits: newest first; here all branches have the same."""
    with world.store.transaction() as database:
        repository = _readable(database, call)
        statement = "SELECT id FROM commits WHERE repository = ? ORDER BY rowid DESC LIMIT ?"
        most = call.number("searchCriteria.$top", _COMMITS)
        rows = database.execute(statement, (repository.id, most)).fetchall()
    value = [{"commitId": row["id"]} for row in rows]
    return Answer({"count": len(value), "value": value})


def _form(call: Call) -> str:
    """Return the media type that is asked for; `$format` has the last word."""
    if wanted := call.text("$format").lower():
        if wanted not in _FORMATS:
            raise errors.bad_request(f"The format '{wanted}' is not supported.")
        return _FORMATS[wanted]
    accepted = call.headers.get("accept", "").partition(";")[0].strip().lower()
    return accepted if accepted in _FORMATS.values() else "application/json"


def _readable(database: Database, call: Call) -> Repository:
    repository = repositories.find(database, call)
    if repository.disabled:
        raise repositories.missing(call.names["repository"])
    return repository


def _snapshot(database: Database, call: Call) -> _Snapshot:
    repository = _readable(database, call)
    kind = call.text("versionDescriptor.versionType", "branch").lower()
    kind = _VERSION_TYPES.get(kind, kind)
    name = call.text("versionDescriptor.version") or repository.default_branch.removeprefix("refs/heads/")
    if not name:
        message = f"VS403403: Cannot find any branches for the {repository.name} repository."
        raise errors.git_refusal(message, "GitNoBranchesException")
    folder = {"branch": "heads", "tag": "tags"}.get(kind)
    commit = repositories.target(database, repository, f"refs/{folder}/{name}") if folder else name
    files = repositories.files_of(database, repository, commit) if commit else None
    version = f"<{kind.capitalize()}: {name} >"
    if commit is None or files is None:
        message = (
            f"TF401175: The version descriptor {version} could not be resolved to a version in the repository "
            f"{repository.name}."
        )
        raise errors.git_refusal(message, "GitUnresolvableToCommitException")
    return _Snapshot(repository, version, commit, git_objects.entries(files))


def _content(database: Database, repository: Repository, identifier: str) -> bytes:
    statement = "SELECT content FROM blobs WHERE repository = ? AND id = ?"
    row = database.execute(statement, (repository.id, identifier)).fetchone()
    if row is None:
        raise errors.git_refusal(
            f"TF401035: The object '{identifier}' does not exist.", "GitObjectDoesNotExistException"
        )
    return bytes(row["content"])


def _below(entry: Entry, snapshot: _Snapshot, recursion: str) -> list[Entry]:
    prefix = entry.path.rstrip("/") + "/"
    below = [found for path, found in snapshot.entries.items() if path.startswith(prefix) and path != "/"]
    recursion = _RECURSIONS.get(recursion, recursion.lower())
    if recursion == "none" or not entry.folder:
        return [entry]
    if recursion != "full":
        below = [found for found in below if "/" not in found.path.removeprefix(prefix)]
    return [entry, *below]


def _item(entry: Entry, snapshot: _Snapshot, call: Call) -> Json:
    answer: Json = {
        "objectId": entry.object_id,
        "gitObjectType": "tree" if entry.folder else "commit" if entry.submodule else "blob",
        "commitId": snapshot.commit,
        "path": entry.path,
        "url": f"{repositories.address(snapshot.repository, call)}/items?path={quote(entry.path, safe='')}"
        f"&versionType=Commit&version={snapshot.commit}",
    }
    if entry.folder:
        answer["isFolder"] = True
    if entry.link:
        answer["isSymLink"] = True
    if call.flag("includeContentMetadata"):
        answer["contentMetadata"] = {"fileName": entry.path.rpartition("/")[2]}
    return answer


def _inline(database: Database, snapshot: _Snapshot, entry: Entry, call: Call) -> Json:
    if entry.folder or not call.flag("includeContent"):
        return {}
    return {"content": _content(database, snapshot.repository, entry.object_id).decode(errors="replace")}


def _archive(database: Database, snapshot: _Snapshot, entry: Entry) -> bytes:
    files = [found for found in _below(entry, snapshot, "full") if not (found.folder or found.submodule)]
    strip = len(entry.path.rstrip("/")) + 1 if entry.folder else entry.path.rindex("/") + 1
    return _zipped({file.path[strip:]: _content(database, snapshot.repository, file.object_id) for file in files})


def _zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


_ONE = "/{organization}/{project?}/_apis/git/repositories/{repository}"
ROUTES = (
    Route("GET", _ONE + "/items", items),
    Route("GET", _ONE + "/blobs/{id}", blob),
    Route("POST", _ONE + "/blobs", blobs, reads=True),
    Route("GET", _ONE + "/commits", commits),
    Route("GET", _ONE + "/commits/{id}", commit),
)
