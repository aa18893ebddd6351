"""What goes wrong between us and Azure DevOps: exactly one surviving work item each, nothing lost."""

import json
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from shared.connections.hook_password import derive
from shared.times import Times
from tests.functional.bridge import Bridge, eventually
from tests.functional.conftest import TIME_SCALE

CREATE = "POST .*_apis/wit/workitems/.*"
PATCH = "PATCH .*_apis/wit/workitems/.*"
BATCH = "PATCH .*_apis/wit/\\$batch"


def only_item(bridge: Bridge) -> dict[str, Any]:
    (item,) = bridge.work_items()
    return item


def writes(bridge: Bridge) -> list[datetime]:
    """When Azure DevOps was asked to change something."""
    return [datetime.fromisoformat(one["at"]) for one in bridge.asked() if one["method"] != "GET"]


class TestCreate:
    def test_an_answer_that_is_lost_is_looked_for_and_adopted(self, bridge: Bridge) -> None:
        bridge.fault(CREATE, "drop_after")

        ticket = bridge.until(bridge.send(), "open")

        lost, looked = (self.first(bridge, name) for name in ("$Issue", "wiql"))
        lease = timedelta(seconds=Times.scaled(TIME_SCALE).lease)
        assert looked - lost < lease  # it is looked for at once, not when the lease of a dead worker would be over
        assert ticket["work_item"]["id"] == only_item(bridge)["id"]
        assert [entry["change"] for entry in ticket["history"]] == ["created"]

    def first(self, bridge: Bridge, name: str) -> datetime:
        """When Azure DevOps was asked for this first, from the create on."""
        asked = [one for one in bridge.asked() if "validateonly" not in one["query"]]
        names = [one["path"].rpartition("/")[2] for one in asked]
        return datetime.fromisoformat(asked[names.index(name, names.index("$Issue"))]["at"])

    @pytest.mark.slow
    def test_a_request_that_never_arrived_is_sent_again_only_after_two_look_ups(self, bridge: Bridge) -> None:
        bridge.fault(CREATE, "drop_before")

        bridge.until(bridge.send(), "open")

        assert only_item(bridge)["rev"] == 1
        asked = [one["path"].rpartition("/")[2] for one in bridge.asked() if "validateonly" not in one["query"]]
        first, second = (at for at, name in enumerate(asked) if name == "$Issue")
        assert asked[first:second].count("wiql") >= 2

    @pytest.mark.slow
    def test_a_create_that_is_carried_out_late_is_not_made_twice(self, bridge: Bridge) -> None:
        bridge.fault(CREATE, "late:3")

        bridge.until(bridge.send(), "open")

        assert only_item(bridge)

    @pytest.mark.parametrize(
        "fault",
        ["drop_after", *(pytest.param(f, marks=pytest.mark.slow) for f in ("status:500", "late:2", "sign_in_page"))],
    )
    def test_a_batch_is_no_different(self, bridge: Bridge, fault: str) -> None:
        bridge.fault(BATCH, fault, times=3)
        snapshots = [bridge.snapshot(f"V{number}") for number in range(40)]

        assert bridge.import_(snapshots).status_code == 202
        bridge.until_all(40)

        assert len({item["title"] for item in bridge.work_items()}) == len(bridge.work_items()) == 40

    @pytest.mark.slow
    def test_what_fails_in_every_batch_is_sent_alone(self, bridge: Bridge) -> None:
        bridge.fault(BATCH, "status:500", times=1000)

        bridge.import_([bridge.snapshot(f"V{number}") for number in range(40)])
        bridge.until_all(40)

        assert len(bridge.work_items()) == 40

    @pytest.mark.parametrize("mode", ["independent", pytest.param("atomic", marks=pytest.mark.slow)])
    def test_one_refused_entry_fails_alone(self, bridge: Bridge, mode: str) -> None:
        """A title that only this type refuses, among many that it takes."""
        bridge.control("POST", "settings", {"organization": bridge.name, "batch": mode})
        rule = {"allowed_values": [1, 2, 3]}
        where = {"organization": bridge.name, "project": "Web Shop", "type": "Issue"}
        bridge.control("POST", "rules", {**where, "field": "Microsoft.VSTS.Common.Priority", "rule": rule})
        snapshots = [bridge.snapshot(f"V{n}", severity="low" if n == 7 else "high") for n in range(20)]

        bridge.import_(snapshots)

        (failed,) = bridge.until_all(1, "failed")
        assert failed["vulnerabilities"] == ["V7"]
        assert "Priority" in failed["error"]["message"]
        bridge.until_all(19)
        assert len(bridge.work_items()) == 19


