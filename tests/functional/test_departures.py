"""Links and connections that are deleted or move: nothing is lost, nothing is written any more, and it always ends."""

from typing import Any

import pytest

from tests.functional.bridge import PROJECT, Bridge, eventually

VERSION = {"api-version": "7.1"}


def subscriptions(bridge: Bridge) -> list[tuple[str, str]]:
    url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}/_apis/hooks/subscriptions"
    answer = bridge.session.get(url, params=VERSION, auth=("", bridge.token), timeout=30)
    return sorted((hook["publisherInputs"]["projectId"], hook["eventType"]) for hook in answer.json()["value"])


def until_gone(bridge: Bridge, path: str) -> None:
    eventually(lambda: bridge.ask("GET", path).status_code == 404, what=f"the end of {path}")


def link_path(bridge: Bridge) -> str:
    return f"links/application/{bridge.asset}"


def end(bridge: Bridge, path: str) -> None:
    assert bridge.ask("DELETE", path).status_code == 202
    until_gone(bridge, path)


class TestDeletingALink:
    def test_its_tickets_are_kept_detached_and_nothing_is_written(self, bridge: Bridge) -> None:
        ticket, waiting = bridge.send(), bridge.send("W1", status="fixed")
        item = bridge.until(ticket, "open")["work_item"]
        bridge.until(waiting, "closed")
        asked = len(bridge.asked())

        answer = bridge.ask("DELETE", link_path(bridge))
        until_gone(bridge, link_path(bridge))

        assert (answer.status_code, answer.json()["state"]) == (202, "deleting")
        found = bridge.ticket(ticket)
        assert (found["status"], found["work_item"]["id"]) == ("detached", item["id"])
        assert found["error"]["code"] == "detached"
        assert found["history"][-1]["change"] == "detached"
        assert bridge.ticket(waiting)["status"] == "detached"
        assert eventually(lambda: [u for u in bridge.updates(ticket) if u["change"] == "detached"], what="a message")
        assert subscriptions(bridge) == []
        assert bridge.ask("POST", "tickets", json=bridge.snapshot()).status_code == 422
        changes = [one for one in bridge.asked()[asked:] if "wit/workitems" in one["path"].lower()]
        assert [one for one in changes if one["method"] in ("POST", "PATCH", "DELETE")] == []
        assert bridge.ask("DELETE", link_path(bridge)).status_code == 404

    def test_another_link_keeps_the_subscriptions(self, bridge: Bridge) -> None:
        assert bridge.link(asset=f"{bridge.asset}-2").ok
        before = subscriptions(bridge)

        end(bridge, link_path(bridge))
        assert subscriptions(bridge) == before
        end(bridge, f"{link_path(bridge)}-2")
        assert subscriptions(bridge) == []

    def test_linked_again_a_detached_ticket_stays_so_until_it_is_retried(self, bridge: Bridge) -> None:
        ticket = bridge.send(title="first")
        bridge.until(ticket, "open")
        end(bridge, link_path(bridge))
        refused = bridge.ask("POST", f"tickets/{ticket}/retry")
        assert bridge.link().ok

        assert bridge.send(title="second") == ticket
        eventually(lambda: bridge.ticket(ticket)["title"] == "second", what="the newest title")
        assert bridge.ticket(ticket)["status"] == "detached"
        assert [item["title"] for item in bridge.work_items()] == ["first"]

        assert bridge.ask("POST", f"tickets/{ticket}/retry").status_code == 202
        bridge.until(ticket, "open")
        eventually(lambda: bridge.work_items()[0]["title"] == "second", what="the newest title in the item")
        assert len(bridge.work_items()) == 1
        assert refused.status_code == 409

    def test_azure_devops_that_does_not_answer_delays_it(self, bridge: Bridge) -> None:
        ticket = bridge.send()
        bridge.until(ticket, "open")
        bridge.fault("DELETE _apis/hooks/subscriptions/*", "status:503", times=2)

        end(bridge, link_path(bridge))

        assert subscriptions(bridge) == []
        assert bridge.ticket(ticket)["status"] == "detached"


class TestDeletingAConnection:
    def test_links_hooks_tickets_and_secrets_go_in_their_order(self, bridge: Bridge) -> None:
        ticket = bridge.send()
        bridge.until(ticket, "open")

        end(bridge, f"connections/{bridge.name}")

        assert bridge.ask("GET", link_path(bridge)).status_code == 404
        assert subscriptions(bridge) == []
        assert bridge.ticket(ticket)["status"] == "detached"
        assert [one["id"] for one in bridge.tickets()] == [ticket]
        names = [
            one["connection"]
            for one in bridge.ask("GET", "connections", params={"limit": "1000"}).json()["connections"]
        ]
        assert bridge.name not in names

    def test_its_name_may_be_used_again_for_the_same_organisation(self, bridge: Bridge) -> None:
        ticket = bridge.send()
        bridge.until(ticket, "open")
        end(bridge, f"connections/{bridge.name}")
        elsewhere = f"{bridge.stack.addresses.azure_devops}/contoso"

        other = bridge.connect(url=elsewhere)
        assert bridge.connect().ok
        assert bridge.link().ok
        bridge.until(bridge.send("V2"), "open")

        assert other.status_code == 409
        assert bridge.ticket(ticket)["status"] == "detached"

    def test_a_dead_credential_does_not_keep_it(self, bridge: Bridge) -> None:
        ticket = bridge.send()
        bridge.until(ticket, "open")
        bridge.control("DELETE", f"personal-access-tokens/{bridge.token}")

        end(bridge, f"connections/{bridge.name}")

        assert bridge.ticket(ticket)["status"] == "detached"


