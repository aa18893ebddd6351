"""Two work items with one ticket: whoever finds which one first, the lowest id survives."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shared.azure_devops.work_items import WorkItem
from shared.tickets.life.patches import patched, patching
from shared.tickets.life.plan import Desired, Heal, Patch, plan
from shared.tickets.life.transitions import Made, attempted, created, healed, observed, refer
from shared.tickets.rows.records import Attempt, Ticket

TITLE = "System.Title"
DESIRED = Desired({TITLE: "SQL injection"}, open=True)
NEW = Ticket(kind="application", asset="web-shop")
AT = datetime(2026, 11, 20, tzinfo=UTC)


def item(number: int, *, revision: int = 1, title: str = "SQL injection") -> WorkItem:
    fields = {TITLE: title, "System.State": "To Do", "System.WorkItemType": "Issue"}
    return WorkItem(number, revision, "Web Shop", fields, (), f"https://example.test/{number}")


def found(ticket: Ticket, number: int, nonce: str = "") -> Ticket:
    return made(ticket, item(number), nonce or f"nonce{number}")


def made(ticket: Ticket, now: WorkItem, nonce: str, first: WorkItem | None = None) -> Ticket:
    """The ticket once an item of its attempt was found; `first`: as it was made."""
    return created(ticket, Made(now, "Proposed", nonce, (first or now).fields))


@given(st.permutations([3, 5, 8, 13]))
def test_the_lowest_id_survives_in_whatever_order_they_are_found(order: list[int]) -> None:
    ticket = NEW
    for number in order:
        ticket = found(ticket, number)

    assert ticket.work_item.id == 3
    assert set(ticket.duplicates) == {5, 8, 13}
    assert ticket.nonce == "nonce3"
    assert plan(DESIRED, ticket) == Heal()


@given(st.permutations([(3, "a"), (3, "a"), (5, "b"), (5, "b")]))
def test_found_twice_changes_nothing(order: list[tuple[int, str]]) -> None:
    ticket = NEW
    for number, nonce in order:
        ticket = found(ticket, number, nonce)

    assert (ticket.work_item.id, list(ticket.duplicates)) == (3, [5])


def test_a_copy_carries_the_same_attempt_and_is_no_duplicate() -> None:
    ticket = found(NEW, 3, "a")

    assert found(ticket, 9, "a") == ticket
    assert found(ticket, 1, "a") == ticket  # our link, pasted into an older card


def test_once_healed_there_is_nothing_left_to_do() -> None:
    ticket = healed(found(found(NEW, 3), 5), 5)

    assert not ticket.duplicates
    assert plan(DESIRED, ticket) != Heal()


def test_what_our_later_attempt_wrote_is_not_taken_for_what_an_earlier_one_did() -> None:
    """The item is of the first attempt, the remembered values are of the second one: ours is written again."""
    attempt = Attempt("second", AT, "Web Shop")
    ticket = made(attempted(NEW, attempt, DESIRED), item(3, title="as it was"), "first")

    decision = plan(DESIRED, ticket, item(3, title="as it was"))

    assert isinstance(decision, Patch)
    assert decision.fields == {TITLE: "SQL injection"}


def test_what_a_person_wrote_into_an_item_of_an_earlier_attempt_stays() -> None:
    attempt = Attempt("second", AT, "Web Shop")
    ticket = made(attempted(NEW, attempt, DESIRED), item(3, revision=2, title="mine"), "first", item(3, title="was"))

    decision = plan(DESIRED, ticket, item(3, revision=2, title="mine"))

    assert isinstance(decision, Patch)
    assert decision.fields == {}
    assert "SQL injection" in decision.comment


def test_what_no_person_touched_in_an_edited_item_of_an_earlier_attempt_is_still_ours() -> None:
    desired = Desired({TITLE: "new", "Microsoft.VSTS.Common.Priority": 1}, open=True)
    was = item(3, title="old")
    now = replace(item(3, revision=2, title="old"), fields={**was.fields, "Microsoft.VSTS.Common.Priority": 3})
    ticket = made(attempted(NEW, Attempt("second", AT, "Web Shop"), desired), now, "first", was)

    decision = plan(desired, ticket, now)

    assert isinstance(decision, Patch)
    assert decision.fields == {TITLE: "new"}
    assert "priority: 1" in decision.comment


def test_a_duplicate_that_only_we_have_written_is_known_as_such() -> None:
    """It was the ticket's item and was kept up to date until one with a lower id came to light."""
    ticket = found(NEW, 8)
    patch = Patch({TITLE: "new"}, None, "", {})
    announced = patching(ticket, patch, 1, open_=True)
    ours = patched(announced, item(8, revision=2, title="new"), "Proposed", patch, DESIRED)
    theirs = patched(announced, item(8, revision=3, title="new"), "Proposed", patch, DESIRED)

    assert found(ours, 5).duplicates == {8: 2}
    assert found(theirs, 5).duplicates == {8: 1}
    assert found(found(NEW, 5), 8).duplicates == {8: 1}


def test_the_answer_to_a_patch_of_the_other_item_changes_nothing() -> None:
    ticket = found(found(NEW, 5), 3)
    patch = Patch({TITLE: "new"}, None, "", {})

    assert patched(ticket, item(5, revision=2), "Proposed", patch, DESIRED) == ticket


def test_an_event_of_a_duplicate_says_nothing_of_the_ticket() -> None:
    ticket = found(found(NEW, 3), 5)

    assert observed(ticket, refer(item(5, revision=9), "Completed")) == ticket
