"""The doctor of service hooks: whatever kills a subscription, one run brings it back, once, with what was missed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.ports import free_port
from shared.tickets.upkeep.rounds import Round
from tests.functional.bridge import Bridge, eventually
from tests.functional.service_hooks import (
    UPDATED,
    assert_sound,
    call,
    change,
    check,
    connection,
    delete_all,
    down,
    hooks,
    one,
    organisation,
    project_id,
    set_status,
    subscribe_with,
    subscriptions,
)
from tests.functional.simulated_azure_devops import receiver
from tests.functional.test_reconcile import start

type Kill = Callable[[Bridge], None]


def missing(bridge: Bridge) -> None:
    call(bridge, "DELETE", f"hooks/subscriptions/{one(bridge)['id']}")


def disabled(bridge: Bridge) -> None:
    set_status(bridge, "disabledBySystem")


def left(bridge: Bridge) -> None:
    set_status(bridge, "disabledByInactiveIdentity")


def probation(bridge: Bridge) -> None:
    set_status(bridge, "onProbation")


def elsewhere(bridge: Bridge) -> None:
    """As after a move of the functions: everything calls the old address."""
    subscribe_with(bridge, hooks(bridge, public_url=f"http://127.0.0.1:{free_port()}"))


def other_tag(bridge: Bridge) -> None:
    change(bridge, publisher={"tag": "other"})


def other_area(bridge: Bridge) -> None:
    change(bridge, publisher={"areaPath": "Web Shop\\Nowhere"})


def nothing_sent(bridge: Bridge) -> None:
    change(bridge, consumer={"resourceDetailsToSend": "none"})


def new_key(bridge: Bridge) -> None:
    """As after another HOOK_KEY: deliveries are refused."""
    subscribe_with(bridge, hooks(bridge, key="k" * 48))


LOSING: list[tuple[Kill, str]] = [
    (missing, "missing"),
    (disabled, "disabled_by_system"),
    (left, "disabled_by_inactive_identity"),
    (probation, "on_probation"),
    (elsewhere, "elsewhere"),
    (other_tag, "wrong_filter"),
    (other_area, "wrong_filter"),
    (nothing_sent, "wrong_filter"),
]


@pytest.mark.parametrize(("kill", "finding"), LOSING, ids=[kill.__name__ for kill, _ in LOSING])
def test_a_killed_subscription_is_back_once_with_what_was_missed(bridge: Bridge, kill: Kill, finding: str) -> None:
    ticket = bridge.until(bridge.send(), "open")
    kill(bridge)
    bridge.act(ticket["work_item"]["id"], state="Done", by="Jamal Hartnett")

    report = check(bridge)

    assert [finding] in [mended["findings"] for mended in report["mended"]]
    assert (report["subscriptions"], report["left"], report["problem"]) == (4, [], None)
    assert_sound(bridge)
    done = bridge.until(ticket["id"], "awaiting_validation")
    assert [entry["change"] for entry in done["history"]] == ["created", "updated"]
    again = check(bridge)
    assert (again["mended"], again["replayed"]) == ([], 0)
    (message,) = down(bridge)
    assert finding in message


def twice(bridge: Bridge) -> None:
    hook = one(bridge)
    call(bridge, "POST", "hooks/subscriptions", {**hook, "consumerInputs": {"url": hook["consumerInputs"]["url"]}})


def other_version(bridge: Bridge) -> None:
    change(bridge, resourceVersion="3.1-preview.3")


def old_epoch(bridge: Bridge) -> None:
    subscribe_with(bridge, hooks(bridge, epoch=0))


@pytest.mark.parametrize(
    ("kill", "finding"), [(twice, "duplicate"), (other_version, "wrong_version"), (old_epoch, "old_password")]
)
def test_what_loses_nothing_is_put_in_order_without_a_word(bridge: Bridge, kill: Kill, finding: str) -> None:
    ticket = bridge.until(bridge.send(), "open")
    kill(bridge)
    bridge.act(ticket["work_item"]["id"], state="Doing")
    eventually(lambda: bridge.ticket(ticket["id"])["work_item"]["state"] == "Doing", what="what is told all the same")

    report = check(bridge)

    assert [finding] in [mended["findings"] for mended in report["mended"]]
    assert_sound(bridge)
    bridge.act(ticket["work_item"]["id"], state="Done")
    bridge.until(ticket["id"], "awaiting_validation")
    assert down(bridge) == []


def test_another_key_is_rolled_out(bridge: Bridge) -> None:
    ticket = bridge.until(bridge.send(), "open")
    subscribe_with(bridge, hooks(bridge, key="k" * 48))
    bridge.act(ticket["work_item"]["id"], state="Done")
    eventually(lambda: one(bridge)["status"] == "onProbation", what="the refusal")

    check(bridge)

    assert_sound(bridge)
    bridge.until(ticket["id"], "awaiting_validation")


def test_what_failed_is_taken_in_even_when_the_feed_cannot_be_read(bridge: Bridge) -> None:
    ticket = bridge.until(bridge.send(), "open")
    change(bridge, consumer={"url": hooks(bridge, public_url=f"http://127.0.0.1:{free_port()}").url(bridge.name)})
    bridge.act(ticket["work_item"]["id"], state="Done", by="Jamal Hartnett")
    bridge.fault("GET .*workitemrevisions", "status:503", times=50)

    report = check(bridge)

    assert report["replayed"] >= 1
    done = bridge.until(ticket["id"], "awaiting_validation")
    assert done["history"][-1]["by"] == "Jamal Hartnett"


def test_a_failure_of_a_subscription_that_lives_is_taken_in_once(bridge: Bridge) -> None:
    """A person may enable it again before we see that it was down: nobody would look at what failed before."""
    ticket = bridge.until(bridge.send(), "open")
    right = one(bridge)["consumerInputs"]["url"]
    with receiver(410) as gone:
        change(bridge, consumer={"url": gone.url})
        bridge.act(ticket["work_item"]["id"], state="Done")
        eventually(lambda: failures(bridge), what="the failure")
    change(bridge, consumer={"url": right}, status="enabled")

    reports = [check(bridge), check(bridge)]

    assert [(report["replayed"], report["mended"]) for report in reports] == [(1, []), (0, [])]
    bridge.until(ticket["id"], "awaiting_validation")


def failures(bridge: Bridge) -> list[Any]:
    found = call(bridge, "GET", f"hooks/subscriptions/{one(bridge)['id']}/notifications").json()["value"]
    return [each for each in found if each["result"] == "failed"]


class TestByHand:
    def test_what_a_person_switched_off_stays_off_and_is_told_once(self, bridge: Bridge) -> None:
        call(bridge, "PUT", f"hooks/subscriptions/{one(bridge)['id']}", {**one(bridge), "status": "disabledByUser"})
        before = one(bridge)["id"]

        reports = [check(bridge), check(bridge)]
        assert bridge.link(asset=f"{bridge.asset}-2").status_code == 200

        assert (one(bridge)["id"], one(bridge)["status"]) == (before, "disabledByUser")
        for report in reports:
            assert [found["findings"] for found in report["left"]] == [["disabled_by_user"]]
            assert "delete it there" in report["left"][0]["hint"]
            assert report["subscriptions"] == 3
        (message,) = down(bridge)
        assert "disabled_by_user" in message
        (problem,) = bridge.ask("GET", f"connections/{bridge.name}").json()["health"]["hook_problems"]
        assert problem.startswith("Azure DevOps does not tell of workitem.")
        assert "in Web Shop: Somebody switched it off. Enable it in Azure DevOps" in problem
        missing(bridge)
        check(bridge)
        assert_sound(bridge)

    def test_a_change_is_told_again(self, bridge: Bridge) -> None:
        for event in (UPDATED, "workitem.deleted"):
            set_status(bridge, "disabledByUser", event)
            check(bridge)

        assert len(down(bridge)) == 2


class TestOthers:
    def test_nobody_elses_subscription_is_touched(self, bridge: Bridge) -> None:
        hook = one(bridge)
        foreign = f"https://other.example/api/hooks/{bridge.name}"
        strangers = [foreign, f"{foreign}?epoch=1-0123456789ab", f"{bridge.stack.addresses.functions}/api/hooks/x"]
        for url in strangers:
            call(bridge, "POST", "hooks/subscriptions", {**hook, "consumerInputs": {"url": url}})

        check(bridge)

        kept = {hook["consumerInputs"]["url"] for hook in subscriptions(bridge)}
        assert kept == {*strangers, hooks(bridge).url(bridge.name)}

    def test_removing_takes_those_of_one_project(self, bridge: Bridge) -> None:
        assert bridge.link(asset=f"{bridge.asset}-2", project="Mobile").status_code == 200
        call(bridge, "POST", "hooks/subscriptions", {**one_of(bridge), "consumerInputs": {"url": "https://x.example"}})

        for _ in range(2):
            hooks(bridge).remove(organisation(bridge), connection(bridge), project_id(bridge))

        assert len(subscriptions(bridge)) == 5
        assert {hook["publisherInputs"]["projectId"] for hook in subscriptions(bridge)[:4]} == {
            project_id(bridge, "Mobile")
        }

    def test_removing_takes_all_of_a_connection_from_wherever_they_call(self, bridge: Bridge) -> None:
        elsewhere(bridge)
        assert bridge.link(asset=f"{bridge.asset}-2", project="Mobile").status_code == 200
        call(bridge, "POST", "hooks/subscriptions", {**one_of(bridge), "consumerInputs": {"url": "https://x.example"}})
        assert len(subscriptions(bridge)) == 9

        hooks(bridge).remove(organisation(bridge), connection(bridge))

        assert [hook["consumerInputs"]["url"] for hook in subscriptions(bridge)] == ["https://x.example"]


def one_of(bridge: Bridge) -> dict[str, Any]:
    return next(hook for hook in subscriptions(bridge, UPDATED))


class TestRounds:
    def test_the_timer_mends(self, bridge: Bridge) -> None:
        ticket = bridge.until(bridge.send(), "open")
        missing(bridge)
        bridge.act(ticket["work_item"]["id"], state="Done")

        start(bridge, Round.DOCTOR)

        bridge.until(ticket["id"], "awaiting_validation")
        assert_sound(bridge)

    def test_two_at_once_make_one(self, bridge: Bridge) -> None:
        delete_all(bridge)

        with ThreadPoolExecutor(4) as threads:
            reports = list(threads.map(lambda _: check(bridge), range(4)))

        assert [report["problem"] for report in reports] == [None] * 4
        assert_sound(bridge)

    def test_a_listing_that_fails_changes_nothing_and_alarms_nobody(self, bridge: Bridge) -> None:
        delete_all(bridge)
        bridge.fault("GET .*_apis/hooks/subscriptions.*", "status:503", times=2)

        report = check(bridge)

        assert report["problem"]
        assert subscriptions(bridge) == []
        assert bridge.alerts() == []

    def test_a_history_that_cannot_be_read_keeps_nothing_from_being_mended(self, bridge: Bridge) -> None:
        ticket = bridge.until(bridge.send(), "open")
        disabled(bridge)
        bridge.act(ticket["work_item"]["id"], state="Done")
        bridge.fault("GET .*/notifications", "status:500", times=8)

        assert check(bridge)["subscriptions"] == 4

        assert_sound(bridge)
        bridge.until(ticket["id"], "awaiting_validation")

    def test_without_the_right_to_look_a_person_is_told_once(self, bridge: Bridge) -> None:
        powerless = {"organization": bridge.name, "user": "Bridge", "may_administer": False}
        bridge.token, administrator = bridge.control("POST", "personal-access-tokens", powerless)["token"], bridge.token
        assert bridge.connect().ok

        problems = [check(bridge)["problem"] for _ in range(2)]

        assert all("subscriptions" in problem["message"] for problem in problems)
        assert len(down(bridge)) == 1
        health = bridge.ask("GET", f"connections/{bridge.name}").json()["health"]
        assert (health["problem"], [right["name"] for right in health["missing_rights"]]) == (None, ["service_hooks"])
        (blind,) = health["hook_problems"]
        assert blind.startswith("Service hooks cannot be looked at: ")
        bridge.token = administrator
        assert bridge.connect().ok
        assert check(bridge)["problem"] is None
        health = bridge.ask("GET", f"connections/{bridge.name}").json()["health"]
        assert (health["hook_problems"], health["missing_rights"]) == ([], [])

    def test_a_lost_answer_to_a_creation_makes_no_second_one(self, bridge: Bridge) -> None:
        missing(bridge)
        bridge.fault("POST .*_apis/hooks/subscriptions.*", "drop_after")

        assert check(bridge)["problem"]
        check(bridge)

        assert_sound(bridge)

    def test_silence_while_people_change_things_is_told_once(self, bridge: Bridge) -> None:
        ticket = bridge.until(bridge.send(), "open")
        bridge.act(ticket["work_item"]["id"], state="Done", silent=True)
        start(bridge, Round.RECONCILE)
        bridge.until(ticket["id"], "awaiting_validation")

        def silent() -> bool:
            return bool(check(bridge)["silent_projects"] == ["Web Shop"])

        assert eventually(silent, what="the silence")
        check(bridge)
        assert [alert["kind"] for alert in bridge.alerts()] == ["hooks_silent"]
        problems = bridge.ask("GET", f"connections/{bridge.name}").json()["health"]["hook_problems"]
        assert problems == ["Nothing is heard of Web Shop although its work items change."]

        bridge.act(ticket["work_item"]["id"], state="To Do")
        bridge.until(ticket["id"], "open")
        assert check(bridge)["silent_projects"] == []


@pytest.mark.thorough
def test_a_hundred_links_to_one_project_share_one_set(bridge: Bridge) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda number: bridge.link(asset=f"{bridge.asset}-{number}"), range(99)))

    assert {answer.status_code for answer in answers} == {200}
    assert_sound(bridge)
    asked = len(bridge.asked())
    check(bridge)
    hook_calls = [request for request in bridge.asked()[asked:] if "/hooks/" in request["path"]]
    assert len(hook_calls) == 6  # a right, the listing, and what failed of each