class TestChange:
    @pytest.mark.parametrize(
        "fault",
        ["drop_after", *(pytest.param(f, marks=pytest.mark.slow) for f in ("drop_before", "late:1", "status:503"))],
    )
    def test_a_patch_whose_answer_is_lost_is_not_taken_for_a_persons(self, bridge: Bridge, fault: str) -> None:
        ticket = bridge.send(title="first", description="first")
        bridge.until(ticket, "open")
        bridge.fault(PATCH, fault)

        bridge.send(title="second", description="second <b>text</b>")
        eventually(lambda: only_item(bridge)["title"] == "second", what="the second title")
        bridge.send(title="third", description="third")
        eventually(lambda: only_item(bridge)["title"] == "third", what="the third title")

        assert "third" in only_item(bridge)["fields"]["System.Description"]
        assert only_item(bridge)["comments"] == []

    @pytest.mark.slow
    def test_a_value_that_is_taken_back_before_the_lost_answer_is_noticed(self, bridge: Bridge) -> None:
        bridge.until(bridge.send(title="first"), "open")
        bridge.fault(PATCH, "drop_after")
        bridge.send(title="second")
        eventually(lambda: only_item(bridge)["title"] == "second", what="the second title")

        bridge.send(title="first")

        assert eventually(lambda: only_item(bridge)["title"] == "first", what="the first title again")

    @pytest.mark.slow
    def test_a_status_that_is_taken_back_before_the_lost_answer_is_noticed(self, bridge: Bridge) -> None:
        ticket = bridge.send()
        bridge.until(ticket, "open")
        bridge.fault(PATCH, "drop_after")
        bridge.send(status="fixed")
        eventually(lambda: only_item(bridge)["state"] == "Done", what="the closed item")

        bridge.send(status="open")

        assert eventually(lambda: only_item(bridge)["state"] == "To Do", what="the reopened item")
        assert bridge.until(ticket, "open")

    @pytest.mark.slow
    def test_a_persons_edit_under_our_name_is_not_our_lost_patch(self, bridge: Bridge) -> None:
        item = bridge.until(bridge.send(), "open")["work_item"]["id"]
        bridge.fault(PATCH, "drop_before")
        bridge.send(status="fixed")
        eventually(lambda: [r for r in bridge.asked() if r["method"] == "PATCH"], what="the lost patch")
        bridge.act(item, fields={"Microsoft.VSTS.Common.Priority": 3}, by="Bridge")

        assert eventually(lambda: only_item(bridge)["state"] == "Done", what="the closed item")

    @pytest.mark.slow
    def test_a_late_patch_and_a_lost_one_are_told_apart(self, bridge: Bridge) -> None:
        bridge.until(bridge.send(title="first"), "open")
        bridge.fault(PATCH, "late:2.2")
        bridge.fault(PATCH, "drop_before")
        bridge.send(title="second")
        eventually(lambda: [r for r in bridge.asked() if r["method"] == "PATCH"], what="the late patch")

        bridge.send(title="third")

        assert eventually(lambda: only_item(bridge)["title"] == "third", what="the third title")

    @pytest.mark.slow
    def test_a_lost_answer_and_then_a_persons_edit_elsewhere(self, bridge: Bridge) -> None:
        item = bridge.until(bridge.send(title="first"), "open")["work_item"]["id"]
        bridge.fault(PATCH, "drop_after")
        bridge.send(title="second")
        eventually(lambda: only_item(bridge)["title"] == "second", what="the second title")
        bridge.act(item, fields={"Microsoft.VSTS.Common.Priority": 3}, by="Jamal Hartnett")

        bridge.send(title="third")

        assert eventually(lambda: only_item(bridge)["title"] == "third", what="the third title")

    @pytest.mark.slow
    def test_an_item_that_cannot_be_found_fails_no_neighbour(self, bridge: Bridge) -> None:
        bridge.import_([bridge.snapshot(f"V{number}") for number in range(20)])
        bridge.until_all(20)
        bridge.fault("GET .*recyclebin/.*", "status:403", times=500)
        gone = bridge.work_items()[0]["id"]
        bridge.act(gone, deleted=True, silent=True)

        bridge.import_([bridge.snapshot(f"V{number}", title=f"new {number}") for number in range(20)])

        def renewed() -> bool:
            return len([item for item in bridge.work_items() if item["title"].startswith("new")]) == 19

        assert eventually(renewed, what="the other titles")
        assert bridge.tickets(status="failed") == []

    def test_what_was_fixed_while_its_item_was_deleted_is_closed_on_return(self, bridge: Bridge) -> None:
        ticket = bridge.send()
        item = bridge.until(ticket, "open")["work_item"]["id"]
        bridge.act(item, deleted=True)
        bridge.until(ticket, "deleted")
        bridge.send(status="fixed")
        eventually(lambda: len(bridge.ticket(ticket)["history"]) >= 2, what="the deletion")

        bridge.act(item, deleted=False)

        assert bridge.until(ticket, "closed")["work_item"]["category"] == "Completed"

    def test_the_address_stays_the_one_that_people_can_open(self, bridge: Bridge) -> None:
        ticket = bridge.send()
        item = bridge.until(ticket, "open")["work_item"]
        bridge.act(item["id"], deleted=True)
        bridge.until(ticket, "deleted")
        bridge.act(item["id"], deleted=False)

        assert bridge.until(ticket, "open")["work_item"]["url"] == item["url"]


