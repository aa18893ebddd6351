"""What must be so before anything is made: the credential works, the project and the type are there."""

from local.smoke import facts
from local.smoke.run import Place, Run, told
from local.smoke.signing_in import as_nobody
from shared.azure_devops.personal_access_tokens import list_tokens
from shared.azure_devops.projects import Identity, Project, State, get_project, states, who_am_i, work_item_types
from shared.azure_devops.token_errors import ONLY_A_USER
from shared.errors import BridgeError, CredentialError, NotFoundError


class NoEntryError(Exception):
    """The run cannot start; the text says what to do. Nothing was made."""


def enter(run: Run) -> Place:
    """Return where the run may make things, and as whom. Raises `NoEntryError`."""
    who = _identity(run)
    project = _project(run)
    wanted = run.options.work_item_type
    try:
        found = run.ask("its types of work items", work_item_types(project.name), lambda names: f"{len(names)} types")
    except BridgeError as error:
        raise NoEntryError(_why(error)) from error
    if wanted not in found:
        raise NoEntryError(f"{project.name} has no type {wanted}. Give one of these: TYPE='{found[0]}' … {found}")
    return Place(who, project, wanted)


def _identity(run: Run) -> Identity:
    try:
        return run.ask("as whom the organisation knows us", who_am_i(), lambda who: who.name)
    except CredentialError as error:
        raise NoEntryError(
            f"The organisation does not accept the credential ({run.options.signs_in_by}).\n{_why(error)}"
        ) from error
    except BridgeError as error:
        raise NoEntryError(f"{run.options.url} does not answer as an organisation.\n{_why(error)}") from error


def _project(run: Run) -> Project:
    name = run.options.project
    try:
        return run.ask("the project", get_project(name), lambda project: f"{project.name} ({project.id})")
    except NotFoundError as error:
        raise NoEntryError(
            f"There is no project {name}, or the identity may not see it.\n"
            "Make a project for tests in the organisation, add the identity to its Contributors, and name it: PROJECT=…"
        ) from error
    except BridgeError as error:
        raise NoEntryError(_why(error)) from error


def _why(error: BridgeError) -> str:
    return f"{error.message} {error.hint}".strip()


def look_at_states(run: Run, place: Place) -> None:
    """Ask for the states of the type and their categories."""
    found = run.ask("the states of the type", states(place.project.id, place.work_item_type), _named)
    categories = {state.category for state in found}
    run.settle(facts.CATEGORIES, _named(found), holds={"Proposed", "Completed"} <= categories and "" not in categories)


def _named(found: list[State]) -> str:
    return ", ".join(f"{state.name} = {state.category}" for state in found)


def be_refused(run: Run) -> None:
    """Come with a token that was never issued."""
    nobody = as_nobody(run.options, run.session)
    refused = run.refusal("as whom, with a token never issued", who_am_i(), by=nobody)
    holds = isinstance(refused, CredentialError)
    run.settle(facts.REFUSED_CREDENTIAL, f"{run.wire.statuses[0]}: {told(refused)}", holds=holds)


def ask_for_tokens(run: Run) -> None:
    """Ask for the user's tokens, which only a signed-in user has; their names are not shown."""
    refused = run.refusal("the personal access tokens", list_tokens(), by=run.tokens)
    if run.options.credential is None:
        run.settle(facts.TOKENS_LISTED, told(refused), holds=refused is None)
        return
    holds = isinstance(refused, CredentialError) and refused.message == ONLY_A_USER
    run.settle(facts.ONLY_USERS, told(refused), holds=holds)


def look_for_no_project(run: Run) -> None:
    """Ask for a project that does not exist."""
    refused = run.refusal("a project that does not exist", get_project(run.mark.tag))
    run.settle(facts.UNKNOWN_PROJECT, told(refused), holds=isinstance(refused, NotFoundError))
