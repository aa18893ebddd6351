"""Vulnerabilities that share a ticket: they come, change, go and return, and move from one group to another."""

from typing import Any

import pytest

from local.stack import Stack
from tests.functional.bridge import Bridge, eventually


@pytest.fixture
def bridge(stack: Stack) -> Bridge:
    made = Bridge.fresh(stack, linked=False)
    made.connect()
    assert made.link(work_item_type="Issue", grouping="component").ok
    return made


def settled(bridge: Bridge, ticket: str, **expected: Any) -> dict[str, Any]:
    """Return the ticket once it says all that is expected."""

    def look() -> dict[str, Any] | None:
        found = bridge.ticket(ticket)
        return found if expected.items() <= found.items() else None

    return eventually(look, what=f"{expected} of {bridge.ticket(ticket)}")


class TestAGroup:
    def test_has_one_work_item_for_as_long_as_one_member_is_open(self, bridge: Bridge) -> None:
        first = bridge.send("V1", component="log4j", severity="medium")
        made = bridge.until(first, "open")
        assert bridge.send("V2", component="log4j", severity="critical") == first

        both = settled(bridge, first, vulnerability_count=2, severity="critical")
        assert both["vulnerabilities"] == ["V2", "V1"]
        assert both["work_item"]["id"] == made["work_item"]["id"]

        bridge.send("V2", component="log4j", severity="critical", status="fixed")
        settled(bridge, first, severity="medium", status="open")
        bridge.send("V1", component="log4j", severity="medium", status="risk_accepted")
        bridge.until(first, "closed")
        bridge.send("V2", component="log4j", severity="critical")
        back = bridge.until(first, "open")
        assert back["work_item"]["id"] == made["work_item"]["id"]
        assert len(bridge.work_items()) == 1

    def test_who_has_no_component_has_a_ticket_of_its_own(self, bridge: Bridge) -> None:
        tickets = {bridge.send("V1"), bridge.send("V2"), bridge.send("V3", component="log4j")}

        assert len(tickets) == 3
        bridge.until_all(3)

    @pytest.mark.thorough
    def test_a_member_that_belongs_elsewhere_now_leaves_one_and_joins_another(self, bridge: Bridge) -> None:
        old = bridge.send("V1", component="log4j 2.14")
        assert bridge.send("V2", component="log4j 2.14") == old
        settled(bridge, old, vulnerability_count=2, status="open")

        new = bridge.send("V2", component="log4j 2.15")

        assert new != old
        settled(bridge, new, vulnerabilities=["V2"], status="open")
        settled(bridge, old, vulnerabilities=["V1"], status="open")
        assert bridge.send("V1", component="log4j 2.15") == new
        settled(bridge, new, vulnerability_count=2, status="open")
        left = bridge.until(old, "closed")
        assert left["vulnerabilities"] == []
        assert bridge.send("V1", component="log4j 2.14") == old  # and back
        again = bridge.until(old, "open")
        assert again["work_item"]["id"] == left["work_item"]["id"]

    def test_it_may_get_and_lose_what_it_is_grouped_by(self, bridge: Bridge) -> None:
        alone = bridge.send("V1")
        bridge.until(alone, "open")

        group = bridge.send("V1", component="log4j")

        bridge.until(group, "open")
        bridge.until(alone, "closed")
        assert bridge.send("V1") == alone
        bridge.until(alone, "open")
        bridge.until(group, "closed")

    def test_an_import_of_one_component_is_one_ticket(self, bridge: Bridge) -> None:
        report = [bridge.snapshot(f"V{number}", component="log4j") for number in range(120)]

        first = bridge.import_(report).json()
        again = bridge.import_(report).json()

        assert (first["changed"], again["changed"], again["unchanged"]) == (120, 0, 120)
        (ticket,) = bridge.until_all(1)
        whole = settled(bridge, ticket["id"], vulnerability_count=120)
        assert sorted(whole["vulnerabilities"]) == sorted(f"V{number}" for number in range(120))
        assert len(bridge.work_items()) == 1

    def test_is_shown_while_it_waits(self, stack: Stack) -> None:
        bridge = Bridge.fresh(stack, linked=False)
        bridge.connect()
        assert bridge.link(grouping="component", enabled=False).ok
        group = bridge.send("V1", component="log4j")
        assert bridge.send("V2", component="log4j") == group
        alone = bridge.send("V3")

        def counted() -> bool:  # a worker may have seen the first one alone
            return {one["id"]: one["vulnerability_count"] for one in bridge.tickets()} == {group: 2, alone: 1}

        eventually(counted, what="both tickets with all their members")
        assert {one["id"] for one in bridge.tickets(status="waiting", limit="1")} == {group, alone}
        settled(bridge, group, vulnerabilities=["V1", "V2"], waiting_for="link_disabled")

    def test_an_older_snapshot_moves_nothing(self, bridge: Bridge) -> None:
        new = bridge.send("V1", component="b", sequence=2)
        assert bridge.send("V1", component="a", sequence=1) == new

        bridge.until(new, "open")
        assert len(bridge.tickets()) == 1


