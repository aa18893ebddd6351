"""Which commit somebody means: by a branch, a tag, a commit's id or its beginning, or by naming none."""

import re
from dataclasses import dataclass
from itertools import islice

from shared.azure_devops.commits import get_commit, list_commits
from shared.azure_devops.organisation import Organisation
from shared.azure_devops.paging import every
from shared.azure_devops.repositories import Ref, Repository, list_refs
from shared.errors import FieldProblem, NotFoundError, RefusedError, RejectedRequestError
from shared.texts import near

MAX_REF = 500
_REFS = "refs/"
_FULL_ID = re.compile(r"[0-9a-fA-F]{40}")
_ABBREVIATED = re.compile(r"[0-9a-fA-F]{4,39}")
_MOST_REFS = 5000
_MOST_COMMITS = 2000


@dataclass(frozen=True, slots=True)
class Version:
    """A commit, and the full name of the branch or tag that it was named by, empty where it was named by its id."""

    commit: str
    ref: str = ""


def resolve(organisation: Organisation, repository: Repository, wanted: str) -> Version:
    """Return the version that is meant; by no name the default branch.

    A short name is a branch's or a tag's before it is the beginning of a commit's id. Raises `NotFoundError`, which
    names what is alike, and `RejectedRequestError` for a name that means two things.
    """
    if len(wanted) > MAX_REF:
        raise _unusable(f"must have at most {MAX_REF} characters", "Use a branch, a tag or a commit.")
    if not repository.default_branch:
        raise NotFoundError(f"The repository {repository.name} has no commit yet.", hint="Push something to it.")
    finder = _Finder(organisation, repository)
    if not wanted or wanted.startswith(_REFS):
        return finder.ref(wanted or repository.default_branch)
    if _FULL_ID.fullmatch(wanted):
        return finder.commit(wanted)
    return finder.named(wanted)


@dataclass(frozen=True, slots=True)
class _Finder:
    organisation: Organisation
    repository: Repository

    def ref(self, name: str) -> Version:
        found = self._find(name)
        if found is None:
            raise self._unknown(name)
        return Version(found.commit.lower(), found.name)

    def commit(self, wanted: str) -> Version:
        found = self._commit(wanted)
        if not found:
            raise self._unknown(wanted)
        return Version(found)

    def named(self, name: str) -> Version:
        found = list(filter(None, (self._find(f"{_REFS}{kind}/{name}") for kind in ("heads", "tags"))))
        if len({one.commit.lower() for one in found}) > 1:
            raise _unusable(
                f"{name} is a branch and a tag, of different commits", f"Use refs/heads/{name} or refs/tags/{name}."
            )
        if found:
            return Version(found[0].commit.lower(), found[0].name)
        if _ABBREVIATED.fullmatch(name):
            return self._abbreviated(name)
        raise self._unknown(name)

    def _find(self, name: str) -> Ref | None:
        """Azure DevOps finds by how names begin, so the one that is meant is among others."""
        return next((ref for ref in self._refs(name.removeprefix(_REFS)) if ref.name == name), None)

    def _refs(self, prefix: str) -> list[Ref]:
        place = self.repository
        found = every(self.organisation, lambda token: list_refs(place.project, place.id, prefix, token))
        return list(islice(found, _MOST_REFS))

    def _commit(self, wanted: str) -> str:
        try:
            found = self.organisation.do(get_commit(self.repository.project, self.repository.id, wanted)).lower()
        except (NotFoundError, RefusedError):
            return ""
        return found if found.startswith(wanted.lower()) else ""

    def _abbreviated(self, name: str) -> Version:
        """Whether the service takes the beginning of an id is not documented: if not, it is looked for."""
        found = self._commit(name)
        if found:
            return Version(found)
        branch = self.repository.default_branch.removeprefix("refs/heads/")
        call = list_commits(self.repository.project, self.repository.id, branch, at_most=_MOST_COMMITS)
        alike = sorted({one.lower() for one in self.organisation.do(call) if one.lower().startswith(name.lower())})
        if len(alike) > 1:
            raise _unusable(f"{len(alike)} commits begin with {name}", f"Use more digits: {', '.join(alike[:5])}.")
        if not alike:
            raise self._unknown(name)
        return Version(alike[0])

    def _unknown(self, name: str) -> NotFoundError:
        known = [ref.name for kind in ("heads/", "tags/") for ref in self._refs(kind)]
        shown = known if name.startswith(_REFS) else [ref.split("/", 2)[2] for ref in known]
        message = f"The repository {self.repository.name} has no branch, tag or commit {name}."
        return NotFoundError(message, hint=near.hint(name, shown))


def _unusable(problem: str, hint: str) -> RejectedRequestError:
    return RejectedRequestError(
        "It is not clear which commit is meant.", hint=hint, problems=[FieldProblem("ref", problem)], status=422
    )