class TestMoving:
    def test_open_tickets_must_be_spoken_of(self, bridge: Bridge) -> None:
        for name in ("V1", "V2"):
            bridge.until(bridge.send(name), "open")

        answer = bridge.link(project="Mobile")
        strange = move(bridge, "burn", project="Mobile")

        assert (answer.status_code, strange.status_code) == (409, 400)
        assert "2 open tickets" in answer.json()["detail"]
        assert bridge.ask("GET", link_path(bridge)).json()["project"] == PROJECT
        assert bridge.link(tags=["other"]).ok

    def test_kept_tickets_stay_where_they_are(self, bridge: Bridge) -> None:
        old = bridge.send("V1")
        bridge.until(old, "open")

        assert move(bridge, "keep", project="Mobile").ok
        bridge.send("V1", title="newer")
        new = bridge.until(bridge.send("V2"), "open")
        eventually(lambda: "newer" in {item["title"] for item in bridge.work_items()}, what="the newer title")

        assert {item["title"]: item["project"] for item in bridge.work_items()} == {
            "newer": PROJECT,
            "Finding V2": "Mobile",
        }
        assert new["work_item"]["project"] == "Mobile"
        assert len({project for project, _ in subscriptions(bridge)}) == 2
        (earlier,) = bridge.ask("GET", link_path(bridge)).json()["earlier"]
        assert earlier == {"connection": bridge.name, "project": PROJECT, "closing": False}

    def test_closed_tickets_are_told_why_and_detached(self, bridge: Bridge) -> None:
        old = bridge.send("V1")
        bridge.until(old, "open")

        assert move(bridge, "close", project="Mobile").ok
        found = bridge.until(old, "detached")
        bridge.until(bridge.send("V2"), "open")

        (item,) = [one for one in bridge.work_items() if one["project"] == PROJECT]
        assert (item["state"], found["work_item"]["category"]) == ("Done", "Completed")
        assert "Mobile" in item["comments"][-1]
        eventually(lambda: not bridge.ask("GET", link_path(bridge)).json()["earlier"], what="the end of the move")
        assert len({project for project, _ in subscriptions(bridge)}) == 1

        assert bridge.ask("POST", f"tickets/{old}/retry").status_code == 202
        again = bridge.until(old, "open")
        assert again["work_item"]["project"] == "Mobile"
        assert again["work_item"]["id"] != item["id"]

    @pytest.mark.parametrize("existing", ["keep", "close"])
    def test_to_another_connection(self, bridge: Bridge, existing: str) -> None:
        other = Bridge.fresh(bridge.stack)
        old = bridge.send("V1")
        bridge.until(old, "open")

        assert move(bridge, existing, connection=other.name).ok
        again = bridge.send("V1", title="newer")
        bridge.import_([bridge.snapshot("V1", title="newest"), bridge.snapshot("V3")])
        new = bridge.send("V2")
        bridge.until(new, "open")

        assert new.startswith(other.name)
        if existing == "keep":
            assert again == old
            eventually(lambda: bridge.work_items()[0]["title"] == "newest", what="the newest title")
            titles = ["Finding V2", "Finding V3"]
            eventually(lambda: sorted(item["title"] for item in other.work_items()) == titles, what="all items")
        else:
            assert again.startswith(other.name)
            assert bridge.until(old, "detached")["work_item"]["category"] == "Completed"
            titles = ["Finding V2", "Finding V3", "newest"]
            eventually(lambda: sorted(item["title"] for item in other.work_items()) == titles, what="the newest title")

    def test_deleting_a_link_that_moved_lets_all_its_tickets_go(self, bridge: Bridge) -> None:
        other = Bridge.fresh(bridge.stack)
        old = bridge.send("V1")
        bridge.until(old, "open")
        assert move(bridge, "keep", connection=other.name).ok
        new = bridge.send("V2")
        bridge.until(new, "open")

        end(bridge, link_path(bridge))

        assert [bridge.ticket(ticket)["status"] for ticket in (old, new)] == ["detached", "detached"]
        assert subscriptions(bridge) == []
        assert subscriptions(other) != []


def move(bridge: Bridge, existing: str, **changes: Any) -> Any:
    body = {"connection": bridge.name, "project": PROJECT, **changes}
    return bridge.ask("PUT", link_path(bridge), json=body, params={"existing": existing})
