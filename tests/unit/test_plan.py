"""plan(): what to do for a ticket."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.azure_devops.projects import State
from shared.azure_devops.work_items import WorkItem
from shared.tickets.plan import Create, Desired, Look, Nothing, Patch, Read, digest, plan
from shared.tickets.records import Attempt, Ticket, WorkItemRef
from shared.tickets.transitions import Made, attempted, created, observed, patched, patching, refer

TITLE, PRIORITY = "System.Title", "Microsoft.VSTS.Common.Priority"
BASIC = [State("To Do", "Proposed"), State("Doing", "InProgress"), State("Done", "Completed")]
SCRUM_BUG = [
    State("New", "Proposed"),
    State("Approved", "Proposed"),
    State("Committed", "InProgress"),
    State("Done", "Completed"),
    State("Removed", "Removed"),
]
DESIRED = Desired({TITLE: "SQL injection", PRIORITY: 2}, open=True)
NEW = Ticket(kind="application", asset="web-shop")


def item(revision: int = 1, state: str = "To Do", fields: Mapping[str, Any] | None = None) -> WorkItem:
    values = {"System.State": state, "System.WorkItemType": "Issue", **DESIRED.fields, **(fields or {})}
    return WorkItem(7, revision, "Web Shop", values, (), "https://example.test/7")


def existing(current: WorkItem | None = None, category: str = "Proposed") -> Ticket:
    attempt = Attempt("aa", datetime(2026, 11, 20, tzinfo=UTC), "Web Shop")
    now = current or item()
    first = now if now.revision == 1 else item()
    return created(attempted(NEW, attempt, DESIRED), Made(now, category, "aa", first.fields))


def sent(ticket: Ticket, patch: Patch, before: WorkItem, after: WorkItem, *, open_: bool) -> Ticket:
    """The ticket once its patch was announced, sent and taken."""
    announced = patching(ticket, patch, before.revision, open_=open_)
    return patched(announced, after, "Proposed", patch, open_=open_)


def test_a_new_open_vulnerability_is_created() -> None:
    assert plan(DESIRED, NEW) == Create()


def test_what_is_not_open_is_not_created() -> None:
    assert plan(replace(DESIRED, open=False), NEW) == Nothing()


def test_an_attempt_without_a_result_is_looked_for_whatever_the_snapshot_says() -> None:
    unfinished = replace(NEW, attempt=Attempt("aa", datetime(2026, 11, 20, tzinfo=UTC), "p"))

    assert plan(DESIRED, unfinished) == Look()
    assert plan(replace(DESIRED, open=False), unfinished) == Look()


def test_what_was_written_as_desired_is_left_alone() -> None:
    assert plan(DESIRED, existing()) == Nothing()


def test_a_change_is_planned_only_against_the_item_as_it_is() -> None:
    assert plan(replace(DESIRED, fields={TITLE: "other", PRIORITY: 2}), existing()) == Read()


def test_our_change_of_a_field_that_nobody_touched_is_written() -> None:
    desired = Desired({TITLE: "other", PRIORITY: 2}, open=True)

    assert plan(desired, existing(), item(), BASIC) == Patch({TITLE: "other"}, None, "", {})


def test_a_field_that_a_person_changed_is_theirs_and_our_change_becomes_a_comment() -> None:
    desired = Desired({TITLE: "SQL injection", PRIORITY: 1}, open=True)

    decision = plan(desired, existing(), item(2, fields={PRIORITY: 4}), BASIC)

    assert isinstance(decision, Patch)
    assert decision.fields == {}
    assert "priority: 1 (here: 4)" in decision.comment
    assert decision.keeps == {PRIORITY: digest(1)}


def test_our_value_that_is_there_already_is_not_a_persons() -> None:
    """A write whose answer was lost leaves it."""
    desired = Desired({TITLE: "newer", PRIORITY: 2}, open=True)

    decision = plan(desired, existing(), item(2, fields={TITLE: "newer"}), BASIC)

    assert decision == Patch({TITLE: "newer"}, None, "", {})


def test_the_comment_is_made_once() -> None:
    desired = Desired({TITLE: "SQL injection", PRIORITY: 1}, open=True)
    theirs = item(2, fields={PRIORITY: 4})
    decision = plan(desired, existing(), theirs, BASIC)
    assert isinstance(decision, Patch)

    after = sent(existing(), decision, theirs, replace(theirs, revision=3), open_=True)

    assert plan(desired, after) == Nothing()


def test_a_comment_shows_hostile_text_as_text() -> None:
    desired = Desired({TITLE: "<script>alert(1)</script>", PRIORITY: 2}, open=True)

    decision = plan(desired, existing(), item(2, fields={TITLE: "theirs"}), BASIC)

    assert isinstance(decision, Patch)
    assert "<script>" not in decision.comment


@pytest.mark.parametrize(
    ("states", "current", "open_", "goal"),
    [
        (BASIC, "To Do", False, "Done"),
        (BASIC, "Doing", False, "Done"),
        (BASIC, "Done", False, None),
        (SCRUM_BUG, "Committed", False, "Done"),
        (SCRUM_BUG, "Removed", False, None),
    ],
)
def test_the_state_is_chosen_by_category(states: list[State], current: str, open_: bool, goal: str | None) -> None:
    decision = plan(replace(DESIRED, open=open_), existing(), item(2, current), states)

    assert isinstance(decision, Patch)
    assert decision.state == goal


def test_a_vulnerability_that_returns_reopens_its_closed_item() -> None:
    closed = replace(existing(item(4, "Done"), "Completed"), written_open=False)

    decision = plan(DESIRED, closed, item(4, "Done"), BASIC)

    assert isinstance(decision, Patch)
    assert decision.state == "To Do"


def test_a_card_that_a_person_closed_is_not_reopened_while_the_platform_says_the_same() -> None:
    assert plan(DESIRED, existing(item(4, "Done"), "Completed")) == Nothing()


def test_a_deleted_item_is_left_alone() -> None:
    deleted = observed(existing(), WorkItemRef(id=7, revision=1, deleted=True))

    assert plan(replace(DESIRED, open=False), deleted) == Nothing()


def test_what_the_service_makes_of_a_value_counts_as_ours() -> None:
    """HTML comes back sanitised: comparing with what we sent would take it for a person's."""
    stored = item(fields={TITLE: "as the service stored it"})
    desired = Desired({TITLE: "newer", PRIORITY: 2}, open=True)

    assert plan(desired, existing(stored), stored, BASIC) == Patch({TITLE: "newer"}, None, "", {})


def test_an_adopted_item_that_somebody_edited_meanwhile_keeps_the_edits() -> None:
    edited = item(3, fields={TITLE: "edited by a person"})
    desired = Desired({TITLE: "newer", PRIORITY: 2}, open=True)

    decision = plan(desired, existing(edited), edited, BASIC)

    assert isinstance(decision, Patch)
    assert decision.fields == {}


@given(title=st.text(), priority=st.integers(1, 4), open_=st.booleans(), state=st.sampled_from(["To Do", "Done"]))
def test_carrying_out_a_plan_leaves_nothing_to_do(title: str, priority: int, open_: bool, state: str) -> None:
    desired = Desired({TITLE: title, PRIORITY: priority}, open=open_)
    now = item(5, state)
    ticket = replace(existing(), work_item=refer(now, "Proposed"))
    decision = plan(desired, ticket, now, BASIC)
    if isinstance(decision, Nothing):
        return
    assert isinstance(decision, Patch)
    fields = {**now.fields, **decision.fields, **({"System.State": decision.state} if decision.state else {})}

    after = sent(ticket, decision, now, replace(now, revision=6, fields=fields), open_=open_)

    assert plan(desired, after) == Nothing()