class TestRefusal:
    def test_a_value_that_is_refused_fails_no_other_ticket(self, bridge: Bridge) -> None:
        where = {"organization": bridge.name, "project": "Web Shop", "type": "Issue"}
        rule = {"allowed_values": [1, 2, 3]}
        bridge.control("POST", "rules", {**where, "field": "Microsoft.VSTS.Common.Priority", "rule": rule})

        bridge.until(bridge.send("low", severity="low"), "failed")

        bridge.until(bridge.send("high", severity="high"), "open")

    @pytest.mark.slow
    def test_a_failure_is_over_when_nothing_is_wanted_any_more(self, bridge: Bridge) -> None:
        where = {"organization": bridge.name, "project": "Web Shop", "type": "Issue", "field": "Custom.Team"}
        bridge.control("POST", "rules", {**where, "rule": {"required": True}})
        ticket = bridge.send()
        bridge.until(ticket, "failed")

        bridge.send(status="fixed")

        assert bridge.until(ticket, "closed")["error"] is None

    def test_a_type_that_went_away_fails_its_tickets_and_no_others(self, bridge: Bridge) -> None:
        broken = {"kind": "application", "id": f"{bridge.asset}-broken"}
        assert bridge.link(asset=broken["id"], work_item_type="Task").status_code == 200
        bridge.fault("GET .*workitemtypes/Task/states.*", "status:404", times=100)

        bridge.import_([bridge.snapshot(f"V{n}", **({"asset": broken} if n % 2 else {})) for n in range(40)])

        bridge.until_all(20)

    def test_a_missing_required_field_is_told_and_can_be_retried(self, bridge: Bridge) -> None:
        where = {"organization": bridge.name, "project": "Web Shop", "type": "Issue", "field": "Custom.Team"}
        bridge.control("POST", "rules", {**where, "rule": {"required": True}})

        failed = bridge.until(bridge.send(), "failed")
        bridge.control("POST", "rules", {**where, "rule": {"required": False}})

        assert failed["error"]["code"] == "TF401320"
        assert "Custom.Team" in failed["error"]["message"] + failed["error"]["hint"]
        assert eventually(lambda: bridge.updates(failed["id"]), what="the update")[0]["current"]["status"] == "failed"

        assert bridge.ask("POST", f"tickets/{failed['id']}/retry").status_code == 202
        bridge.until(failed["id"], "open")  # who asks is not answered from memory, which would end it as failed again
        assert only_item(bridge)

    @pytest.mark.slow
    def test_the_same_refusal_is_not_asked_for_again_and_again(self, bridge: Bridge) -> None:
        where = {"organization": bridge.name, "project": "Web Shop", "type": "Issue", "field": "Custom.Team"}
        bridge.control("POST", "rules", {**where, "rule": {"required": True}})
        bridge.until(bridge.send("first"), "failed")
        first = writes(bridge)[-1]

        bridge.import_([bridge.snapshot(f"V{number}") for number in range(60)])
        bridge.until_all(61, "failed")

        forgotten = first + timedelta(seconds=Times.scaled(TIME_SCALE).refusal_remembered)
        assert [moment for moment in writes(bridge) if first < moment < forgotten] == []


