"""Composition of what is asked of tickets: they come in, are read, are changed by hand, or are refused."""

from shared.clients import Clients
from shared.once import once
from shared.storage.raw_queues import RawQueue
from shared.storage.tables import Table
from shared.tickets.api.by_hand import ByHand
from shared.tickets.api.reading import ReadTickets
from shared.tickets.api.retry import Retry
from shared.tickets.failed_messages.poisoned import Poisoned
from shared.tickets.failed_messages.resends import Resends
from shared.tickets.failed_messages.send_again import SendAgain
from shared.tickets.imports.records import Imports
from shared.tickets.imports.taking import TakeReport
from shared.tickets.imports.taking_back import TakeBack
from shared.tickets.intake.requests import TicketRequests
from shared.tickets.intake.submit import Submit


class TicketServices(Clients):
    """Use cases of tickets. Reading any of them may raise `ConfigurationError`."""

    @once
    def submit(self) -> Submit:
        """`POST /tickets`."""
        return Submit(self._tickets, self.links, self._accept)

    @once
    def take_report(self) -> TakeReport:
        """`POST /tickets/import`."""
        return TakeReport(self._tickets, self.links, self._accept, self._imports)

    @once
    def take_back(self) -> TakeBack:
        """`GET` and `DELETE /imports/{import}`, and the round that carries it out."""
        return TakeBack(
            table=self._tickets,
            imports=self._imports,
            connections=self.connections,
            queue=self._ticket_work,
            wake_ups=self._wake_ups,
            times=self._times,
        )

    @once
    def _imports(self) -> Imports:
        return Imports(Table(self._account, "imports"))

    @once
    def read_tickets(self) -> ReadTickets:
        """`GET /tickets` and `GET /tickets/{ticket}`."""
        return ReadTickets(self._tickets, self.connections)

    @once
    def retry(self) -> Retry:
        """`POST /tickets/{ticket}/retry`."""
        return Retry(self._tickets, self.read_tickets, self.links, self._journal, self._outbox, self._wake_ups)

    @once
    def by_hand(self) -> ByHand:
        """`PUT` and `DELETE /tickets/{ticket}/work-item`."""
        return ByHand(
            table=self._tickets,
            tickets=self.read_tickets,
            links=self.links,
            connections=self.connections,
            organisations=self._organisations,
            journal=self._journal,
            outbox=self._outbox,
            wake_ups=self._wake_ups,
        )

    @once
    def ticket_requests(self) -> TicketRequests:
        """The queue `ticket-requests`."""
        return TicketRequests(self.submit, self._fail, self.resends, self._account)

    @once
    def send_again(self) -> SendAgain:
        """`POST /failed-messages/{id}/resend` and `POST /failed-messages/resend`."""
        return SendAgain(self.failed_messages, self.resends, self._raw_queue)

    @once
    def poisoned(self) -> Poisoned:
        """The timer that empties the poison queues."""
        return Poisoned(self._raw_queue, self._fail, self.resends, self.alerts, self._times)

    @once
    def resends(self) -> Resends:
        """What is known of messages that ended on a poison queue."""
        return Resends(self._failed, self._times)

    def _raw_queue(self, name: str) -> RawQueue:
        return RawQueue(self._account, name)
