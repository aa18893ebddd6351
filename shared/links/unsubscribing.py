"""Takes back the service hooks of projects that no link needs any more."""

from dataclasses import dataclass

from shared.connections.models import Connection
from shared.connections.organisations import Organisations
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
        self.service_hooks.remove(self.organisations.of(connection), connection)

    def unneeded(self, connection: Connection, project: str, *, asset: tuple[str, str]) -> None:
        """Remove a project's subscriptions unless another asset than this one needs them.

        Raises what Azure DevOps raises.
        """
        if project in self.links.projects(connection.name, but=asset):
            return
        organisation = self.organisations.of(connection)
        self.service_hooks.remove(organisation, connection, project)
        if project in self.links.projects(connection.name, but=asset):  # a link was saved meanwhile
            self.service_hooks.provide(organisation, connection, project)
