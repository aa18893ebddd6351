"""What is in a Git repository at one version: names, files, or all of it as a zip archive.

https://learn.microsoft.com/rest/api/azure/devops/git/items
https://learn.microsoft.com/rest/api/azure/devops/git/blobs
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.azure_devops.contents import judge_bytes
from shared.azure_devops.organisation import BYTES, Call
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, flag, name, optional_text

_VERSION = {"api-version": "7.1"}
_ZIP = "application/zip"
# A listing is a few hundred bytes an entry; large repositories have a hundred thousand.
_MAX_LISTING = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of a repository: `name` is a branch or tag without its `refs/…/`, or a commit."""

    kind: Literal["branch", "tag", "commit"]
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """A file or folder at one version; `path` starts with a slash, `object_id` names a file's content.

    The content of a `link` is where it leads; a `submodule` is a commit of another repository.
    """

    path: str
    object_id: str
    commit: str
    folder: bool
    link: bool = False
    submodule: bool = False


def list_items(project: str, repository: str, version: Version, folder: str = "/") -> Call[list[Item]]:
    """List a folder and all below it. Raises `NotFoundError` when the version or the folder is not there."""
    query = {**_VERSION, **_of(version), "scopePath": folder, "recursionLevel": "full"}
    return Call("GET", _items(project, repository), _listed, query, max_bytes=_MAX_LISTING)


def read_file(project: str, repository: str, version: Version, path: str, *, max_bytes: int) -> Call[bytes]:
    """Read one file as it is. Raises `RefusedError` (`too_large`) when it is longer than `max_bytes`."""
    query = {**_VERSION, **_of(version), "path": path}
    return _bytes(_items(project, repository), query, BYTES, max_bytes)


def read_archive(project: str, repository: str, version: Version, *, max_bytes: int) -> Call[bytes]:
    """Read the whole tree as a zip archive. Raises `RefusedError` (`too_large`).

    The bound is on what is transferred; what unpacks it bounds that.
    """
    query = {**_VERSION, **_of(version), "scopePath": "/", "$format": "zip"}
    return _bytes(_items(project, repository), query, _ZIP, max_bytes)


def read_blob(project: str, repository: str, object_id: str, *, max_bytes: int) -> Call[bytes]:
    """Read a file's content by its object id. Raises `RefusedError` (`too_large`)."""
    path = f"{_repository(project, repository)}/blobs/{segment(object_id)}"
    return _bytes(path, {**_VERSION, "$format": "octetstream"}, BYTES, max_bytes)


def read_blobs(project: str, repository: str, object_ids: Sequence[str], *, max_bytes: int) -> Call[bytes]:
    """Read several files' contents as a zip archive, whose entries' names are not documented.

    Raises `RefusedError` (`too_large`), `NotFoundError` when one of them is not there.
    """
    path = f"{_repository(project, repository)}/blobs"
    body = list(object_ids)
    return Call("POST", path, _same, _VERSION, body, accept=_ZIP, judge=judge_bytes, max_bytes=max_bytes)


def _repository(project: str, repository: str) -> str:
    return f"{segment(project)}/_apis/git/repositories/{segment(repository)}"


def _items(project: str, repository: str) -> str:
    return f"{_repository(project, repository)}/items"


def _of(version: Version) -> dict[str, str]:
    return {"versionDescriptor.versionType": version.kind, "versionDescriptor.version": version.name}


def _bytes(path: str, query: dict[str, str], accept: str, max_bytes: int) -> Call[bytes]:
    return Call("GET", path, _same, query, accept=accept, judge=judge_bytes, max_bytes=max_bytes)


def _same(content: bytes) -> bytes:
    return content


def _listed(value: Any) -> list[Item]:
    return [_item(entry) for entry in entries(value["value"])]


def _item(value: Any) -> Item:
    return Item(
        path=name(value["path"]),
        object_id=name(value["objectId"]),
        commit=optional_text(value.get("commitId")),
        folder=flag(value.get("isFolder")),
        link=flag(value.get("isSymLink")),
        submodule=value.get("gitObjectType") == "commit",
    )
