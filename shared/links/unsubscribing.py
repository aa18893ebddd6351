"""Takes back the service hooks of projects that no link needs any more."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from shared.azure_devops.subscriptions import unsubscribe, web_hooks
from shared.connections.models import Connection
from shared.connections.organisations import Organisations
from shared.errors import NotFoundError
from shared.links.service_hooks import ServiceHooks
from shared.links.store import LinkStore


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """Removes subscriptions that send to us. Removing what is gone already changes nothing."""

    links: LinkStore
    organisations: Organisations
    service_hooks: ServiceHooks

    def all(self, connection: Connection) -> None:
        """Remove every subscription of a connection. Raises what Azure DevOps raises."""
        self._remove(connection, lambda _: True)

    def unneeded(self, connection: Connection, project: str, *, asset: tuple[str, str]) -> None:
        """Remove a project's subscriptions unless another asset than this one needs them.

        Raises what Azure DevOps raises.
        """
        if project in self.links.projects(connection.name, but=asset):
            return
        self._remove(connection, lambda found: found == project)
        if project in self.links.projects(connection.name, but=asset):  # a link was saved meanwhile
            self.service_hooks.provide(self.organisations.of(connection), connection, project)

    def _remove(self, connection: Connection, of: Callable[[str], bool]) -> None:
        organisation = self.organisations.of(connection)
        url = _address(self.service_hooks.url(connection.name))
        for hook in organisation.do(web_hooks()):
            if _address(hook.url) == url and of(hook.project):
                with suppress(NotFoundError):  # somebody else was faster
                    organisation.do(unsubscribe(hook.id))


def _address(url: str) -> str:
    return url.partition("?")[0].casefold()
