"""Takes a snapshot in, from a request or a queue message."""

from dataclasses import dataclass
from datetime import datetime

from shared.errors import FieldProblem, NotFoundError, RejectedRequestError
from shared.links.models import Link, LinkState
from shared.links.save import being_deleted
from shared.links.store import LinkStore
from shared.storage.tables import Table
from shared.tickets.intake.accept import Accept
from shared.tickets.intake.grouping import grouping_of
from shared.tickets.rows import keys
from shared.tickets.rows.arrivals import arrival
from shared.tickets.vulnerabilities.snapshots import Asset, Vulnerability


@dataclass(frozen=True, slots=True)
class Submit:
    """The use case behind `POST /tickets` and the queue `ticket-requests`."""

    table: Table
    links: LinkStore
    accept: Accept

    def one(self, vulnerability: Vulnerability, sent_at: datetime | None = None) -> str:
        """Accept a snapshot and return its ticket's id; without `sent_at` it came just now.

        Raises `RejectedRequestError`.
        """
        link = linked(self.links, vulnerability.asset)
        snapshot = arrival(vulnerability, sent_at=sent_at, now=self.table.clock.now())
        kept = (name for name in kept_in(link) if self.table.get(name, snapshot.row))
        connection = next(kept, link.connection)
        ticket = self.accept.one(connection, snapshot, grouping_of(link, connection))
        return keys.public_id(connection, ticket)


def linked(links: LinkStore, asset: Asset) -> Link:
    """Return the link of a snapshot's asset. Raises `RejectedRequestError` if it has none, or is losing it."""
    try:
        link = links.get(asset.kind, asset.id)
    except NotFoundError as error:
        problem = FieldProblem("/vulnerability/asset", "is not linked to a project")
        raise RejectedRequestError(error.message, hint=error.hint, problems=[problem], status=422) from error
    if link.state is LinkState.DELETING:
        raise being_deleted(asset.kind, asset.id)
    return link


def kept_in(link: Link) -> list[str]:
    """Return the other connections in which an asset's earlier tickets are kept up to date."""
    names = dict.fromkeys(place.connection for place in link.earlier if not place.left)
    return [name for name in names if name != link.connection]
