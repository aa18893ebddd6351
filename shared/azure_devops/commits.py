"""Commits of a Git repository.

https://learn.microsoft.com/rest/api/azure/devops/git/commits
"""

from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, name

_VERSION = {"api-version": "7.1"}


def get_commit(project: str, repository: str, commit: str) -> Call[str]:
    """Read a commit's full id. Raises `NotFoundError`; whether an abbreviated one is found is not documented."""
    return Call("GET", f"{_commits(project, repository)}/{segment(commit)}", _id, _VERSION)


def list_commits(project: str, repository: str, branch: str, *, at_most: int) -> Call[list[str]]:
    """List the ids of the newest commits of a branch (without `refs/heads/`)."""
    query = {
        **_VERSION,
        "searchCriteria.$top": str(at_most),
        "searchCriteria.itemVersion.version": branch,
        "searchCriteria.itemVersion.versionType": "branch",
    }
    return Call("GET", _commits(project, repository), _ids, query)


def _commits(project: str, repository: str) -> str:
    return f"{segment(project)}/_apis/git/repositories/{segment(repository)}/commits"


def _ids(value: Any) -> list[str]:
    return [_id(entry) for entry in entries(value["value"])]


def _id(value: Any) -> str:
    return name(value["commitId"])
