"""Makes sure that a project tells us what people do with our work items."""

from contextlib import suppress
from dataclasses import dataclass

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.subscriptions import Subscription, subscribe, unsubscribe, web_hooks
from shared.connections import hook_password
from shared.connections.models import Connection
from shared.errors import NotFoundError

EVENTS = ("workitem.updated", "workitem.deleted", "workitem.restored")


@dataclass(frozen=True, slots=True)
class ServiceHooks:
    """Where Azure DevOps reaches us, and the key that passwords are derived from."""

    public_url: str
    key: str
    epoch: int

    def __repr__(self) -> str:
        return f"ServiceHooks({self.public_url})"

    def url(self, connection: str) -> str:
        """The address that a connection's events are sent to."""
        return f"{self.public_url}/api/hooks/{connection}"

    def provide(self, organisation: Organisation, connection: Connection, project_id: str) -> None:
        """Create the subscriptions that a project lacks; never a second one.

        A listing that fails raises and creates nothing. Two callers at once may both create one: each lists
        again afterwards and removes all but the oldest, the same one for both.
        """
        missing = set(EVENTS) - {hook.event for hook in self._ours(organisation, connection, project_id)}
        for event in sorted(missing):
            organisation.do(
                subscribe(
                    event=event,
                    project=project_id,
                    tag=connection.tag,
                    url=self.url(connection.name),
                    user_name=hook_password.USER_NAME,
                    password=hook_password.derive(self.key, connection.name, self.epoch),
                )
            )
        if missing:
            self._remove_doubles(organisation, connection, project_id)

    def _remove_doubles(self, organisation: Organisation, connection: Connection, project_id: str) -> None:
        seen: set[str] = set()
        hooks = self._ours(organisation, connection, project_id)
        for hook in sorted(hooks, key=lambda hook: (hook.created_at, hook.id)):
            if hook.event in seen:
                with suppress(NotFoundError):  # another caller removes the same one
                    organisation.do(unsubscribe(hook.id))
            seen.add(hook.event)

    def _ours(self, organisation: Organisation, connection: Connection, project_id: str) -> list[Subscription]:
        url = self.url(connection.name)
        return [
            hook
            for hook in organisation.do(web_hooks())
            if (hook.project, hook.url, hook.tag) == (project_id, url, connection.tag)
            and hook.event in EVENTS
            and not hook.status.startswith("disabled")
        ]
