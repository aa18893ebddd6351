"""What a link says of work items, over what its connection says; and how tickets are let go and taken back."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from shared.azure_devops.work_items import WorkItem
from shared.connections.defaults import Defaults, Overrides
from shared.errors import RefusedError
from shared.links.item_fields import mapped, set_once
from shared.links.models import Link, LinkRequest, LinkState, Place
from shared.storage.tables import Row
from shared.tickets.life.patches import patched
from shared.tickets.life.plan import Create, Desired, Nothing, Patch, Read, plan
from shared.tickets.life.transitions import (
    attached,
    detached,
    failed,
    leaving,
    not_linked,
    settled,
    to_link,
    to_unlink,
    unlinked,
)
from shared.tickets.life.views import view
from shared.tickets.rows.records import (
    MOVED,
    PARTED,
    UNLINKED,
    Attempt,
    Failure,
    Stored,
    Ticket,
    TicketStatus,
    WorkItemRef,
)
from shared.tickets.rows.ticket_rows import read_ticket, ticket_values
from tests.unit.workflows import BASIC

NOW = datetime(2026, 11, 21, tzinfo=UTC)
VULNERABILITY = {
    "id": "V1",
    "cwe": ["CWE-1", "CWE-2"],
    "score": 9.8,
    "custom": {"team": " web\n shop ", "deep": {"n": 3}},
}
TICKET = Ticket("application", "shop", title="t", created_at=NOW, changed_at=NOW)
ITEM = WorkItemRef(7, "u", "Web Shop", 1, "Issue", "To Do", "Proposed")


class TestInheriting:
    def test_what_is_not_said_is_inherited(self) -> None:
        defaults = Defaults(work_item_type="Bug", tags=("a",), priorities={"high": 1})

        assert Overrides().over(defaults) == defaults
        said = Overrides(tags=(), priorities={"low": 3}).over(defaults)
        assert (said.work_item_type, said.tags, said.priorities) == ("Bug", (), {"low": 3})

    def test_what_one_property_of_a_row_cannot_hold_is_refused(self) -> None:
        templates = {"title_template": "x" * 16_500, "description_template": "y" * 16_500}
        place = {"connection": "c", "project": "p"}

        for model, given in ((Defaults, templates), (Overrides, templates), (LinkRequest, templates | place)):
            with pytest.raises(ValidationError, match="all settings are over 32,000 characters"):
                model.model_validate(given)
        assert Defaults(description_template="y" * 20_000)

    @pytest.mark.parametrize(("severity", "priority"), [("critical", 1), ("high", 4), ("info", 4), ("medium", 3)])
    def test_severities_that_are_not_named_have_the_standard_priority(self, severity: str, priority: int) -> None:
        assert Defaults(priorities={"high": 4}).priority(severity) == priority


class TestFields:
    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("custom.team", "web shop"),
            ("custom.deep.n", 3),
            ("score", 9.8),
            ("cwe", "CWE-1, CWE-2"),
            ("custom.deep", None),
            ("custom.team.name", None),
            ("nowhere", None),
        ],
    )
    def test_a_path_leads_into_the_vulnerability(self, path: str, value: Any) -> None:
        making = Defaults.model_validate({"fields": {"Custom.A": {"path": path}, "Custom.B": "constant"}})

        expected = {"Custom.B": "constant"} if value is None else {"Custom.A": value, "Custom.B": "constant"}
        assert mapped(making, VULNERABILITY, ()) == expected

    @pytest.mark.parametrize("path", ["Backend", "Web Shop\\Backend", "\\web shop\\Backend", "Backend/"])
    def test_a_path_may_be_given_with_the_project_s_name_or_without(self, path: str) -> None:
        making = Defaults(area_path=path, assignee=" Jo ", tags=("x", "T"))

        fields = set_once(making, "Web Shop", "T")

        assert str(fields["System.AreaPath"]).casefold() == "web shop\\backend"
        assert (fields["System.AssignedTo"], fields["System.Tags"]) == ("Jo", "T; x")
        assert "System.IterationPath" not in fields


class TestPlaces:
    LINK = Link("application", "shop", "c", "p2", "Two", earlier=(Place("old", "p1", "One"), Place("c", "p0", "Zero")))

    def test_a_link_is_looked_at_from_the_connection_whose_ticket_it_is(self) -> None:
        old = self.LINK.at("old")

        assert self.LINK.at("c") is self.LINK
        assert old
        assert (old.connection, old.project_id, old.project) == ("old", "p1", "One")
        assert self.LINK.at("other") is None

    def test_there_is_work_while_something_is_to_be_left(self) -> None:
        assert not self.LINK.has_work
        assert replace(self.LINK, state=LinkState.DELETING).has_work
        assert replace(self.LINK, earlier=(Place("old", "p1", "One", left=True),)).has_work


class TestLettingGo:
    def test_a_detached_ticket_needs_nothing_and_says_why(self) -> None:
        ticket = detached(replace(TICKET, work_item=ITEM), UNLINKED)

        assert plan(Desired({"System.Title": "new"}, open=False), ticket) == Nothing()
        assert ticket.status is TicketStatus.DETACHED
        error = view("c", "k", ticket)["error"]
        assert error
        assert error["code"] == "detached"
        assert read_ticket(Row("c", "t|k", ticket_values(ticket), "e", NOW)) == Stored("k", ticket, "e")

    def test_what_is_left_is_closed_with_a_word_and_detached(self) -> None:
        ticket = leaving(replace(TICKET, work_item=ITEM), "It <moved>.")
        wanted = Desired({}, open=False, farewell="It <moved>.")
        item = WorkItem(7, 1, "Web Shop", {"System.State": "To Do"}, (), "u")
        after = WorkItem(7, 2, "Web Shop", {"System.State": "Done"}, (), "u")

        assert plan(wanted, ticket) == Read()
        patch = plan(wanted, ticket, item, BASIC)
        assert isinstance(patch, Patch)
        assert (patch.state, patch.fields, patch.comment) == ("Done", {}, "<p>It &lt;moved&gt;.</p>")
        left = patched(ticket, after, "Completed", patch, wanted)
        assert (left.detached, left.leaving, left.work_item.category) == (MOVED, "", "Completed")

    def test_what_has_no_item_or_cannot_be_closed_is_detached_all_the_same(self) -> None:
        without = leaving(TICKET, "moved")
        refused = failed(leaving(replace(TICKET, work_item=ITEM), "moved"), RefusedError("no"), "TF1")

        assert plan(Desired({}, open=False), without) == Nothing()
        assert settled(without).status is TicketStatus.DETACHED
        assert refused.status is TicketStatus.DETACHED
        error = view("c", "k", refused)["error"]
        assert error
        assert error["message"] == "no"

    def test_attached_again_it_goes_on_with_its_item_or_gets_a_new_one(self) -> None:
        with_item = replace(TICKET, work_item=ITEM, nonce="n")

        assert attached(detached(with_item, UNLINKED)) == with_item
        again = attached(detached(with_item, MOVED))
        assert plan(Desired({}, open=True), again) == Create()
        assert again.nonce == ""

    def test_an_attempt_without_a_result_is_not_forgotten(self) -> None:
        ticket = replace(TICKET, attempt=Attempt("n", NOW, "p"))

        assert detached(ticket, UNLINKED).attempt == ticket.attempt
        assert attached(detached(ticket, MOVED)).attempt == ticket.attempt

    @pytest.mark.parametrize(
        "parted",
        [
            unlinked(leaving(to_unlink(replace(TICKET, work_item=ITEM)), "moved")),
            not_linked(leaving(to_link(TICKET, 9), "moved"), Failure("not_found", "no")),
        ],
    )
    def test_a_card_that_is_chosen_after_a_parting_is_not_closed_for_what_was_left_before(self, parted: Ticket) -> None:
        assert (parted.detached, parted.leaving) == (PARTED, "")
        assert to_link(parted, 99).leaving == ""

    def test_attached_again_it_is_not_left_any_more(self) -> None:
        parted = replace(TICKET, detached=PARTED, leaving="moved")  # as an earlier version wrote it

        assert attached(parted).leaving == ""
