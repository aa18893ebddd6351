"""What was written of many tickets is sent, and leaves the outbox together: nothing unsent ever does."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.errors import TransientError
from shared.storage import tables
from shared.storage.tables import Operation
from shared.tickets.rows import keys
from shared.tickets.updates.journal import Unsent
from shared.tickets.updates.outbox import Outbox
from tests.unit.small_tables import SmallTable

TICKETS = [letter * 32 for letter in "abcdef"]


class CountedTable(SmallTable):
    """Also knows how many requests changed something."""

    requests = 0

    def transact(self, partition: str, operations: Any) -> list[str]:
        self.requests += 1
        return super().transact(partition, operations)

    def write(self, partition: str, operation: Operation) -> str:
        return self.transact(partition, [operation])[0]


@dataclass
class Sent:
    """The queue. What `fails` names is not taken."""

    messages: list[str] = field(default_factory=list)
    fails: str = "?"

    def send_text(self, message: str) -> None:
        if self.fails in message:
            raise TransientError("The queue did not answer.")
        self.messages.append(message)


@pytest.fixture
def table() -> CountedTable:
    return CountedTable()


def written(table: SmallTable, ticket: str, *, sequence: int = 1) -> Unsent:
    """As the journal writes an entry of a ticket's history."""
    message = f"{ticket[0]}{sequence}"
    table.write("c", tables.create(keys.history_row(ticket, sequence), {"schema": 1, "message": message}))
    row = table.get("c", keys.outbox_row(ticket))
    since = int(str(row.values["since"])) if row else sequence
    etag = table.write("c", tables.upsert(keys.outbox_row(ticket), {"schema": 1, "since": since}))
    return Unsent(ticket, since, etag, (message,))


def left(table: SmallTable) -> list[str]:
    return [key.removeprefix("u|")[0] for key in sorted(table.rows) if key.startswith("u|")]


def outbox(table: Any, queue: Any) -> Outbox:
    return Outbox(table, queue)


def test_many_leave_by_one_request(table: CountedTable) -> None:
    queue, unsent = Sent(), [written(table, ticket) for ticket in TICKETS]
    before = table.requests

    outbox(table, queue).send_all("c", unsent)

    assert sorted(queue.messages) == ["a1", "b1", "c1", "d1", "e1", "f1"]
    assert left(table) == []
    assert table.requests - before == 1


def test_more_than_a_transaction_takes_leave_by_several(table: CountedTable) -> None:
    tickets = [f"{number:032}" for number in range(250)]
    unsent = [written(table, ticket) for ticket in tickets]
    before = table.requests

    outbox(table, Sent()).send_all("c", unsent)

    assert left(table) == []
    assert table.requests - before == 3


def test_what_is_not_taken_stays_and_its_neighbours_leave(table: CountedTable) -> None:
    queue, unsent = Sent(fails="c1"), [written(table, ticket) for ticket in TICKETS]

    with pytest.raises(TransientError):
        outbox(table, queue).send_all("c", unsent)

    assert sorted(queue.messages) == ["a1", "b1", "d1", "e1", "f1"]
    assert left(table) == ["c"]


def test_more_history_that_came_meanwhile_is_sent_too(table: CountedTable) -> None:
    queue, unsent = Sent(), [written(table, ticket) for ticket in TICKETS]
    written(table, TICKETS[1], sequence=2)

    outbox(table, queue).send_all("c", unsent)

    assert [message for message in queue.messages if message[0] == "b"] == ["b1", "b1", "b2"]
    assert sorted(set(queue.messages)) == ["a1", "b1", "b2", "c1", "d1", "e1", "f1"]
    assert left(table) == []


def test_another_sender_was_faster(table: CountedTable) -> None:
    queue, unsent = Sent(), [written(table, ticket) for ticket in TICKETS]
    table.write("c", tables.delete(keys.outbox_row(TICKETS[2]), unsent[2].etag))

    outbox(table, queue).send_all("c", unsent)

    assert left(table) == []