class TestAnotherGrouping:
    def filled(self, bridge: Bridge) -> tuple[str, str]:
        """Two vulnerabilities of one rule in two components, and their tickets."""
        one = bridge.send("V1", component="a", rule="R")
        other = bridge.send("V2", component="b", rule="R")
        bridge.until_all(2)
        return one, other

    def test_with_open_tickets_somebody_must_say_what_becomes_of_them(self, bridge: Bridge) -> None:
        self.filled(bridge)

        answer = bridge.link(work_item_type="Issue", grouping="rule")

        assert answer.status_code == 409
        assert "2 open tickets" in answer.json()["detail"]
        assert bridge.ask("GET", f"links/application/{bridge.asset}").json()["effective"]["grouping"] == "component"

    def test_keep_lets_them_go_on_as_they_are(self, bridge: Bridge) -> None:
        one, other = self.filled(bridge)

        assert self.regroup(bridge, "rule", "keep").ok

        assert bridge.send("V1", component="a", rule="R", severity="low") == one
        new = bridge.send("V3", component="a", rule="R")
        assert new not in (one, other)
        settled(bridge, new, status="open", vulnerability_count=1)
        settled(bridge, one, severity="low", status="open")
        assert bridge.ticket(other)["status"] == "open"

    @pytest.mark.thorough
    def test_close_moves_all_into_tickets_of_the_new_one(self, bridge: Bridge) -> None:
        one, other = self.filled(bridge)

        assert self.regroup(bridge, "rule", "close").ok

        bridge.until(one, "closed")
        bridge.until(other, "closed")
        (ticket,) = bridge.until_all(1)
        settled(bridge, ticket["id"], vulnerability_count=2)
        link = eventually(lambda: self.settled_link(bridge), what="the end of regrouping")
        assert link["effective"]["grouping"] == "rule"
        assert bridge.send("V1", component="a", rule="R") == ticket["id"]
        comments = [item["comments"] for item in bridge.work_items()]
        assert any("grouped otherwise" in str(comment) for comment in comments)

    def test_an_inherited_one_is_the_connections_when_the_link_is_saved(self, bridge: Bridge) -> None:
        assert bridge.connect(defaults={"grouping": "rule"}).ok
        assert bridge.ask("GET", f"links/application/{bridge.asset}").json()["effective"]["grouping"] == "component"

        assert bridge.link(work_item_type="Issue").ok

        assert bridge.ask("GET", f"links/application/{bridge.asset}").json()["effective"]["grouping"] == "rule"

    def test_what_is_no_grouping_is_refused(self, bridge: Bridge) -> None:
        answer = bridge.link(grouping="status")

        assert answer.status_code == 422
        assert answer.json()["problems"][0]["field"] == "/grouping"

    def regroup(self, bridge: Bridge, grouping: str, existing: str) -> Any:
        body = {"connection": bridge.name, "project": "Web Shop", "work_item_type": "Issue", "grouping": grouping}
        return bridge.ask("PUT", f"links/application/{bridge.asset}", json=body, params={"existing": existing})

    def settled_link(self, bridge: Bridge) -> dict[str, Any] | None:
        link: dict[str, Any] = bridge.ask("GET", f"links/application/{bridge.asset}").json()
        return None if link["regrouping"] else link
