"""`DELETE /imports/{import}`: what it made and nobody touched goes to the recycle bin; the rest is listed and stays."""

from typing import Any

import pytest
from azure.data.tables import TableServiceClient

from local.stack import Stack
from tests.functional.bridge import Bridge, eventually

DELETE = "DELETE .*_apis/wit/workitems/.*"


def imported(bridge: Bridge, *ids: str) -> str:
    answer = bridge.import_([bridge.snapshot(id_) for id_ in ids])
    assert answer.status_code == 202, answer.text
    return str(answer.json()["import"])


def take_back(bridge: Bridge, import_id: str) -> dict[str, Any]:
    answer = bridge.ask("DELETE", f"imports/{import_id}")
    assert answer.status_code == 202, answer.text
    return undone(bridge, import_id)


def undone(bridge: Bridge, import_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = bridge.ask("GET", f"imports/{import_id}").json()
        return found if found["status"] == "undone" else None

    return eventually(look, what="the end of the undo")


def withdrawn(bridge: Bridge) -> int:
    """How many snapshots are marked as withdrawn."""
    storage = TableServiceClient.from_connection_string(bridge.stack.addresses.storage_connection_string)
    with storage, storage.get_table_client("tickets") as table:
        query = f"PartitionKey eq '{bridge.name}' and RowKey ge 'v|' and RowKey lt 'v|~' and withdrawn eq 'yes'"
        return sum(1 for _ in table.query_entities(query))


def there(bridge: Bridge) -> set[str]:
    """The titles of the work items that are not in the recycle bin."""
    return {item["title"] for item in bridge.work_items() if not item["deleted"]}


def item_of(bridge: Bridge, id_: str) -> int:
    return next(int(item["id"]) for item in bridge.work_items() if item["title"] == f"Finding {id_}")


def changes(bridge: Bridge, ticket: str) -> list[str]:
    return [entry["change"] for entry in bridge.ticket(ticket)["history"]]


class TestTakingBack:
    def test_untouched_items_are_recycled_and_touched_ones_listed(self, bridge: Bridge) -> None:
        import_id = imported(bridge, "V1", "V2", "V3")
        bridge.until_all(3)
        bridge.act(item_of(bridge, "V2"), state="Doing")

        found = take_back(bridge, import_id)

        assert there(bridge) == {"Finding V2"}
        assert (found["taken_back"], found["tickets"], found["more_left"]) == (2, 0, 0)
        (left,) = found["left"]
        assert left["reason"] == "touched"
        ticket = bridge.ticket(left["ticket"])
        assert (ticket["vulnerabilities"], ticket["status"]) == (["V2"], "open")

    @pytest.mark.thorough
    def test_a_touched_item_is_kept_up_to_date(self, bridge: Bridge) -> None:
        import_id = imported(bridge, "V1")
        bridge.until_all(1)
        item = item_of(bridge, "V1")
        bridge.act(item, fields={"System.AssignedTo": "Jamal Hartnett"})
        take_back(bridge, import_id)

        bridge.send("V1", title="New title")

        eventually(lambda: there(bridge) == {"New title"}, what="the new title")

    def test_the_ticket_and_the_platform_learn_of_it(self, bridge: Bridge) -> None:
        import_id = imported(bridge, "V1")
        (ticket,) = bridge.until_all(1)

        take_back(bridge, import_id)

        found = bridge.until(ticket["id"], "detached")
        assert found["error"]["code"] == "withdrawn"
        eventually(
            lambda: "withdrawn" in [message["change"] for message in bridge.updates(ticket["id"])], what="the update"
        )
        sequences = [message["sequence"] for message in bridge.updates(ticket["id"])]
        assert sequences == list(range(1, len(sequences) + 1))

    @pytest.mark.thorough
    def test_a_patch_of_our_own_is_no_touch(self, bridge: Bridge) -> None:
        import_id = imported(bridge, "V1")
        bridge.until_all(1)
        bridge.send("V1", title="Changed by us")
        eventually(lambda: there(bridge) == {"Changed by us"}, what="the change")

        found = take_back(bridge, import_id)

        assert (there(bridge), found["taken_back"]) == (set(), 1)

    def test_members_of_one_group_are_taken_back_together(self, stack: Stack) -> None:
        bridge = Bridge.fresh(stack, linked=False)
        bridge.connect()
        assert bridge.link(work_item_type="Issue", grouping="component").ok
        report = [bridge.snapshot(f"V{number}", component="log4j") for number in range(60)]
        import_id = str(bridge.import_([*report, bridge.snapshot("alone")]).json()["import"])
        bridge.until_all(2)

        found = take_back(bridge, import_id)

        assert (there(bridge), found["taken_back"], found["left"]) == (set(), 61, [])

    def test_only_what_the_import_made_is_taken_back(self, bridge: Bridge) -> None:
        imported(bridge, "V1")
        bridge.send("V2")
        second = imported(bridge, "V1", "V2", "V3")
        bridge.until_all(3)

        found = take_back(bridge, second)

        assert there(bridge) == {"Finding V1", "Finding V2"}
        assert found["taken_back"] == 1

    def test_what_the_platform_reports_besides_the_scan_stays(self, bridge: Bridge) -> None:
        answer = bridge.import_([bridge.snapshot("V1"), bridge.snapshot("V2")], params={"source": "scan"})
        bridge.until_all(2)
        ticket = bridge.send("V1")

        found = take_back(bridge, str(answer.json()["import"]))

        assert there(bridge) == {"Finding V1"}
        assert found["left"] == [{"ticket": ticket, "reason": "reported"}]

    @pytest.mark.thorough
    def test_what_was_not_created_yet_is_not_created(self, bridge: Bridge) -> None:
        bridge.connect(enabled=False)
        import_id = imported(bridge, "V1", "V2")
        assert len(bridge.tickets(status="waiting")) == 2

        assert bridge.ask("DELETE", f"imports/{import_id}").json()["status"] == "undoing"
        eventually(lambda: withdrawn(bridge) == 2, what="the round")
        bridge.connect(enabled=True)

        assert undone(bridge, import_id)["taken_back"] == 2
        assert (bridge.work_items(), bridge.tickets()) == ([], [])

    @pytest.mark.thorough
    def test_a_disabled_link_does_not_keep_it(self, bridge: Bridge) -> None:
        import_id = imported(bridge, "V1")
        bridge.until_all(1)
        bridge.link(enabled=False)

        take_back(bridge, import_id)

        assert there(bridge) == set()

    @pytest.mark.thorough
    def test_what_was_let_go_stays(self, bridge: Bridge) -> None:
        import_id = imported(bridge, "V1")
        (ticket,) = bridge.until_all(1)
        assert bridge.ask("DELETE", f"links/application/{bridge.asset}").status_code == 202
        bridge.until(ticket["id"], "detached")

        found = take_back(bridge, import_id)

        assert [entry["reason"] for entry in found["left"]] == ["detached"]
        assert there(bridge) == {"Finding V1"}

    @pytest.mark.thorough
    def test_what_lies_in_the_recycle_bin_already_stays_there(self, bridge: Bridge) -> None:
        import_id = imported(bridge, "V1")
        (ticket,) = bridge.until_all(1)
        bridge.act(ticket["work_item"]["id"], deleted=True)

        assert take_back(bridge, import_id)["taken_back"] == 1


class TestAgain:
    @pytest.mark.thorough
    def test_the_same_report_makes_new_items_and_can_be_taken_back_again(self, bridge: Bridge) -> None:
        import_id = imported(bridge, "V1")
        (first,) = bridge.until_all(1)
        take_back(bridge, import_id)

        assert imported(bridge, "V1") == import_id
        (second,) = bridge.until_all(1)

        assert second["id"] == first["id"]
        assert second["work_item"]["id"] > first["work_item"]["id"]
        sequences = [message["sequence"] for message in bridge.updates(first["id"])]
        assert sequences == list(range(1, len(sequences) + 1))
        assert take_back(bridge, import_id)["taken_back"] == 1
        assert there(bridge) == set()

    @pytest.mark.thorough
    def test_a_restored_item_is_taken_up_again(self, bridge: Bridge) -> None:
        import_id = imported(bridge, "V1")
        (ticket,) = bridge.until_all(1)
        take_back(bridge, import_id)
        bridge.act(ticket["work_item"]["id"], deleted=False)
        eventually(lambda: "restored" in changes(bridge, ticket["id"]), what="the restoring")

        bridge.send("V1", title="Back")

        eventually(lambda: there(bridge) == {"Back"}, what="the new title")
        assert len(bridge.work_items()) == 1

    def test_taking_back_twice_changes_nothing(self, bridge: Bridge) -> None:
        import_id = imported(bridge, "V1")
        bridge.until_all(1)
        found = take_back(bridge, import_id)

        assert bridge.ask("DELETE", f"imports/{import_id}").json() == found

    @pytest.mark.thorough
    def test_a_ticket_that_was_taken_back_cannot_be_retried(self, bridge: Bridge) -> None:
        import_id = imported(bridge, "V1")
        (ticket,) = bridge.until_all(1)
        take_back(bridge, import_id)

        assert bridge.ask("POST", f"tickets/{ticket['id']}/retry").status_code == 409

    def test_no_such_import(self, bridge: Bridge) -> None:
        for import_id in ("f" * 32, "short", "F%2F"):
            assert bridge.ask("GET", f"imports/{import_id}").status_code == 404
            assert bridge.ask("DELETE", f"imports/{import_id}").status_code == 404


class TestFaults:
    @pytest.mark.parametrize("fault", ["drop_after", "drop_before", "status:503"])
    def test_a_delete_whose_answer_is_lost_is_found_done(self, bridge: Bridge, fault: str) -> None:
        import_id = imported(bridge, "V1", "V2", "V3")
        bridge.until_all(3)
        bridge.fault(DELETE, fault, times=2)

        found = take_back(bridge, import_id)

        assert (there(bridge), found["taken_back"]) == (set(), 3)

    def test_a_lost_create_is_looked_for_before_it_is_taken_back(self, bridge: Bridge) -> None:
        bridge.fault("POST .*_apis/wit/workitems/.*", "drop_after")
        bridge.fault(
            "POST .*_apis/wit/wiql", "status:503", times=3
        )  # else it is found before anybody sees that it is lost
        import_id = imported(bridge, "V1")
        eventually(lambda: bridge.tickets(status="creating"), what="the attempt")

        take_back(bridge, import_id)

        assert there(bridge) == set()

    @pytest.mark.thorough
    def test_what_may_not_be_deleted_is_listed(self, bridge: Bridge) -> None:
        import_id = imported(bridge, "V1")
        bridge.until_all(1)
        bridge.fault(DELETE, "status:403", times=100)

        found = take_back(bridge, import_id)

        assert [entry["reason"] for entry in found["left"]] == ["refused"]
        assert there(bridge) == {"Finding V1"}