class TestLatePatch:
    @pytest.mark.slow
    def test_one_that_is_carried_out_after_a_later_one_was_refused(self, bridge: Bridge) -> None:
        ticket = bridge.until(bridge.send(), "open")["id"]
        bridge.fault(PATCH, "held")
        bridge.fault(PATCH, "status:400")
        bridge.send(status="fixed")
        bridge.until(ticket, "failed")
        bridge.control("POST", "releases")
        eventually(lambda: only_item(bridge)["state"] == "Done", what="the late patch")

        bridge.until(ticket, "closed")
        bridge.send(status="open")

        bridge.until(ticket, "open")
        assert only_item(bridge)["state"] == "To Do"

    @pytest.mark.slow
    def test_our_text_in_a_lost_patch_is_ours_though_a_person_has_edited_since(self, bridge: Bridge) -> None:
        ticket = bridge.until(bridge.send(description="First."), "open")["id"]
        bridge.fault(PATCH, "drop_after")
        bridge.send(description="Second & more.", title="Renamed")
        eventually(lambda: only_item(bridge)["rev"] > 1, what="the patch")
        bridge.act(only_item(bridge)["id"], fields={"Microsoft.VSTS.Common.Priority": 4})

        bridge.send(description="Third & last.", title="Renamed again")

        eventually(lambda: "Third" in only_item(bridge)["fields"]["System.Description"], what="the third text")
        eventually(lambda: only_item(bridge)["title"] == "Renamed again", what="the title")
        assert only_item(bridge)["fields"]["Microsoft.VSTS.Common.Priority"] == 4
        assert bridge.ticket(ticket)["status"] == "open"


class TestConnection:
    @pytest.mark.slow
    def test_throttling_pauses_the_connection_and_fails_nothing(self, bridge: Bridge) -> None:
        bridge.fault(CREATE, "retry_after:10")

        ticket = bridge.send()
        paused = eventually(lambda: self.health(bridge)["paused_until"], what="the pause")
        assert bridge.ticket(ticket)["status"] in ("waiting", "creating")

        assert bridge.until(ticket, "open")["error"] is None
        assert paused
        assert only_item(bridge)

    def test_a_revoked_token_makes_tickets_wait_and_a_new_one_lets_them_go_on(self, bridge: Bridge) -> None:
        bridge.control("DELETE", f"personal-access-tokens/{bridge.token}")

        ticket = bridge.send()
        problem = eventually(lambda: self.health(bridge)["problem"], what="the problem")
        assert problem["code"] == "credential"
        assert bridge.ticket(ticket)["status"] == "waiting"

        token = bridge.control("POST", "personal-access-tokens", {"organization": bridge.name, "user": "Bridge"})
        bridge.token = token["token"]
        assert bridge.connect().status_code == 200
        bridge.until(ticket, "open")
        assert self.health(bridge)["problem"] is None

    @pytest.mark.slow
    def test_a_token_that_is_replaced_in_the_middle_of_work_pauses_nothing(self, bridge: Bridge) -> None:
        bridge.import_([bridge.snapshot(f"V{number}") for number in range(120)])
        old = bridge.token
        holder = {"organization": bridge.name, "user": "Bridge"}
        bridge.token = bridge.control("POST", "personal-access-tokens", holder)["token"]
        assert bridge.connect().status_code == 200
        bridge.control("DELETE", f"personal-access-tokens/{old}")

        bridge.until_all(120)

        assert self.health(bridge)["problem"] is None

    def health(self, bridge: Bridge) -> dict[str, Any]:
        return dict(bridge.ask("GET", f"connections/{bridge.name}").json()["health"])


