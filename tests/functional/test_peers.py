"""Failures of other bridges that no other test is named for; `tests/peers.py` has all of them."""

from tests.functional.bridge import Bridge, eventually


def shows(bridge: Bridge, field: str, text: str) -> None:
    eventually(lambda: text in bridge.work_items()[0]["fields"][field], what=f"{text} in {field}")


def test_a_card_in_progress_stays_there_whatever_is_scanned(bridge: Bridge) -> None:
    item = bridge.until(bridge.send(), "open")["work_item"]["id"]
    bridge.act(item, state="Doing")

    for n in range(3):
        bridge.send(title=f"Scan {n}")
        shows(bridge, "System.Title", f"Scan {n}")

    assert bridge.work_items()[0]["fields"]["System.State"] == "Doing"


def test_a_refused_closing_is_not_counted_as_closed(bridge: Bridge) -> None:
    ticket = bridge.send()
    bridge.until(ticket, "open")
    bridge.fault("PATCH .*_apis/wit/workitems/.*", "status:400")

    bridge.send(status="fixed")
    failed = bridge.until(ticket, "failed")
    assert failed["work_item"]["category"] == "Proposed"
    assert failed["error"]["message"]

    assert bridge.ask("POST", f"tickets/{ticket}/retry").status_code == 202
    bridge.until(ticket, "closed")


def test_a_renamed_card_is_the_same_card(bridge: Bridge) -> None:
    ticket = bridge.send(title="As the platform calls it")
    item = bridge.until(ticket, "open")["work_item"]["id"]
    bridge.act(item, fields={"System.Title": "As the team calls it"})

    bridge.send(title="As it is called now", remediation="Update it.")
    shows(bridge, "System.Description", "Update it.")
    bridge.send(status="fixed")
    bridge.until(ticket, "closed")

    assert [found["fields"]["System.Title"] for found in bridge.work_items()] == ["As the team calls it"]


def test_an_apostrophe_in_a_name_breaks_no_query(bridge: Bridge) -> None:
    """The answer to the creation is lost, so the item is looked for by a query that names the tag."""
    other = Bridge.fresh(bridge.stack, linked=False)
    other.asset = "O'Brien's ' OR 1=1 --"
    assert other.connect(tag="O'Brien's").ok
    assert other.link(asset="O'Brien's%20'%20OR%201=1%20--").ok
    other.fault("POST .*_apis/wit/workitems/.*", "drop_after")

    other.until(other.send("it's"), "open")

    assert len(other.work_items()) == 1


def test_a_group_that_grows_keeps_its_card(bridge: Bridge) -> None:
    assert bridge.link(grouping="component").ok
    ticket = bridge.send("V1", component="log4j")
    bridge.until(ticket, "open")

    for n in (2, 3):
        assert bridge.send(f"V{n}", component="log4j") == ticket
        shows(bridge, "System.Description", f"Finding V{n}")

    assert len(bridge.work_items()) == 1


def test_a_closed_card_proves_no_fix(bridge: Bridge) -> None:
    ticket = bridge.send()
    item = bridge.until(ticket, "open")["work_item"]["id"]

    bridge.act(item, state="Done")

    bridge.until(ticket, "awaiting_validation")
    told = eventually(lambda: bridge.updates(ticket)[-1:], what="an update")[0]
    assert told["current"]["status"] != "closed"


def test_states_that_cannot_be_asked_for_reopen_and_close_nothing(bridge: Bridge) -> None:
    """The card becomes one of a type whose states nobody has asked for yet."""
    ticket = bridge.send()
    item = bridge.until(ticket, "open")["work_item"]["id"]
    bridge.fault("GET .*/workitemtypes/Task", "status:500", times=2)

    bridge.act(item, fields={"System.WorkItemType": "Task"})
    eventually(lambda: bridge.ticket(ticket)["work_item"]["type"] == "Task", what="the event")
    eventually(lambda: len(bridge.updates(ticket)) >= 2, what="the update")

    assert bridge.ticket(ticket)["status"] == "open"
    assert not [request for request in bridge.asked() if request["method"] == "PATCH"], "something was written"
    assert [told["change"] for told in bridge.updates(ticket)] == ["created", "updated"]


def test_no_query_is_made_where_nothing_is_unknown(bridge: Bridge) -> None:
    bridge.until(bridge.send("V1"), "open")
    before = queries(bridge)

    for n in range(2, 5):
        bridge.until(bridge.send(f"V{n}"), "open")
    bridge.send("V1", status="fixed")
    bridge.until_all(1, "closed")

    assert queries(bridge) == before


def queries(bridge: Bridge) -> int:
    return sum("_apis/wit/wiql" in request["path"].casefold() for request in bridge.asked())


def test_only_subscriptions_of_web_hooks_are_listed(bridge: Bridge) -> None:
    assert bridge.ask("POST", f"connections/{bridge.name}/check").ok

    listed = [one for one in bridge.asked() if one["path"].endswith("/hooks/subscriptions") and one["method"] == "GET"]
    assert listed
    assert {one["query"].get("consumerid") for one in listed} == {"webHooks"}


def test_line_breaks_reach_the_card(bridge: Bridge) -> None:
    bridge.until(bridge.send(description="First.\n\nSecond.\n\n- one\n- two\n"), "open")

    text = bridge.work_items()[0]["fields"]["System.Description"]

    assert "<p>First.</p>" in text
    assert "<p>Second.</p>" in text
    assert "<li>one</li>" in text
