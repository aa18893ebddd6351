"""What no service hook told is found by reading: the feed of revisions, every work item, and what tables lost."""

import json
from typing import Any

import pytest
import requests
from azure.data.tables import TableServiceClient

from shared.tickets.upkeep.rounds import Round
from tests.functional.bridge import PROJECT, Bridge, eventually

CREATE = "POST .*_apis/wit/workitems/.*"


def deaf(bridge: Bridge) -> Bridge:
    """A bridge that Azure DevOps tells nothing."""
    for subscription in hooks(bridge, "GET", "subscriptions").json()["value"]:
        hooks(bridge, "DELETE", f"subscriptions/{subscription['id']}")
    return bridge


def hooks(bridge: Bridge, method: str, path: str) -> requests.Response:
    url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}/_apis/hooks/{path}"
    params = {"api-version": "7.1"}
    answer = bridge.session.request(method, url, params=params, auth=("", bridge.token), timeout=30)
    assert answer.ok, answer.text
    return answer


def start(bridge: Bridge, what: Round) -> None:
    """Run a timer now."""
    url = f"{bridge.stack.addresses.functions}/admin/functions/{what}"
    key = {"x-functions-key": bridge.stack.addresses.host_key}
    answer = bridge.session.post(url, json={}, headers=key, timeout=30)
    assert answer.status_code == 202, answer.text