class TestEvents:
    def password(self, bridge: Bridge) -> str:
        key = bridge.stack.vault.get("hook-key")
        assert key
        return derive(key, bridge.name, 1)

    def updated(self, item: int, revision: int, state: str) -> bytes:
        fields = {"System.State": state, "System.WorkItemType": "Issue", "System.TeamProject": "Web Shop"}
        resource = {"id": revision, "workItemId": item, "revision": {"id": item, "rev": revision, "fields": fields}}
        return json.dumps({"eventType": "workitem.updated", "resource": resource}).encode()

    def test_events_out_of_order_and_twice_end_in_the_newest_state(self, bridge: Bridge) -> None:
        ticket = bridge.send()
        item = bridge.until(ticket, "open")["work_item"]["id"]
        for revision, state in [(5, "Done"), (3, "Doing"), (5, "Done"), (4, "To Do")]:
            assert bridge.hook(self.updated(item, revision, state), password=self.password(bridge)).status_code == 200
        bridge.until(ticket, "awaiting_validation")

        def drained() -> bool:
            return bridge.queue("service-hook-events").get_queue_properties().approximate_message_count == 0

        assert eventually(drained, what="the end of the queue")
        found = bridge.ticket(ticket)
        assert (found["work_item"]["state"], found["work_item"]["revision"]) == ("Done", 5)
        revisions = [entry["to"]["revision"] for entry in found["history"]]
        assert revisions == sorted(set(revisions))

    def test_a_deletion_that_is_only_claimed_changes_nothing(self, bridge: Bridge) -> None:
        ticket = bridge.send()
        item = bridge.until(ticket, "open")["work_item"]["id"]
        claimed = {"eventType": "workitem.deleted", "resource": {"id": item, "rev": 9, "fields": {}}}

        bridge.hook(json.dumps(claimed).encode(), password=self.password(bridge))
        bridge.act(item, state="Doing")
        eventually(lambda: bridge.ticket(ticket)["work_item"]["state"] == "Doing", what="the real event")

        assert bridge.ticket(ticket)["status"] == "open"

    def test_our_own_change_coming_back_says_nothing_new(self, bridge: Bridge) -> None:
        ticket = bridge.send(title="first")
        bridge.until(ticket, "open")

        bridge.send(title="second")
        eventually(lambda: bridge.ticket(ticket)["title"] == "second", what="the end of the patch")
        item, recorded = bridge.ticket(ticket)["work_item"]["id"], self.revisions(bridge, ticket)
        bridge.hook(self.updated(item, 2, "To Do"), password=self.password(bridge))
        bridge.act(item, state="Doing")
        eventually(lambda: bridge.ticket(ticket)["work_item"]["state"] == "Doing", what="a later event")

        assert self.revisions(bridge, ticket) == [*recorded, 3]
        assert set(recorded) == {1, 2}  # the event may have come before the patch was recorded

    def revisions(self, bridge: Bridge, ticket: str) -> list[int]:
        return [entry["to"]["revision"] for entry in bridge.ticket(ticket)["history"]]

    def test_a_second_link_to_the_project_makes_no_second_subscription(self, bridge: Bridge) -> None:
        assert bridge.link(asset=f"{bridge.asset}-2").status_code == 200

        url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}/_apis/hooks/subscriptions?api-version=7.1"
        token = b64encode(f":{bridge.token}".encode()).decode()
        found = requests.get(url, headers={"Authorization": f"Basic {token}"}, timeout=10).json()["value"]
        assert sorted(hook["eventType"] for hook in found) == [
            "workitem.commented",
            "workitem.deleted",
            "workitem.restored",
            "workitem.updated",
        ]

    def test_a_link_does_not_leave_its_tickets_behind_in_another_connection(self, bridge: Bridge) -> None:
        other = Bridge.fresh(bridge.stack)
        bridge.until(bridge.send(), "open")

        answer = bridge.link(connection=other.name)

        assert answer.status_code == 409
        assert bridge.ask("GET", f"links/application/{bridge.asset}").json()["connection"] == bridge.name

    def test_a_listing_that_fails_subscribes_nothing(self, bridge: Bridge) -> None:
        bridge.fault("GET .*_apis/hooks/subscriptions.*", "status:503")
        before = len(bridge.asked())

        answer = bridge.link(asset=f"{bridge.asset}-2")

        assert answer.status_code == 503
        assert [r for r in bridge.asked()[before:] if r["method"] == "POST" and "/hooks/" in r["path"]] == []
        assert bridge.ask("GET", f"links/application/{bridge.asset}-2").status_code == 404


def test_other_connections_do_not_wait_for_a_throttled_one(bridge: Bridge) -> None:
    other = Bridge.fresh(bridge.stack)
    bridge.fault(CREATE, "retry_after:300", times=50)
    bridge.send()

    def pause() -> str | None:
        paused: str | None = bridge.ask("GET", f"connections/{bridge.name}").json()["health"]["paused_until"]
        return paused

    eventually(pause, what="a pause")

    other.until(other.send(), "open")

    assert pause()
