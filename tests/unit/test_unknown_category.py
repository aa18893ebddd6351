"""A category that could not be asked for is taken in later, with the same revision."""

from dataclasses import replace

from shared.tickets.life.transitions import observed
from shared.tickets.observing.hook_events import HookEvent
from shared.tickets.observing.observe import _is_known
from shared.tickets.rows.records import Ticket, WorkItemRef

SEEN = WorkItemRef(id=7, revision=2, state="Done", category="Completed")
UNSURE = Ticket(kind="application", asset="a", work_item=replace(SEEN, category=""))


def event(revision: int) -> HookEvent:
    return HookEvent("c", "updated", 7, revision, "p", "", "Issue", "Done", "", "")


def test_the_same_revision_brings_the_category_that_is_missing() -> None:
    assert observed(UNSURE, SEEN).work_item == SEEN
    assert observed(UNSURE, replace(SEEN, category="")) == UNSURE


def test_an_older_revision_does_not() -> None:
    assert observed(UNSURE, replace(SEEN, revision=1)) == UNSURE


def test_an_event_of_a_known_revision_is_looked_at_only_while_the_category_is_missing() -> None:
    assert not _is_known(event(2), UNSURE.work_item)
    assert _is_known(event(2), SEEN)
    assert not _is_known(event(3), SEEN)
