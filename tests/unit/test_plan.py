"""plan(): what to do for a ticket."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.azure_devops.work_item_types import Workflow
from shared.azure_devops.work_items import WorkItem
from shared.connections.defaults import ClosedByPeople
from shared.errors import RefusedError
from shared.tickets.life.attempts import new_nonce
from shared.tickets.life.patches import patched, patching
from shared.tickets.life.plan import (
    MOST_OBJECTIONS,
    Create,
    Desired,
    Look,
    Nothing,
    Patch,
    Policies,
    Read,
    Renew,
    UnlinkItem,
    as_it_is,
    digest,
    plan,
)
from shared.tickets.life.transitions import Made, attempted, created, failed, observed, refer, renewed
from shared.tickets.rows.records import Attempt, Ticket, TicketStatus, WorkItemRef
from shared.tickets.vulnerabilities.snapshots import Status
from tests.unit.workflows import BASIC, SCRUM_BUG, workflow

TITLE, PRIORITY = "System.Title", "Microsoft.VSTS.Common.Priority"
TWO_STEPS = workflow({"Doing": "Checked"}, Proposed="To Do", InProgress="Doing", Resolved="Checked", Completed="Done")
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
    return patched(announced, after, "Proposed", patch, replace(DESIRED, open=open_))


def test_a_new_open_vulnerability_is_created() -> None:
    assert plan(DESIRED, NEW) == Create()


@pytest.mark.parametrize("open_", [True, False])
@pytest.mark.parametrize("left", [True, False])
def test_what_nobody_knows_the_snapshots_of_stays_as_it_is(*, open_: bool, left: bool) -> None:
    item_ = WorkItemRef(id=7, revision=3, category="Completed")
    ticket = replace(NEW, work_item=item_, written_open=open_, left=left, told_severity="high")

    assert plan(as_it_is(ticket), ticket) == Nothing()
    assert plan(as_it_is(ticket), replace(ticket, unlinking=True)) == UnlinkItem()


def test_what_is_not_open_is_not_created() -> None:
    assert plan(replace(DESIRED, open=False), NEW) == Nothing()


def test_an_attempt_without_a_result_is_looked_for_whatever_the_snapshot_says() -> None:
    unfinished = replace(NEW, attempt=Attempt("aa", datetime(2026, 11, 20, tzinfo=UTC), "p"))

    assert plan(DESIRED, unfinished) == Look()
    assert plan(replace(DESIRED, open=False), unfinished) == Look()


@pytest.mark.parametrize("desired_name", ["custom.team", "Custom.Team"])
def test_a_field_that_was_written_under_a_name_in_another_case_is_the_same(desired_name: str) -> None:
    """As rows of an earlier version have it; Azure DevOps answers with its own name."""
    was = replace(DESIRED, fields={"custom.team": "red"})
    attempt = Attempt("aa", datetime(2026, 11, 20, tzinfo=UTC), "Web Shop")
    made = item(1, fields={"Custom.Team": "red"})
    ticket = created(attempted(NEW, attempt, was), Made(made, "Proposed", "aa", made.fields))
    blue = replace(DESIRED, fields={desired_name: "blue"})

    assert plan(replace(DESIRED, fields={desired_name: "red"}), ticket) == Nothing()
    theirs = plan(blue, ticket, item(2, fields={"Custom.Team": "of Ada"}), BASIC)
    assert isinstance(theirs, Patch)
    assert (theirs.fields, list(theirs.keeps)) == ({}, [desired_name])
    assert "(here: of Ada)" in theirs.comment
    ours = plan(blue, ticket, item(2, fields={"Custom.Team": "red"}), BASIC)
    assert isinstance(ours, Patch)
    assert ours.fields == {desired_name: "blue"}
    after = sent(ticket, ours, made, item(2, fields={"Custom.Team": "blue"}), open_=True)
    assert list(after.written) == [desired_name]
    assert after.written[desired_name].stored == digest("blue")


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
def test_the_state_is_chosen_by_category(states: Workflow, current: str, open_: bool, goal: str | None) -> None:
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


def test_what_failed_before_a_deletion_is_tried_again_after_the_restoring() -> None:
    refused = failed(existing(), RefusedError("A rule of the process."), "TF401320")

    deleted = observed(refused, WorkItemRef(id=7, revision=2, deleted=True))
    restored = observed(deleted, WorkItemRef(id=7, revision=3))

    assert (refused.failure is None, deleted.failure, restored.status) == (False, None, TicketStatus.OPEN)
    assert observed(refused, WorkItemRef(id=7, revision=2)).failure == refused.failure


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


class TestLife:
    """What else happens to a work item than that it is made and changed."""

    def closed_by_people(self) -> Ticket:
        return existing(item(4, "Done"), "Completed")

    def closed_by_us(self) -> Ticket:
        return replace(self.closed_by_people(), written_open=False)

    def patch(self, desired: Desired, ticket: Ticket, current: WorkItem) -> Patch:
        decision = plan(desired, ticket, current, BASIC)
        assert isinstance(decision, Patch)
        return decision

    @pytest.mark.parametrize(
        ("status", "words"),
        [("fixed", "fixed"), ("false_positive", "false positive"), ("risk_accepted", "risk of this was accepted")],
    )
    def test_why_it_is_closed_is_said_with_it(self, status: Status, words: str) -> None:
        wanted = replace(DESIRED, open=False, status=Status(status))

        decision = self.patch(wanted, existing(), item())

        assert decision.state == "Done"
        assert words in decision.comment

    def test_a_state_that_is_left_to_people_is_not_touched_but_they_are_told(self) -> None:
        wanted = replace(DESIRED, open=False, status=Status.RISK_ACCEPTED, policies=Policies(goal="leave"))

        decision = self.patch(wanted, existing(), item())
        after = patched(existing(), item(2), "Proposed", decision, wanted)

        assert decision.state is None
        assert "left to you" in decision.comment
        assert plan(wanted, after) == Nothing()

        fixed = self.patch(replace(DESIRED, open=False), after, item(2))
        assert fixed.state == "Done"
        assert "fixed" in fixed.comment

    def test_who_closed_it_before_us_is_not_told_why(self) -> None:
        decision = self.patch(replace(DESIRED, open=False), self.closed_by_people(), item(4, "Done"))

        assert (decision.state, decision.comment, decision.fields) == (None, "", {})

    def test_a_way_of_two_steps_is_gone_to_its_end(self) -> None:
        wanted = replace(DESIRED, open=False)
        first = plan(wanted, existing(), item(2, "Doing"), TWO_STEPS)
        assert isinstance(first, Patch)
        assert (first.state, first.is_last, first.comment) == ("Checked", False, "")

        between = patched(existing(), item(3, "Checked"), "Resolved", first, wanted)
        second = plan(wanted, between, item(3, "Checked"), TWO_STEPS)

        assert isinstance(second, Patch)
        assert (second.state, second.is_last) == ("Done", True)
        assert "fixed" in second.comment
        assert plan(wanted, patched(between, item(4, "Done"), "Completed", second, wanted)) == Nothing()

    @pytest.mark.parametrize(("policy", "state"), [("comment", None), ("reopen", "To Do")])
    def test_what_people_close_too_early_is_answered_once(self, policy: ClosedByPeople, state: str | None) -> None:
        wanted = replace(DESIRED, policies=Policies(closed_by_people=policy))
        ticket = self.closed_by_people()
        assert plan(wanted, ticket) == Read()

        decision = self.patch(wanted, ticket, item(4, "Done"))
        now = item(5, state or "Done")
        after = patched(ticket, now, "Proposed" if state else "Completed", decision, wanted)

        assert (decision.state, decision.objects) == (state, True)
        assert "still finds this" in decision.comment
        assert plan(wanted, after) == Nothing()

    def test_it_is_answered_again_when_it_is_closed_again_but_not_for_ever(self) -> None:
        wanted = replace(DESIRED, policies=Policies(closed_by_people="reopen"))
        ticket, answers = self.closed_by_people(), 0
        for revision in range(5, 25, 2):
            if plan(wanted, ticket) == Nothing():
                break
            decision = self.patch(wanted, ticket, item(revision - 1, "Done"))
            ticket = patched(ticket, item(revision, "To Do"), "Proposed", decision, wanted)
            again = refer(item(revision + 1, "Done"), "Completed", project="Web Shop")
            ticket, answers = observed(ticket, again), answers + 1

        assert answers == MOST_OBJECTIONS

    def test_what_people_opened_again_meanwhile_is_not_answered(self) -> None:
        wanted = replace(DESIRED, policies=Policies(closed_by_people="reopen"))

        decision = self.patch(wanted, self.closed_by_people(), item(5, "Doing"))

        assert (decision.state, decision.comment, decision.objects) == (None, "", False)

    def test_what_is_there_again_may_get_a_work_item_of_its_own(self) -> None:
        wanted = replace(DESIRED, policies=Policies(returned="new"))
        ticket = self.closed_by_us()
        assert plan(wanted, ticket) == Read()
        assert plan(wanted, ticket, item(5, "Done"), BASIC) == Renew()

        after = renewed(ticket, ticket.generation + 1)

        assert plan(wanted, after) == Create()
        assert (after.predecessor, after.generation) == (7, 1)

    def test_but_not_if_people_work_on_the_old_one_again(self) -> None:
        wanted = replace(DESIRED, policies=Policies(returned="new"))

        decision = self.patch(wanted, self.closed_by_us(), item(5, "Doing"))

        assert decision.state is None

    def test_an_earlier_work_item_is_no_duplicate_of_the_last_one(self) -> None:
        first = existing()
        second = renewed(replace(first, nonce="a" * 16), 1)
        attempt = Attempt(new_nonce(1), datetime(2026, 11, 21, tzinfo=UTC), "Web Shop")
        later = replace(item(), id=9)
        made = created(attempted(second, attempt, DESIRED), Made(later, "Proposed", attempt.nonce, later.fields))
        assert made.work_item.id == 9

        seen = created(made, Made(item(), "Completed", "a" * 16, item().fields))
        assert seen == made

        restored = created(first, Made(later, "Proposed", attempt.nonce, later.fields))  # yesterday's row
        assert (restored.work_item.id, restored.predecessor, restored.duplicates) == (9, 7, {})

    def test_that_it_is_worse_than_before_is_said_once(self) -> None:
        before = replace(existing(), told_severity="medium")
        wanted = replace(DESIRED, severity="critical", fields={**DESIRED.fields, PRIORITY: 1})

        decision = self.patch(wanted, before, item())
        after = patched(before, item(2, fields={PRIORITY: 1}), "Proposed", decision, wanted)

        assert "critical now, it was medium" in decision.comment
        assert plan(wanted, after) == Nothing()

    def test_that_it_is_better_is_not_worth_a_word(self) -> None:
        before = replace(existing(), told_severity="critical")
        wanted = replace(DESIRED, severity="low", fields={**DESIRED.fields, PRIORITY: 4})

        assert self.patch(wanted, before, item()).comment == ""