def reconcile(bridge: Bridge, **params: str) -> dict[str, Any]:
    answer = bridge.ask("POST", f"connections/{bridge.name}/reconcile", params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def rows(bridge: Bridge) -> Any:
    return TableServiceClient.from_connection_string(bridge.stack.addresses.storage_connection_string).get_table_client(
        "tickets"
    )


def lose_tables(bridge: Bridge) -> None:
    """As if tables were new: everything that is known of the connection's tickets is gone.

    What people did before was taken in: it must not come to the new tables.
    """
    eventually(lambda: all_delivered(bridge), what="the deliveries of all events")
    events = bridge.queue("service-hook-events")
    eventually(lambda: events.get_queue_properties().approximate_message_count == 0, what="the end of all events")
    table = rows(bridge)
    for row in list(table.query_entities(f"PartitionKey eq '{bridge.name}'")):
        table.delete_entity(row["PartitionKey"], row["RowKey"])


def all_delivered(bridge: Bridge) -> bool:
    notifications = bridge.control("GET", f"notifications?organization={bridge.name}")["notifications"]
    return all(one["status"] == "completed" for one in notifications)


class TestFeed:
    def test_a_change_that_no_hook_told_is_taken_in(self, bridge: Bridge) -> None:
        ticket = deaf(bridge).until(bridge.send(), "open")
        bridge.act(ticket["work_item"]["id"], state="Done")

        start(bridge, Round.RECONCILE)

        bridge.until(ticket["id"], "awaiting_validation")

    def test_a_deletion_and_a_restoring_that_no_hook_told(self, bridge: Bridge) -> None:
        ticket = deaf(bridge).until(bridge.send(), "open")
        item = ticket["work_item"]["id"]

        bridge.act(item, deleted=True)
        start(bridge, Round.RECONCILE)
        bridge.until(ticket["id"], "deleted")
        bridge.act(item, deleted=False)
        start(bridge, Round.RECONCILE)

        bridge.until(ticket["id"], "open")

    def test_a_card_that_was_moved_before_it_was_deleted_is_shown_as_it_was_left(self, bridge: Bridge) -> None:
        ticket = deaf(bridge).until(bridge.send(), "open")
        bridge.act(ticket["work_item"]["id"], state="Done")
        bridge.act(ticket["work_item"]["id"], deleted=True)

        start(bridge, Round.RECONCILE)

        left = bridge.until(ticket["id"], "deleted")["work_item"]
        assert (left["state"], left["category"], left["revision"]) == ("Done", "Completed", 3)

    def test_the_same_state_as_with_hooks(self, bridge: Bridge) -> None:
        """The history differs in nothing but its times."""
        told, deaf_one = bridge, deaf(Bridge.fresh(bridge.stack))
        seen = []
        for one in (told, deaf_one):
            ticket = one.until(one.send(), "open")
            one.act(ticket["work_item"]["id"], state="Done", by="Jamal <jamal@example.org>")
            if one is deaf_one:
                start(one, Round.RECONCILE)
            done = one.until(ticket["id"], "awaiting_validation")
            brief = [(entry["change"], entry["by"], entry["to"]) for entry in done["history"]]
            item = {k: v for k, v in done["work_item"].items() if k not in ("url", "id")}
            seen.append((brief, item))

        assert seen[0] == seen[1]

    def test_what_was_read_is_not_read_again(self, bridge: Bridge) -> None:
        ticket = deaf(bridge).until(bridge.send(), "open")
        start(bridge, Round.RECONCILE)
        eventually(lambda: self.feeds(bridge) >= 1, what="the first reading")
        before = json.dumps(self.token(bridge))

        bridge.act(ticket["work_item"]["id"], state="Doing")
        start(bridge, Round.RECONCILE)
        eventually(lambda: bridge.ticket(ticket["id"])["work_item"]["state"] == "Doing", what="the state")

        assert eventually(lambda: json.dumps(self.token(bridge)) != before, what="the next token")

    def token(self, bridge: Bridge) -> Any:
        query = f"PartitionKey eq '{bridge.name}' and RowKey ge 'f|' and RowKey lt 'f|~'"
        return [row["token"] for row in rows(bridge).query_entities(query)]

    def feeds(self, bridge: Bridge) -> int:
        return len(self.token(bridge))

    @pytest.mark.thorough
    def test_a_paused_connection_is_left_alone(self, bridge: Bridge) -> None:
        ticket = deaf(bridge).until(bridge.send(), "open")
        bridge.act(ticket["work_item"]["id"], state="Done")
        bridge.fault("GET .*workitemrevisions", "retry_after:5")
        start(bridge, Round.RECONCILE)

        def problem() -> Any:
            return bridge.ask("GET", f"connections/{bridge.name}").json()["health"]["problem"]

        assert eventually(problem, what="a pause")["code"] == "throttled"

        def taken_in() -> bool:
            start(bridge, Round.RECONCILE)
            return bool(bridge.ticket(ticket["id"])["status"] == "awaiting_validation")

        assert eventually(taken_in, what="the state")


class TestVerify:
    def test_an_item_moved_to_a_project_that_is_not_linked(self, bridge: Bridge) -> None:
        ticket = deaf(bridge).until(bridge.send(), "open")
        bridge.act(ticket["work_item"]["id"], fields={"System.TeamProject": "Mobile", "System.State": "Active"})

        start(bridge, Round.VERIFY)

        eventually(lambda: bridge.ticket(ticket["id"])["work_item"]["project"] == "Mobile", what="the move")

    def test_a_dry_run_says_what_differs_and_changes_nothing(self, bridge: Bridge) -> None:
        ticket = deaf(bridge).until(bridge.send(), "open")
        item = ticket["work_item"]["id"]
        bridge.act(item, state="Done")

        found = reconcile(bridge, dry_run="true")

        (difference,) = found["differences"]
        assert (difference["ticket"], difference["work_item"]) == (ticket["id"], item)
        assert (difference["known"]["state"], difference["found"]["state"]) == ("To Do", "Done")
        assert not found["mended"]
        assert bridge.ticket(ticket["id"])["status"] == "open"
        reconcile(bridge)
        assert bridge.ticket(ticket["id"])["status"] == "awaiting_validation"
        assert reconcile(bridge, dry_run="true")["differences"] == []

    def test_deleted_ones_are_found(self, bridge: Bridge) -> None:
        ticket = deaf(bridge).until(bridge.send(), "open")
        bridge.act(ticket["work_item"]["id"], deleted=True)

        start(bridge, Round.VERIFY)

        bridge.until(ticket["id"], "deleted")

    def test_what_is_nowhere_is_unknown_and_changes_nothing(self, bridge: Bridge) -> None:
        ticket = deaf(bridge).until(bridge.send(), "open")
        item = ticket["work_item"]["id"]
        url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}/{PROJECT}/_apis/wit/workitems/{item}"
        destroy = {"api-version": "7.1", "destroy": "true"}
        assert bridge.session.delete(url, params=destroy, auth=("", bridge.token), timeout=30).ok

        found = reconcile(bridge)

        assert found["unknown"] == [item]
        assert bridge.ticket(ticket["id"])["status"] == "open"

    def test_many_are_read_in_two_hundreds(self, bridge: Bridge) -> None:
        deaf(bridge).import_([bridge.snapshot(f"V{number}") for number in range(230)])
        bridge.until_all(230)
        before = len(bridge.asked())

        found = reconcile(bridge, dry_run="true")

        assert (found["checked"], found["differences"], found["continuation"]) == (230, [], None)
        reads = [one for one in bridge.asked()[before:] if one["path"].endswith("/workitemsbatch")]
        assert len(reads) == 2

    def test_words_for_bad_parameters(self, bridge: Bridge) -> None:
        answer = bridge.ask("POST", f"connections/{bridge.name}/reconcile", params={"dry_run": "perhaps"})

        assert answer.status_code == 400
        assert answer.json()["problems"][0]["field"] == "dry_run"
        assert bridge.ask("POST", "connections/nobody/reconcile").status_code == 404


