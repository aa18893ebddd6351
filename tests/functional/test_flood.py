"""A first import does not bury a team: filters, the daily cap and the switch hold creation back, and only that."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from azure.core.credentials import TokenCredential
from azure.data.tables import TableClient, UpdateMode

from shared.settings import StorageAccount
from shared.storage.account import Account
from shared.storage.tables import Table
from shared.tickets.holds.shares import Share, Shares
from tests.functional.bridge import Bridge, eventually

CAP = 25


def waits(bridge: Bridge, ticket: str, reason: str) -> dict[str, Any]:
    """Return the ticket once it says that it waits for this."""

    def look() -> dict[str, Any] | None:
        found = bridge.ticket(ticket)
        return found if found["waiting_for"] == reason else None

    found = eventually(look, what=f"{ticket} waiting for {reason}")
    assert found["status"] == "waiting"
    return found


def no_credential() -> TokenCredential:
    raise AssertionError("a connection string needs none")


def table(bridge: Bridge, name: str) -> TableClient:
    return TableClient.from_connection_string(bridge.stack.addresses.storage_connection_string, name)


@pytest.fixture
def switch(bridge: Bridge) -> Iterator[None]:
    """Whatever a test does, creation goes on afterwards."""
    yield
    assert bridge.ask("PUT", "creation", json={"stopped": False}).ok


class TestFilters:
    def test_what_is_not_severe_enough_waits_and_says_so(self, bridge: Bridge) -> None:
        assert bridge.link(creates={"minimum_severity": "high"}).ok

        low, high = bridge.send("V1", severity="medium"), bridge.send("V2", severity="high")

        bridge.until(high, "open")
        waits(bridge, low, "filter")
        assert [found["id"] for found in bridge.tickets(waiting_for="filter")] == [low]
        assert bridge.tickets(waiting_for="daily_cap") == []
        told = eventually(lambda: bridge.updates(low), what="the update")[-1]
        assert (told["change"], told["current"]["waiting_for"]) == ("held", "filter")
        assert len(bridge.work_items()) == 1

    def test_a_newer_snapshot_is_looked_at_again(self, bridge: Bridge) -> None:
        assert bridge.link(creates={"minimum_severity": "high"}).ok
        ticket = bridge.send(severity="low")
        waits(bridge, ticket, "filter")

        bridge.send(severity="critical")

        assert bridge.until(ticket, "open")["waiting_for"] is None

    @pytest.mark.thorough
    def test_what_has_a_work_item_is_kept_up_to_date_below_the_filter(self, bridge: Bridge) -> None:
        ticket = bridge.send(severity="critical")
        bridge.until(ticket, "open")
        assert bridge.link(creates={"minimum_severity": "critical"}, creates_per_day=1).ok

        bridge.send(severity="low", title="Not so bad")
        eventually(lambda: "Not so bad" in bridge.work_items()[0]["fields"]["System.Title"], what="the new title")
        bridge.send(severity="low", status="fixed")
        bridge.until(ticket, "closed")
        bridge.send(severity="low", status="open")

        bridge.until(ticket, "open")
        assert len(bridge.work_items()) == 1

    def test_saving_the_link_lets_pass_what_it_does_not_leave_out_any_more(self, bridge: Bridge) -> None:
        assert bridge.link(creates={"minimum_severity": "critical"}).ok
        ticket = bridge.send(severity="low")
        waits(bridge, ticket, "filter")

        assert bridge.link(creates={}).ok

        bridge.until(ticket, "open")

    def test_a_link_inherits_the_filter_and_saving_the_connection_looks_again(self, bridge: Bridge) -> None:
        assert bridge.connect(defaults={"creates": {"minimum_severity": "critical"}}).ok
        ticket = bridge.send(severity="low")
        waits(bridge, ticket, "filter")

        assert bridge.connect(defaults={}).ok

        bridge.until(ticket, "open")

    def test_what_is_old_waits_even_if_it_is_observed_again(self, bridge: Bridge) -> None:
        assert bridge.link(creates={"newer_than_days": 30}).ok
        now = datetime.now(UTC)
        old = bridge.send("V1", observed_at=(now - timedelta(days=31)).isoformat())
        new = bridge.send("V2", observed_at=(now - timedelta(days=29)).isoformat())
        waits(bridge, old, "filter")
        bridge.until(new, "open")

        bridge.send("V1", title="Observed again", observed_at=now.isoformat())

        eventually(lambda: bridge.ticket(old)["title"] == "Observed again", what="the newer snapshot")
        assert bridge.ticket(old)["waiting_for"] == "filter"

    def test_a_group_counts_by_its_worst_open_member(self, bridge: Bridge) -> None:
        assert bridge.link(grouping="component", creates={"minimum_severity": "high"}).ok
        ticket = bridge.send("V1", severity="low", component="log4j")
        assert bridge.send("V2", severity="critical", status="fixed", component="log4j") == ticket
        eventually(lambda: bridge.ticket(ticket)["vulnerability_count"] == 2, what="both members")
        waits(bridge, ticket, "filter")

        bridge.send("V3", severity="high", component="log4j")

        bridge.until(ticket, "open")

    def test_what_a_person_asks_for_is_made(self, bridge: Bridge) -> None:
        assert bridge.link(creates={"minimum_severity": "critical"}, creates_per_day=1).ok
        ticket = bridge.send(severity="low")
        waits(bridge, ticket, "filter")

        assert bridge.ask("POST", f"tickets/{ticket}/retry").status_code == 202

        bridge.until(ticket, "open")

    def test_the_preview_says_what_it_would_wait_for(self, bridge: Bridge) -> None:
        assert bridge.link(creates={"minimum_severity": "high"}).ok

        def preview(**changes: Any) -> tuple[bool, str | None]:
            path = f"links/application/{bridge.asset}/preview"
            shown = bridge.ask("POST", path, json=bridge.snapshot(**changes)).json()
            return shown["creates"], shown["waiting_for"]

        assert preview(severity="low") == (False, "filter")
        assert preview(severity="high") == (True, None)
        assert preview(severity="low", status="fixed") == (False, None)

    def test_a_disabled_link_is_named_and_enabling_it_makes_what_waited(self, bridge: Bridge) -> None:
        assert bridge.link(enabled=False).ok
        ticket = bridge.send()
        waits(bridge, ticket, "link_disabled")

        assert bridge.link().ok

        bridge.until(ticket, "open")

    @pytest.mark.parametrize(
        ("setting", "field"),
        [
            ({"creates": {"minimum_severity": "severe"}}, "/creates/minimum_severity"),
            ({"creates": {"newer_than_days": True}}, "/creates/newer_than_days"),
            ({"creates_per_day": -1}, "/creates_per_day"),
        ],
    )
    def test_settings_that_make_no_sense_are_refused(self, bridge: Bridge, setting: dict[str, Any], field: str) -> None:
        answer = bridge.link(**setting)

        assert answer.status_code == 422
        assert answer.json()["problems"][0]["field"] == field

    def test_an_unknown_reason_is_refused(self, bridge: Bridge) -> None:
        assert bridge.ask("GET", "tickets", params={"waiting_for": "godot"}).status_code == 400


class TestDailyCap:
    def test_no_more_are_made_than_the_day_has_and_the_next_day_has_more(self, bridge: Bridge) -> None:
        assert bridge.link(creates_per_day=2).ok
        tickets = [bridge.send(f"V{n}") for n in range(4)]
        bridge.until_all(2)
        waiting = eventually(lambda: two(bridge), what="two that wait")
        assert len(bridge.work_items()) == 2

        next_day(bridge)

        bridge.until_all(4)
        assert {found["id"] for found in waiting} < set(tickets)

    def test_what_a_person_asks_for_is_made_beyond_it(self, bridge: Bridge) -> None:
        assert bridge.link(creates_per_day=1).ok
        bridge.until(bridge.send("V1"), "open")
        ticket = bridge.send("V2")
        waits(bridge, ticket, "daily_cap")

        assert bridge.ask("POST", f"tickets/{ticket}/retry").status_code == 202

        bridge.until(ticket, "open")

    def test_a_refused_create_costs_nothing_of_it(self, bridge: Bridge) -> None:
        assert bridge.link(creates_per_day=1).ok
        bridge.fault("POST .*_apis/wit/workitems/.*", "status:400")
        bridge.until(bridge.send("V1"), "failed")
        preview, next_one = f"links/application/{bridge.asset}/preview", bridge.snapshot("V2")
        eventually(lambda: bridge.ask("POST", preview, json=next_one).json()["creates"], what="the share given back")

        bridge.until(bridge.send("V2"), "open")

    @pytest.mark.thorough
    def test_an_unknown_outcome_costs_one(self, bridge: Bridge) -> None:
        """It may be there: to count it as not made would exceed the cap."""
        assert bridge.link(creates_per_day=1).ok
        bridge.fault("POST .*_apis/wit/workitems/.*", "drop_after")
        first = bridge.send("V1")
        bridge.until(first, "open")

        waits(bridge, bridge.send("V2"), "daily_cap")
        assert len(bridge.work_items()) == 1

    def test_the_preview_knows_that_the_day_has_none_left(self, bridge: Bridge) -> None:
        assert bridge.link(creates_per_day=1).ok
        bridge.until(bridge.send("V1"), "open")

        path = f"links/application/{bridge.asset}/preview"
        shown = bridge.ask("POST", path, json=bridge.snapshot("V2")).json()

        assert (shown["creates"], shown["waiting_for"]) == (False, "daily_cap")

    def test_a_cap_that_is_raised_lets_the_rest_pass_today(self, bridge: Bridge) -> None:
        assert bridge.link(creates_per_day=1).ok
        bridge.until(bridge.send("V1"), "open")
        ticket = bridge.send("V2")
        waits(bridge, ticket, "daily_cap")

        assert bridge.link(creates_per_day=2).ok

        bridge.until(ticket, "open")

    @pytest.mark.thorough
    def test_an_import_of_a_hundred_takes_its_days_the_worst_first(self, bridge: Bridge) -> None:
        assert bridge.link(creates_per_day=CAP).ok
        severities = {f"V{n}": "critical" if n % 10 < 3 else "high" for n in range(100)}
        found = [bridge.vulnerability(id_, severity=severity) for id_, severity in severities.items()]
        assert bridge.import_(found).status_code == 202

        days = [set[str]()]
        for day in (1, 2, 3):
            bridge.until_all(100 - CAP * day, "waiting")
            eventually(lambda: all_put_off(bridge), what="the rest put off")
            days.append({ticket["vulnerabilities"][0] for ticket in bridge.tickets(status="open")})
            assert len(bridge.work_items()) == CAP * day
            next_day(bridge)

        critical = {id_ for id_, severity in severities.items() if severity == "critical"}
        for before, after in pairwise(days[1:]):
            made, left = after - before, critical - before
            assert len(made & critical) == min(CAP, len(left)), "a less severe one came first"


def two(bridge: Bridge) -> list[dict[str, Any]] | None:
    found = bridge.tickets(waiting_for="daily_cap")
    return found if len(found) == 2 else None


def all_put_off(bridge: Bridge) -> bool:
    today = datetime.now(UTC).date()
    with table(bridge, "tickets") as client:
        rows = list(client.query_entities(f"PartitionKey eq '{bridge.name}' and RowKey ge 'p|' and RowKey lt 'p|~'"))
    return all(row["due"].date() > today for row in rows)


def next_day(bridge: Bridge) -> None:
    """What was stored today was stored yesterday."""
    now = datetime.now(UTC)
    to_midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC) - now
    with table(bridge, "creation") as client:
        for row in client.query_entities("PartitionKey eq 'shares'"):
            row["day"] = (now.date() - timedelta(days=1)).isoformat()
            client.update_entity(row, mode=UpdateMode.REPLACE)
    with table(bridge, "tickets") as client:
        for row in client.query_entities(f"PartitionKey eq '{bridge.name}' and RowKey ge 'p|' and RowKey lt 'p|~'"):
            row["due"] -= to_midnight
            client.update_entity(row, mode=UpdateMode.REPLACE)


class TestShares:
    def shares(self, azurite: str) -> Shares:
        return Shares(Table(Account(StorageAccount(connection_string=azurite), no_credential), "creation"))

    def test_hosts_that_race_for_the_last_never_take_more_than_there_is(self, azurite: str) -> None:
        hosts = [self.shares(azurite) for _ in range(2)]
        hosts[0].take("race", 20, 25)

        with ThreadPoolExecutor(16) as threads:
            taken = list(threads.map(lambda n: hosts[n % 2].take("race", 1, 25).count, range(32)))

        assert sum(taken) == 5
        assert hosts[0].is_used_up("race", 25)

    def test_what_is_given_back_can_be_taken_again(self, azurite: str) -> None:
        shares = self.shares(azurite)
        taken = shares.take("back", 3, 3)
        assert shares.take("back", 1, 3).count == 0

        shares.give_back("back", Share(taken.day, 2))

        assert shares.take("back", 9, 3).count == 2

    def test_what_is_given_back_of_another_day_is_worth_nothing(self, azurite: str) -> None:
        shares = self.shares(azurite)
        taken = shares.take("late", 3, 3)

        shares.give_back("late", Share(taken.day - timedelta(days=1), 3))

        assert shares.is_used_up("late", 3)


@pytest.mark.usefixtures("switch")
class TestSwitch:
    def stop(self, bridge: Bridge) -> None:
        answer = bridge.ask("PUT", "creation", json={"stopped": True, "reason": "A scanner went wild."})
        assert answer.ok, answer.text
        assert answer.json()["stopped"] is True

    def test_nothing_is_made_while_all_else_goes_on_and_then_it_goes_on(self, bridge: Bridge) -> None:
        there = bridge.send("V1")
        bridge.until(there, "open")
        self.stop(bridge)
        shown = bridge.ask("GET", "creation").json()
        assert (shown["stopped"], shown["reason"]) == (True, "A scanner went wild.")
        eventually(lambda: waits(bridge, bridge.send("V0"), "stopped"), what="the switch")

        ticket = bridge.send("V2")
        waits(bridge, ticket, "stopped")
        bridge.send("V1", status="fixed")
        bridge.until(there, "closed")
        bridge.ask("POST", f"tickets/{ticket}/retry")
        waits(bridge, ticket, "stopped")
        assert len(bridge.work_items()) == 1

        assert bridge.ask("PUT", "creation", json={"stopped": False}).ok

        bridge.until(ticket, "open")
        bridge.until_all(2)

    def test_the_preview_says_that_nothing_is_made(self, bridge: Bridge) -> None:
        self.stop(bridge)

        path = f"links/application/{bridge.asset}/preview"
        shown = bridge.ask("POST", path, json=bridge.snapshot()).json()

        assert (shown["creates"], shown["waiting_for"]) == (False, "stopped")

    @pytest.mark.parametrize("body", [{}, {"stopped": "yes"}, {"stopped": True, "until": "later"}])
    def test_what_cannot_be_understood_changes_nothing(self, bridge: Bridge, body: dict[str, Any]) -> None:
        assert bridge.ask("PUT", "creation", json=body).status_code == 422
        assert bridge.ask("GET", "creation").json()["stopped"] is False
