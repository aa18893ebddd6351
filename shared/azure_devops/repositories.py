"""Git repositories of a project, and their branches and tags.

https://learn.microsoft.com/rest/api/azure/devops/git/repositories
https://learn.microsoft.com/rest/api/azure/devops/git/refs/list
"""

from dataclasses import dataclass
from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.paging import Page, judge_listed, read_listed, token_query
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, flag, name, optional_text, record

_VERSION = {"api-version": "7.1"}
_REFS_A_PAGE = "1000"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of a project, by its id and name.

    `default_branch` is a full name such as `refs/heads/main`, empty while it has no commit.
    """

    id: str
    name: str
    project: str
    default_branch: str
    disabled: bool
    project_name: str = ""


@dataclass(frozen=True, slots=True)
class Ref:
    """A branch (`refs/heads/…`) or tag (`refs/tags/…`); `commit` is what it points to, past an annotated tag."""

    name: str
    commit: str


def list_repositories(project: str) -> Call[list[Repository]]:
    """List a project's repositories; those that are disabled cannot be read."""
    return Call("GET", f"{segment(project)}/_apis/git/repositories", _repositories, _VERSION)


def get_repository(project: str, name_or_id: str) -> Call[Repository]:
    """Read one repository. Raises `NotFoundError`."""
    return Call("GET", f"{segment(project)}/_apis/git/repositories/{segment(name_or_id)}", _repository, _VERSION)


def list_refs(project: str, repository: str, prefix: str = "", continuation: str = "") -> Call[Page[Ref]]:
    """List refs whose names after `refs/` start with a prefix such as `heads/`, a page of them."""
    query = {**_VERSION, "$top": _REFS_A_PAGE, "peelTags": "true", **token_query(continuation)}
    if prefix:
        query["filter"] = prefix
    path = f"{segment(project)}/_apis/git/repositories/{segment(repository)}/refs"
    return Call("GET", path, read_listed(_ref), query, judge=judge_listed)


def _repositories(value: Any) -> list[Repository]:
    return [_repository(entry) for entry in entries(value["value"])]


def _repository(value: Any) -> Repository:
    project = record(value.get("project"))
    return Repository(
        id=name(value["id"]),
        name=name(value["name"]),
        project=optional_text(project.get("id")),
        default_branch=optional_text(value.get("defaultBranch")),
        disabled=flag(value.get("isDisabled")),
        project_name=optional_text(project.get("name")),
    )


def _ref(value: Any) -> Ref:
    return Ref(name=name(value["name"]), commit=name(value.get("peeledObjectId") or value["objectId"]))