class TestLostTables:
    def test_a_snapshot_that_is_sent_again_makes_no_second_item(self, bridge: Bridge) -> None:
        ticket = bridge.until(bridge.send(), "open")
        lose_tables(bridge)

        bridge.send()
        again = bridge.until(ticket["id"], "open")

        assert again["work_item"]["id"] == ticket["work_item"]["id"]
        assert len(bridge.work_items()) == 1
        assert again["asset"] == {"kind": "application", "id": bridge.asset}

    def test_what_a_person_wrote_meanwhile_stays(self, bridge: Bridge) -> None:
        ticket = bridge.until(bridge.send(), "open")
        lose_tables(bridge)
        bridge.act(ticket["work_item"]["id"], fields={"System.Title": "mine"})

        bridge.send(title="Ours has changed, too")
        bridge.until(ticket["id"], "open")

        def said() -> bool:
            (item,) = bridge.work_items()
            return "Ours has changed, too" in " ".join(item["comments"])

        eventually(said, what="a comment")
        assert bridge.work_items()[0]["title"] == "mine"

    def test_rows_are_rebuilt_by_hand_deleted_items_included(self, bridge: Bridge) -> None:
        alive, dead = (bridge.until(bridge.send(id_), "open") for id_ in ("V1", "V2"))
        bridge.act(dead["work_item"]["id"], deleted=True)
        bridge.until(dead["id"], "deleted")
        lose_tables(bridge)

        found = reconcile(bridge, adopt="true")

        assert found["adopted"] == 2
        eventually(lambda: not self.pending(bridge), what="an end of the work: nobody knows what they should say")
        assert bridge.ticket(alive["id"])["work_item"]["id"] == alive["work_item"]["id"]
        assert bridge.ticket(dead["id"])["status"] == "deleted"
        bridge.send("V2")
        bridge.send("V1")
        bridge.until(alive["id"], "open")
        assert len(bridge.work_items()) == 2
        assert reconcile(bridge, adopt="true")["adopted"] == 0

    def test_what_was_said_before_the_tables_were_lost_is_not_told_again(self, bridge: Bridge) -> None:
        made = bridge.until(bridge.send(severity="low"), "open")
        number = made["work_item"]["id"]
        bridge.send(severity="critical")
        eventually(lambda: bridge.work_items()[0]["comments"], what="our comment")
        bridge.act(number, comment="Long ago")
        lose_tables(bridge)
        assert reconcile(bridge, adopt="true")["adopted"] == 1

        bridge.act(number, comment="And now", silent=True)
        reconcile(bridge)

        assert eventually(lambda: self.told(bridge, made), what="what was said since") == ["And now"]

    def test_history_that_outlived_its_ticket(self, bridge: Bridge) -> None:
        """Its numbers were told, so what happens now is told by the next ones."""
        made = deaf(bridge).until(bridge.send(), "open")
        number, table = made["work_item"]["id"], rows(bridge)
        bridge.act(number, comment="Before")
        reconcile(bridge)
        assert self.told(bridge, made) == ["Before"]
        (ticket,) = table.query_entities(f"PartitionKey eq '{bridge.name}' and RowKey ge 't|' and RowKey lt 't|~'")
        table.upsert_entity({**ticket, "history": 0})

        bridge.act(number, comment="After")
        reconcile(bridge)

        assert self.told(bridge, made) == ["Before", "After"]
        sequences = [entry["sequence"] for entry in bridge.ticket(made["id"])["history"]]
        assert sequences == list(range(1, len(sequences) + 1))

    def told(self, bridge: Bridge, ticket: dict[str, Any]) -> list[str]:
        return [entry["comment"]["text"] for entry in bridge.ticket(ticket["id"])["history"] if entry["comment"]]

    def test_tables_of_yesterday(self, bridge: Bridge) -> None:
        """Restored: one ticket is as it was, one is not there yet, and its project counts as compared."""
        old = bridge.until(bridge.send("V1"), "open")
        table = rows(bridge)
        yesterday = [dict(row) for row in table.query_entities(f"PartitionKey eq '{bridge.name}'")]
        new = bridge.until(bridge.send("V2"), "open")
        bridge.act(old["work_item"]["id"], state="Done")
        bridge.until(old["id"], "awaiting_validation")
        lose_tables(bridge)
        for row in yesterday:
            table.upsert_entity(row)

        found = reconcile(bridge, adopt="true")

        assert found["adopted"] == 1
        bridge.until(old["id"], "awaiting_validation")
        assert bridge.ticket(new["id"])["work_item"]["id"] == new["work_item"]["id"]
        bridge.send("V2")
        bridge.until(new["id"], "open")
        assert len(bridge.work_items()) == 2

    def pending(self, bridge: Bridge) -> list[str]:
        query = f"PartitionKey eq '{bridge.name}' and RowKey ge 'p|' and RowKey lt 'p|~'"
        return [row["RowKey"] for row in rows(bridge).query_entities(query)]


