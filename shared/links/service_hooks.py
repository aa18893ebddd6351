"""Makes sure that projects tell us what people do with our work items, by one subscription for each event.

Repositories whose registries were asked for have one more each, which tells of pushes.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.subscriptions import PUSH, Subscription, subscribe, unsubscribe, web_hooks
from shared.connections import hook_password
from shared.connections.models import Connection
from shared.errors import BridgeError, NotFoundError, RefusedError, RejectedRequestError
from shared.links.hook_diagnosis import Case, Wanted, diagnose, is_ours

EVENTS = ("workitem.commented", "workitem.deleted", "workitem.restored", "workitem.updated")


@dataclass(frozen=True, slots=True)
class Pushes:
    """A repository of whose pushes we want to hear: the ids of its project and its own."""

    project: str
    repository: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case; `error` says why it could not be mended."""

    case: Case
    error: BridgeError | None = None

    @property
    def is_left(self) -> bool:
        """Whether something is wrong that only a person can mend."""
        return self.error is not None or self.case.is_off

    @property
    def is_mended(self) -> bool:
        """Whether something was wrong."""
        return bool(self.case.findings) and not self.is_left


@dataclass(frozen=True, slots=True)
class ServiceHooks:
    """Where Azure DevOps reaches us, and the key that passwords are derived from."""

    hooks_url: str
    key: str
    epoch: int

    def __repr__(self) -> str:
        return f"ServiceHooks({self.hooks_url})"

    def url(self, connection: str) -> str:
        """The address that a connection's events are sent to.

        Its query names the password that goes with it, for the service shows addresses and hides passwords.
        """
        return f"{self.hooks_url}/api/hooks/{connection}?epoch={hook_password.mark(self.key, connection, self.epoch)}"

    def password(self, connection: str) -> str:
        """The password that a connection's events are to carry."""
        return hook_password.derive(self.key, connection, self.epoch)

    def provide(self, organisation: Organisation, connection: Connection, project_id: str) -> None:
        """Create the subscriptions that a project lacks and replace those that do not work; never a second one.

        What a person switched off stays off. A listing that fails raises and changes nothing.
        """
        self._provide(organisation, connection, self.examine(organisation, connection, [project_id]))

    def provide_pushes(self, organisation: Organisation, connection: Connection, pushes: Pushes) -> None:
        """Create the subscription to a repository's pushes, in the same way."""
        self._provide(organisation, connection, self.examine(organisation, connection, [], [pushes]))

    def remove_pushes(self, organisation: Organisation, connection: Connection, pushes: Pushes) -> None:
        """Delete every subscription of ours to a repository's pushes. Raises what Azure DevOps does."""
        wanted = self._wanted(connection, [])
        ours = (hook for hook in organisation.do(web_hooks()) if hook.event == PUSH and is_ours(hook, wanted))
        _remove(organisation, [hook for hook in ours if hook.repository.lower() == pushes.repository.lower()])

    def _provide(self, organisation: Organisation, connection: Connection, cases: Sequence[Case]) -> None:
        for outcome in self.mend(organisation, connection, cases):
            if outcome.error:
                raise outcome.error

    def remove(self, organisation: Organisation, connection: Connection, project_id: str = "") -> None:
        """Delete every subscription of a connection in a project whose last link is gone, or in all projects.

        Those that call an earlier address of ours go, too; those to pushes have to do with no link, and go with the
        connection. Raises what Azure DevOps does.
        """
        wanted = self._wanted(connection, [])
        ours = (hook for hook in organisation.do(web_hooks()) if is_ours(hook, wanted))
        _remove(organisation, [hook for hook in ours if not project_id or _is_of_links(hook, project_id)])

    def examine(
        self,
        organisation: Organisation,
        connection: Connection,
        project_ids: Iterable[str],
        pushes: Iterable[Pushes] = (),
    ) -> list[Case]:
        """Judge each event of each project, and the pushes of each repository, by one listing.

        Raises what Azure DevOps does: then nothing is known.
        """
        listed = organisation.do(web_hooks())
        wanted = self._wanted(connection, listed)
        ours: dict[tuple[str, str, str], list[Subscription]] = {}
        for hook in listed:
            if is_ours(hook, wanted):
                ours.setdefault((hook.project.lower(), hook.event, hook.repository.lower()), []).append(hook)
        places = [(project.lower(), event, "") for project in project_ids for event in EVENTS]
        places += [(one.project.lower(), PUSH, one.repository.lower()) for one in pushes]
        return [
            diagnose(project, event, ours.get((project, event, repository), []), wanted, repository=repository)
            for project, event, repository in places
        ]

    def mend(self, organisation: Organisation, connection: Connection, cases: Sequence[Case]) -> list[Outcome]:
        """Bring every case to one sound subscription; one that is refused keeps what it has.

        The new one is made before the old ones go, for what happens in between must not be lost. Two callers at once
        may both make one: each lists again afterwards and removes all but the oldest, the same one for both. Raises
        `CredentialError` and `TransientError`; what was done until then stays done.
        """
        outcomes = [Outcome(case, self._mend(organisation, connection, case)) for case in cases]
        made = [outcome.case for outcome in outcomes if outcome.case.lacks_one and not outcome.error]
        if made:
            projects = sorted({case.project for case in made if not case.repository})
            pushes = [Pushes(case.project, case.repository) for case in made if case.repository]
            for case in self.examine(organisation, connection, projects, pushes):
                if case.keep:
                    _remove(organisation, case.remove)
        return outcomes

    def _mend(self, organisation: Organisation, connection: Connection, case: Case) -> BridgeError | None:
        try:
            if case.lacks_one:
                self._subscribe(organisation, connection, case)
            _remove(organisation, case.remove)
        except (RefusedError, RejectedRequestError) as error:
            return error
        return None

    def _subscribe(self, organisation: Organisation, connection: Connection, case: Case) -> None:
        organisation.do(
            subscribe(
                event=case.event,
                project=case.project,
                only=_filters(connection, case),
                url=self.url(connection.name),
                user_name=hook_password.USER_NAME,
                password=self.password(connection.name),
            )
        )

    def _wanted(self, connection: Connection, listed: Sequence[Subscription]) -> Wanted:
        epochs = (self.epoch, self.epoch - 1)
        return Wanted(
            url=self.url(connection.name),
            marks=frozenset(hook_password.mark(self.key, connection.name, epoch) for epoch in epochs),
            tag=connection.tag,
            sees_tags=any(hook.tag for hook in listed),
        )


def _filters(connection: Connection, case: Case) -> Mapping[str, str]:
    return {"repository": case.repository} if case.repository else {"tag": connection.tag}


def _is_of_links(hook: Subscription, project_id: str) -> bool:
    return hook.event != PUSH and hook.project.lower() == project_id.lower()


def _remove(organisation: Organisation, hooks: Iterable[Subscription]) -> None:
    for hook in hooks:
        with suppress(NotFoundError):  # somebody else removes the same one
            organisation.do(unsubscribe(hook.id))
