"""A patch whose answer never came may be carried out late: whoever goes on must not forget that it was sent."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.azure_devops.work_items import WorkItem
from shared.tickets.life.patches import patched, patching, told
from shared.tickets.life.plan import Desired, Patch, digest
from shared.tickets.observing.observe import change_of
from shared.tickets.rows.records import Stored, Ticket, WorkItemRef

TITLE = "System.Title"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
ITEM = WorkItemRef(id=7, revision=1, state="To Do", category="Proposed")
TICKET = Ticket("application", "shop", created_at=NOW, changed_at=NOW, work_item=ITEM)
UNDER_WAY = patching(TICKET, Patch({TITLE: "two"}, None, "", {}), 1, open_=True)


def taken(patch: Patch, revision: int) -> Ticket:
    fields = {"System.State": "To Do", "System.WorkItemType": "Issue", TITLE: "one"}
    item = WorkItem(7, revision, "Web Shop", fields, (), "https://example.test/7")
    return patched(UNDER_WAY, item, "Proposed", patch, Desired({}, open=True))


def test_where_nothing_is_to_be_sent_the_patch_under_way_is_remembered() -> None:
    assert taken(Patch({}, None, "", {}), 1).sending == UNDER_WAY.sending


@pytest.mark.parametrize(
    "patch", [Patch({TITLE: "one"}, None, "", {}), Patch({}, "Done", "", {}), Patch({}, None, "word", {})]
)
def test_after_a_patch_that_was_taken_no_earlier_one_can_be(patch: Patch) -> None:
    assert taken(patch, 2).sending is None


@pytest.mark.parametrize(
    ("ticket", "revision", "due"), [(UNDER_WAY, 2, True), (UNDER_WAY, 1, False), (TICKET, 2, False)]
)
def test_a_later_revision_is_looked_at_for_what_was_sent(ticket: Ticket, revision: int, due: bool) -> None:
    change = change_of(Stored("ticket", ticket), replace(ITEM, revision=revision), by="Jamal")

    assert change.due is due


def test_a_text_that_follows_on_a_lost_patch_of_other_fields_is_still_ours() -> None:
    """Found by the state machine: of the second patch nothing but the service's own version of a text stands there."""
    text = "System.Description"
    first = patching(TICKET, Patch({TITLE: "two", text: "one"}, None, "", {}), 1, open_=True)
    both = patching(first, Patch({text: "two"}, None, "", {}), 1, open_=True)
    fields = {"System.State": "To Do", "System.WorkItemType": "Issue", TITLE: "one", text: "<p>two</p>"}
    item = WorkItem(7, 2, "Web Shop", fields, (), "https://example.test/7")

    after = told(both, item, is_closed=False, by_us=True)

    assert after.written[text].stored == digest("<p>two</p>")
    assert TITLE not in after.written
