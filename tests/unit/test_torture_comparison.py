"""A comparison that cannot fail is worth nothing: each difference is made, one at a time, and must be told."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from local.torture.comparison import compare
from local.torture.finding import Found, Item, Rows, named
from local.torture.ledger import Ledger
from local.torture.versions import Dating, Version, Vulnerability

KEY = "a" * 32
TICKET = f"alpha.{KEY}"
NUMBER = 12
ITEM = ("alpha", NUMBER)
VULNERABILITY = Vulnerability("v1", "alpha", "alpha-0", Dating.SEQUENCE)
NEWEST = Version(2, "newest title", "Description v1 no 2 end", "high", "open")


def item(**changes: Any) -> Item:
    fields = {
        "System.Title": "newest title",
        "System.Description": "<p>Description v1 no 2 end</p>",
        "Microsoft.VSTS.Common.Priority": 2,
        **changes.pop("fields", {}),
    }
    return replace(Item(fields, 3, "To Do", "Proposed", deleted=False, tickets=(TICKET,)), **changes)


def ticket(**changes: Any) -> dict[str, Any]:
    work_item = {"id": NUMBER, "revision": 3, "state": "To Do", "category": "Proposed", "type": "Issue"}
    return {
        "id": TICKET,
        "vulnerabilities": ["v1"],
        "title": "newest title",
        "severity": "high",
        "status": "open",
        "work_item": work_item | changes.pop("item", {}),
        "error": None,
        "changed_at": "now",
        **changes,
    }


def update(sequence: int, **changes: Any) -> dict[str, Any]:
    return {"ticket": TICKET, "sequence": sequence, "current": ticket(**changes)}


@pytest.fixture
def ledger() -> Ledger:
    kept = Ledger()
    kept.took(VULNERABILITY, replace(NEWEST, number=1, title="old title"))
    kept.took(VULNERABILITY, NEWEST)
    return kept


@pytest.fixture
def found() -> Found:
    rows = Rows(work_items={NUMBER: KEY}, snapshots={KEY})
    rows.history[KEY] = [1, 2]
    return Found(
        items={ITEM: item()},
        tickets={TICKET: ticket()},
        rows={"alpha": rows},
        updates={TICKET: {1: update(1, status="creating"), 2: update(2)}},
    )


def kinds(ledger: Ledger, found: Found) -> set[str]:
    return {difference.kind for difference in compare(ledger, found).differences}


def test_where_all_agrees_nothing_is_told(ledger: Ledger, found: Found) -> None:
    assert compare(ledger, found).differences == []


def no_ticket(_: Ledger, found: Found) -> None:
    found.tickets.clear()


def no_work_item(_: Ledger, found: Found) -> None:
    found.tickets[TICKET] = ticket() | {"work_item": None, "status": "waiting"}


def another_tickets_item(_: Ledger, found: Found) -> None:
    found.items[ITEM] = item(tickets=())


def two_tickets(_: Ledger, found: Found) -> None:
    found.tickets["alpha." + "b" * 32] = ticket(id="alpha." + "b" * 32)


def two_items(_: Ledger, found: Found) -> None:
    found.items["alpha", 13] = item()


def two_items_of_which_the_other_one_claims_to_be_a_duplicate(_: Ledger, found: Found) -> None:
    found.items["alpha", 13] = item(comments=("This is a duplicate of 12",))


def nobody_sent_it(ledger: Ledger, _: Found) -> None:
    ledger.sent.clear()


def an_item_of_no_ticket(_: Ledger, found: Found) -> None:
    found.items["alpha", 13] = item(tickets=("alpha." + "c" * 32,))


def an_old_revision(_: Ledger, found: Found) -> None:
    found.items[ITEM] = item(revision=4)


def an_old_state(_: Ledger, found: Found) -> None:
    found.items[ITEM] = item(state="Doing", category="InProgress")


def no_category(_: Ledger, found: Found) -> None:
    found.tickets[TICKET] = ticket(item={"category": ""})


def deleted_behind_our_back(ledger: Ledger, found: Found) -> None:
    found.items[ITEM] = item(deleted=True)
    ledger.acted(ITEM, deleted=True)


def deleted_by_us(_: Ledger, found: Found) -> None:
    found.items[ITEM] = item(deleted=True)
    found.tickets[TICKET] = ticket(status="deleted")


def a_failed_ticket(_: Ledger, found: Found) -> None:
    found.tickets[TICKET] = ticket(status="failed", error={"code": "400"})


def an_outdated_ticket(_: Ledger, found: Found) -> None:
    found.tickets[TICKET] = ticket(title="old title")


def an_old_title(_: Ledger, found: Found) -> None:
    found.items[ITEM] = item(fields={"System.Title": "old title"})


def an_old_priority(_: Ledger, found: Found) -> None:
    found.items[ITEM] = item(fields={"Microsoft.VSTS.Common.Priority": 1})


def an_old_description(_: Ledger, found: Found) -> None:
    found.items[ITEM] = item(fields={"System.Description": "<p>Description v1 no 1 end</p>"})


def a_persons_title_is_overwritten(ledger: Ledger, _: Found) -> None:
    ledger.acted(ITEM, fields={"System.Title": "a person's"})


def a_persons_description_is_overwritten(ledger: Ledger, _: Found) -> None:
    ledger.acted(ITEM, fields={"System.Description": "<p>a person's</p>"})


def a_fixed_one_is_open(ledger: Ledger, _: Found) -> None:
    ledger.took(VULNERABILITY, replace(NEWEST, number=3, status="fixed"))


def an_open_one_was_closed_by_nobody(_: Ledger, found: Found) -> None:
    found.items[ITEM] = item(state="Done", category="Completed")
    closed = ticket(status="awaiting_validation", item={"state": "Done", "category": "Completed"})
    found.tickets[TICKET] = closed


def a_gap(_: Ledger, found: Found) -> None:
    del found.updates[TICKET][1]


def no_updates(_: Ledger, found: Found) -> None:
    found.updates.clear()


def a_gap_in_the_history(_: Ledger, found: Found) -> None:
    found.rows["alpha"].history[KEY] = [2]


def a_contradiction(_: Ledger, found: Found) -> None:
    found.contradictions.append("two messages with one sequence")


def the_last_update_is_old(_: Ledger, found: Found) -> None:
    found.updates[TICKET][2] = update(2, title="old title")


def still_pending(_: Ledger, found: Found) -> None:
    found.rows["alpha"].pending.append(KEY)


def still_unsent(_: Ledger, found: Found) -> None:
    found.rows["alpha"].outbox.append(KEY)


def an_attempt_is_left(_: Ledger, found: Found) -> None:
    found.rows["alpha"].attempts.append(KEY)


def no_pointer(_: Ledger, found: Found) -> None:
    found.rows["alpha"].work_items.clear()


def a_refusal(ledger: Ledger, _: Found) -> None:
    ledger.refuse("422")


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (no_ticket, "lost"),
        (no_work_item, "lost"),
        (another_tickets_item, "lost"),
        (an_item_of_no_ticket, "lost"),
        (two_tickets, "twice"),
        (two_items, "twice"),
        (two_items_of_which_the_other_one_claims_to_be_a_duplicate, "twice"),
        (nobody_sent_it, "twice"),
        (an_old_revision, "observed"),
        (an_old_state, "observed"),
        (no_category, "observed"),
        (deleted_behind_our_back, "observed"),
        (a_failed_ticket, "observed"),
        (deleted_by_us, "state"),
        (a_fixed_one_is_open, "state"),
        (an_open_one_was_closed_by_nobody, "state"),
        (an_outdated_ticket, "outdated"),
        (an_old_title, "field"),
        (an_old_priority, "field"),
        (an_old_description, "field"),
        (a_persons_title_is_overwritten, "field"),
        (a_persons_description_is_overwritten, "field"),
        (a_gap, "gap"),
        (no_updates, "gap"),
        (a_gap_in_the_history, "gap"),
        (a_contradiction, "gap"),
        (the_last_update_is_old, "last update"),
        (still_pending, "leftover"),
        (still_unsent, "leftover"),
        (an_attempt_is_left, "leftover"),
        (no_pointer, "pointer"),
        (a_refusal, "refused"),
    ],
)
def test_each_difference_is_told(
    ledger: Ledger, found: Found, make: Callable[[Ledger, Found], None], kind: str
) -> None:
    make(ledger, found)

    assert kind in kinds(ledger, found)


class TestWhatIsNoDifference:
    def test_what_a_person_wrote_last_is_theirs(self, ledger: Ledger, found: Found) -> None:
        ledger.acted(ITEM, fields={"System.Title": "first"})
        ledger.acted(ITEM, fields={"System.Title": "theirs", "System.Description": "<p>theirs</p>"})
        found.items[ITEM] = item(fields={"System.Title": "theirs", "System.Description": "<p>theirs</p>"})

        assert kinds(ledger, found) == set()

    def test_a_card_that_a_person_closed_awaits_validation(self, ledger: Ledger, found: Found) -> None:
        ledger.acted(ITEM, state="Done")
        an_open_one_was_closed_by_nobody(ledger, found)
        found.updates[TICKET][2] = {"current": found.tickets[TICKET]}

        assert kinds(ledger, found) == set()

    def test_a_card_that_a_person_deleted_is_not_kept_up_to_date(self, ledger: Ledger, found: Found) -> None:
        ledger.acted(ITEM, deleted=True)
        found.items[ITEM] = item(deleted=True, fields={"System.Title": "old title"})
        found.tickets[TICKET] = ticket(status="deleted")
        found.updates[TICKET][2] = update(2, status="deleted")

        assert kinds(ledger, found) == set()

    def test_what_was_never_open_needs_no_work_item(self, found: Found) -> None:
        ledger = Ledger()
        ledger.took(VULNERABILITY, replace(NEWEST, status="fixed"))
        found.items.clear()
        found.tickets[TICKET] = ticket(status="closed") | {"work_item": None}
        found.updates[TICKET][2] = {"current": found.tickets[TICKET]}

        assert kinds(ledger, found) == set()


class TestDuplicates:
    def test_a_removed_one_is_counted(self, ledger: Ledger, found: Found) -> None:
        found.items["alpha", 13] = item(deleted=True)

        verdict = compare(ledger, found)

        assert (verdict.differences, verdict.removed, verdict.commented) == ([], 1, 0)

    def test_one_that_a_person_touched_stays_and_says_what_it_is(self, ledger: Ledger, found: Found) -> None:
        ledger.acted(("alpha", 13), state="Doing")
        two_items_of_which_the_other_one_claims_to_be_a_duplicate(ledger, found)

        verdict = compare(ledger, found)

        assert (verdict.differences, verdict.removed, verdict.commented) == ([], 0, 1)


def test_hyperlinks_of_others_name_no_ticket() -> None:
    ours = f"http://127.0.0.1:7071/api/tickets/{TICKET}?attempt=0af3"

    assert named([ours, "https://example.com/", f"http://127.0.0.1:7071/api/tickets/{TICKET}"]) == (TICKET,)


def test_an_older_snapshot_that_is_taken_later_is_not_the_newest(ledger: Ledger) -> None:
    ledger.took(VULNERABILITY, replace(NEWEST, number=1))

    assert ledger.sent["v1"].newest == NEWEST
    assert ledger.counts() == (1, 3, 0)
