"""Which vulnerabilities share a ticket."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from shared.connections.defaults import Defaults, Overrides
from shared.links.models import Link
from shared.storage.tables import Row
from shared.tickets.intake.grouping import Grouping, grouping_of, ticket_of
from shared.tickets.rows import keys
from shared.tickets.vulnerabilities.together import due, in_order, severity
from tests.unit.vulnerabilities import vulnerability

ASSET = {"kind": "application", "id": "shop"}
LETTERS = keys.asset_key("application", "shop")


def row(grouping: str | None) -> Row:
    values = {} if grouping is None else {"grouping": grouping}
    return Row("c", "v|x", values, "e", datetime.now(UTC))


class TestTicketOf:
    def test_by_itself_it_has_the_ticket_of_its_own_row(self) -> None:
        one = vulnerability()

        assert keys.snapshot_of(ticket_of(one, "id")) == keys.snapshot_row(LETTERS, "V1")

    @pytest.mark.parametrize(
        ("expression", "same"),
        [
            ("component", {"component": "log4j-core 2.14.1"}),
            ("rule", {"rule": "B101"}),
            ("cve", {"cve": ["CVE-2021-44228", "CVE-2021-45046"]}),
            ("location.path", {"location": {"path": "src/a.py", "line": 3}}),
            ("custom.team.name", {"custom": {"team": {"name": "Payments"}}}),
            ("location.path+rule", {"rule": "B101", "location": {"path": "src/a.py"}}),
            ("custom", {"custom": {"a": 1, "b": False}}),
        ],
    )
    def test_those_that_say_the_same_share_one(self, expression: str, same: dict[str, Any]) -> None:
        one, other = vulnerability("V1", **same), vulnerability("V2", **same, title="another")

        assert ticket_of(one, expression) == ticket_of(other, expression)
        assert ticket_of(one, expression).startswith(LETTERS)
        assert ticket_of(one, expression) != ticket_of(vulnerability("V3"), expression)

    def test_the_order_of_a_list_and_blanks_say_nothing(self) -> None:
        one = vulnerability("V1", cve=["CVE-1", "CVE-2"], rule="B 101")
        other = vulnerability("V2", cve=["CVE-2", "CVE-1"], rule=" B  101\n")

        assert ticket_of(one, "cve+rule") == ticket_of(other, "cve+rule")

    @pytest.mark.parametrize("expression", ["component", "cve", "custom.team", "location.path", "component+rule"])
    def test_those_that_say_nothing_have_nothing_in_common(self, expression: str) -> None:
        one, other = vulnerability("V1"), vulnerability("V2")

        assert ticket_of(one, expression) == ticket_of(one, "id")
        assert ticket_of(one, expression) != ticket_of(other, expression)

    def test_half_a_key_is_one_too(self) -> None:
        one, other = vulnerability("V1", rule="B101"), vulnerability("V2", rule="B101", component="a")

        assert ticket_of(one, "component+rule") == ticket_of(vulnerability("V3", rule="B101"), "component+rule")
        assert ticket_of(one, "component+rule") != ticket_of(other, "component+rule")

    def test_values_that_only_look_alike_are_told_apart(self) -> None:
        assert ticket_of(vulnerability("1", rule="a", component="b+c"), "component+rule") != ticket_of(
            vulnerability("2", rule="c+a", component="b"), "component+rule"
        )

    @pytest.mark.parametrize("id_", ["rule\nB101", 'rule\n["B101"]', "ÿrule\nB101"])
    def test_no_id_takes_a_groups_ticket(self, id_: str) -> None:
        group = ticket_of(vulnerability("V1", rule="B101"), "rule")

        assert ticket_of(vulnerability(id_, rule=""), "id") != group


class TestGrouping:
    def test_what_is_new_is_grouped_as_the_link_says(self) -> None:
        assert Grouping("rule", frozenset({"component"})).of(None) == "rule"

    @pytest.mark.parametrize(
        ("kept", "stored", "expected"),
        [
            (frozenset(), "component", "rule"),
            (frozenset({"component"}), "component", "component"),
            (frozenset({"component"}), None, "rule"),
            (frozenset({"id"}), None, "id"),  # a row of a time when there were no groups
            (None, "component", "component"),
        ],
    )
    def test_what_is_there_stays_only_where_that_was_asked_for(
        self, kept: frozenset[str] | None, stored: str | None, expected: str
    ) -> None:
        assert Grouping("rule", kept).of(row(stored)) == expected

    def test_where_the_asset_was_linked_before_everything_stays(self) -> None:
        link = Link("application", "shop", "new", "p", "P", grouping="rule", kept_groupings=("id",))

        assert grouping_of(link, "new") == Grouping("rule", frozenset({"id"}))
        assert grouping_of(link, "old").of(row("component")) == "component"


class TestExpression:
    @pytest.mark.parametrize(
        ("given", "meant"),
        [
            ("component", "component"),
            ("location", "location.path"),
            (" rule + component ", "component+rule"),
            ("rule+rule", "rule"),
            ("rule+id", "id"),
            ("custom.a.b", "custom.a.b"),
        ],
    )
    def test_it_is_kept_in_one_form(self, given: str, meant: str) -> None:
        assert Defaults(grouping=given).grouping == meant

    @pytest.mark.parametrize("given", ["", "+", "rule+", "nothing", "rule component", ".rule", "status", "custom."])
    def test_what_is_none_is_refused(self, given: str) -> None:
        with pytest.raises(ValidationError):
            Overrides(grouping=given)


class TestMembers:
    def test_those_that_are_open_come_first_the_worst_of_them_first(self) -> None:
        fixed = vulnerability("A", severity="critical", status="fixed", due="2026-01-01")
        low = vulnerability("B", severity="low", due="2026-03-01")
        high = vulnerability("C", severity="high", due="2026-05-01")
        soon = vulnerability("D", severity="high", due="2026-04-01")

        found = in_order([fixed, low, high, soon])

        assert [member.id for member in found] == ["D", "C", "B", "A"]
        assert severity(found) == "high"
        assert str(due(found)) == "2026-03-01"

    def test_where_none_is_open_all_tell_how_bad_it_was(self) -> None:
        found = [vulnerability("A", severity="critical", status="fixed"), vulnerability("B", status="fixed")]

        assert severity(found) == "critical"
        assert due(found) is None
