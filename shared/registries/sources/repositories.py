"""The repository that somebody names, or why it cannot be read."""

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.repositories import Repository, get_repository, list_repositories
from shared.connections.check import HOW_TO_READ_CODE
from shared.errors import NotFoundError, RefusedError
from shared.texts import near


def find_repository(organisation: Organisation, project: str, name: str) -> Repository:
    """Return a repository by its name or id.

    Raises `NotFoundError`, which names others or what the identity lacks, and `RefusedError` for a disabled one.
    """
    try:
        found = organisation.do(get_repository(project, name))
    except NotFoundError as error:
        raise _missing(organisation, project, name, error) from error
    if found.disabled:
        raise RefusedError(
            f"The repository {found.name} is disabled.",
            hint="An administrator enables it in Project settings, Repositories, Settings.",
        )
    return found


def _missing(organisation: Organisation, project: str, name: str, error: NotFoundError) -> NotFoundError:
    """Azure DevOps does not tell what is not there from what may not be seen."""
    seen = organisation.do(list_repositories(project))
    if not seen:
        return NotFoundError(error.message, hint=HOW_TO_READ_CODE.format(where=f"in project {project}"))
    hint = near.hint(name, [repository.name for repository in seen])
    return NotFoundError(f"There is no repository {name} in project {project}, or it may not be read.", hint=hint)
