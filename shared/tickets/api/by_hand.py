"""Which work item a ticket has, chosen by a person: the wish is written down here, and a lane carries it out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, Field

from shared.azure_devops.work_items import get_many
from shared.connections.organisations import Organisations
from shared.connections.store import ConnectionStore
from shared.errors import ConflictError, FieldProblem, RejectedRequestError
from shared.links.store import LinkStore
from shared.storage.tables import Table
from shared.tickets.api.reading import ReadTickets
from shared.tickets.api.retry import refuse_unless_attachable
from shared.tickets.lanes.wake_ups import WakeUps
from shared.tickets.life import views
from shared.tickets.life.transitions import to_link, to_unlink
from shared.tickets.rows import keys
from shared.tickets.rows.records import PARTED, Stored, Ticket
from shared.tickets.updates.journal import SELF, Change, Journal
from shared.tickets.updates.outbox import Outbox
from shared.tickets.work_items.rivals import rival
from shared.validation import Model

_UNLINK = "Unlink it first: DELETE /api/tickets/{ticket}/work-item."
_WAIT = "Look at the ticket again in a moment."


class WorkItemChoice(Model):
    """The body of `PUT /tickets/{ticket}/work-item`: the number of a work item of the ticket's organisation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]


@dataclass(frozen=True, slots=True)
class ByHand:
    """The use cases behind `PUT` and `DELETE /tickets/{ticket}/work-item`.

    Both return the ticket as it is now, before anything was sent; both may be asked for twice.
    """

    table: Table
    tickets: ReadTickets
    links: LinkStore
    connections: ConnectionStore
    organisations: Organisations
    journal: Journal
    outbox: Outbox
    wake_ups: WakeUps

    def link(self, ticket_id: str, number: int) -> views.TicketView:
        """Let a work item that is there already carry a ticket.

        Raises `NotFoundError` for no such ticket, `RejectedRequestError` for no such item, `ConflictError` when one of
        the two has another one already, and what Azure DevOps raises.
        """
        connection, key = keys.parse_public_id(ticket_id)
        found = self.tickets.ticket(connection, key)
        if not _is_linked(found, number):
            self._refuse_unless_free(connection, found, number)
            self._refuse_unless_usable(connection, key, number)
            self._write(connection, key, found, lambda ticket: to_link(ticket, number), change="linking")
            found = self.tickets.ticket(connection, key)
            if not _is_linked(found, number):
                raise _taken(found)
        return views.view(connection, key, found)

    def unlink(self, ticket_id: str) -> views.TicketView:
        """Part a ticket from its work item, which stays.

        Raises `NotFoundError` for no such ticket, and `ConflictError` when it has no work item.
        """
        connection, key = keys.parse_public_id(ticket_id)
        found = self.tickets.ticket(connection, key)
        if not (found.unlinking or found.detached == PARTED):
            self._refuse_unless_linked(found)
            self._write(connection, key, found, to_unlink, change="")
        return views.view(connection, key, found)

    def _refuse_unless_free(self, connection: str, ticket: Ticket, number: int) -> None:
        if ticket.detached:
            refuse_unless_attachable(self.links, connection, ticket)
        if to_link(ticket, number).linking != number:
            raise _taken(ticket)

    def _refuse_unless_usable(self, connection: str, key: str, number: int) -> None:
        organisation = self.organisations.of(self.connections.get(connection))
        item = organisation.do(get_many([number])).get(number)
        if item is None:
            problem = FieldProblem("/id", "is no work item that the connection sees, or it was deleted")
            raise RejectedRequestError(
                f"There is no work item {number}.", hint="See problems.", problems=[problem], status=422
            )
        other = rival(self.table, connection, item, key)
        if other:
            raise ConflictError(f"Work item {number} tracks the ticket {other}.", hint=_UNLINK, status=409)

    def _refuse_unless_linked(self, ticket: Ticket) -> None:
        if ticket.linking:
            raise _taken(ticket)
        if ticket.detached:
            message = "The ticket is detached: nothing changes its work item any more."
            raise ConflictError(message, hint="POST /api/tickets/{ticket}/retry attaches it again.", status=409)
        if not ticket.work_item.id:
            raise ConflictError("The ticket has no work item.", hint=_WAIT, status=409)

    def _write(
        self, connection: str, key: str, found: Ticket, apply: Callable[[Ticket], Ticket], *, change: str
    ) -> None:
        stored = Stored(key, found)  # without its etag: the journal reads it again
        unsent = self.journal.write(connection, [Change(stored, apply, change=change, by=SELF, due=True)])
        self.outbox.send_all(connection, unsent)
        self.wake_ups.send(connection, keys.lane_of(key))


def _is_linked(ticket: Ticket, number: int) -> bool:
    item = ticket.work_item
    has_it = item.id == number and not (item.deleted or ticket.unlinking or ticket.detached)
    return has_it or ticket.linking == number


def _taken(ticket: Ticket) -> ConflictError:
    """Why it cannot have the work item now."""
    if ticket.linking:
        return ConflictError(f"The ticket is being linked to work item {ticket.linking}.", hint=_WAIT, status=409)
    if ticket.unlinking:
        message = f"The ticket is being unlinked from work item {ticket.work_item.id}."
        return ConflictError(message, hint=_WAIT, status=409)
    return ConflictError(f"The ticket has work item {ticket.work_item.id}.", hint=_UNLINK, status=409)