class TestDuplicates:
    def lost(self, bridge: Bridge) -> dict[str, Any]:
        """A ticket whose create is carried out so late that another one was made: look-ups saw nothing."""
        bridge.fault(CREATE, "held")
        ticket = bridge.until(bridge.send(), "open")
        bridge.control("POST", "releases")
        eventually(lambda: len(bridge.work_items()) == 2, what="the second item")
        return ticket

    def test_the_later_one_is_removed(self, bridge: Bridge) -> None:
        ticket = self.lost(bridge)

        start(bridge, Round.RECONCILE)

        def healed() -> bool:
            return [item["deleted"] for item in bridge.work_items()] == [False, True]

        eventually(healed, what="the removal")
        assert bridge.ticket(ticket["id"])["work_item"]["id"] == bridge.work_items()[0]["id"]
        assert bridge.ticket(ticket["id"])["status"] == "open"

    @pytest.mark.thorough
    def test_one_that_a_person_touched_stays_and_somebody_is_told(self, bridge: Bridge) -> None:
        ticket = self.lost(bridge)
        first, second = (item["id"] for item in bridge.work_items())
        bridge.act(second, fields={"System.Title": "somebody works on this"})

        start(bridge, Round.RECONCILE)

        def said() -> bool:
            return str(first) in " ".join(bridge.work_items()[1]["comments"])

        eventually(said, what="the comment")
        assert not bridge.work_items()[1]["deleted"]
        assert "Phoenix_Security_Duplicate" in bridge.work_items()[1]["tags"]
        assert len(bridge.work_items()[1]["comments"]) == 1
        eventually(lambda: ticket["id"] in alerts(bridge), what="the alert")

    @pytest.mark.thorough
    def test_a_copy_that_a_person_made_is_no_duplicate(self, bridge: Bridge) -> None:
        ticket = bridge.until(bridge.send(), "open")
        (item,) = bridge.work_items()
        link = next(r["url"] for r in item["relations"] if r["rel"] == "Hyperlink")
        self.make(bridge, "a copy", link)
        start(bridge, Round.RECONCILE)
        self.make(bridge, "a duplicate", f"{link.partition('?')[0]}?attempt=0123456789abcdef")
        start(bridge, Round.RECONCILE)

        def removed() -> list[str]:
            return [one["title"] for one in bridge.work_items() if one["deleted"]]

        # What came to light later is healed: so the copy was looked at, too.
        assert eventually(removed, what="the end of the duplicate") == ["a duplicate"]
        assert bridge.ticket(ticket["id"])["work_item"]["id"] == item["id"]

    def make(self, bridge: Bridge, title: str, link: str) -> None:
        patch = [
            {"op": "add", "path": "/fields/System.Title", "value": title},
            {"op": "add", "path": "/fields/System.Tags", "value": "Phoenix_Security"},
            {"op": "add", "path": "/relations/-", "value": {"rel": "Hyperlink", "url": link}},
        ]
        url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}/{PROJECT}/_apis/wit/workitems/$Issue"
        headers = {"Content-Type": "application/json-patch+json"}
        version = {"api-version": "7.1"}
        made = bridge.session.post(
            url, params=version, json=patch, auth=("", bridge.token), headers=headers, timeout=30
        )
        assert made.ok, made.text


def alerts(bridge: Bridge) -> str:
    return json.dumps(bridge.alerts())


def test_a_link_that_is_mended_tries_again_what_failed(bridge: Bridge) -> None:
    rule = {"required": True}
    where = {"organization": bridge.name, "project": PROJECT, "type": "Issue"}
    bridge.control("POST", "rules", {**where, "field": "Custom.Team", "rule": rule})
    failed = bridge.until(bridge.send(), "failed")
    bridge.control("POST", "rules", {**where, "field": "Custom.Team", "rule": {"required": False}})

    assert bridge.link().status_code == 200

    bridge.until(failed["id"], "open")


@pytest.mark.thorough
def test_a_connection_that_does_not_answer_pauses_and_goes_on(bridge: Bridge) -> None:
    bridge.until(bridge.send("V0"), "open")
    bridge.fault("POST .*_apis/wit/.*", "status:503", times=6)

    for number in range(1, 5):
        bridge.send(f"V{number}")

    def problem() -> bool:
        found = bridge.ask("GET", f"connections/{bridge.name}").json()["health"]["problem"]
        return bool(found) and found["code"] == "unreachable"

    eventually(problem, what="the pause")
    bridge.until_all(5)
    assert len(bridge.work_items()) == 5
