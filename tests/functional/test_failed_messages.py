"""`/failed-messages` as an administrator uses it, and what the sender of a bad message gets to know."""

import json
from typing import Any

import pytest

from tests.functional.bridge import Bridge, eventually

HOSTILE = "<script>alert(1)</script>\u202e{{7*7}}\x00\x1b[2J" + "x" * 6_000


def put(bridge: Bridge, body: Any) -> str:
    """Send one message and return its id."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return str(bridge.queue("ticket-requests").send_message(text.decode()).id)


def listed(bridge: Bridge, **params: str) -> list[dict[str, Any]]:
    return list(bridge.ask("GET", "failed-messages", params=params).json()["failed_messages"])


def failed(bridge: Bridge, message: str) -> dict[str, Any]:
    """Return a failed message by its id on the queue, as soon as there is one."""
    return eventually(
        lambda: next((entry for entry in listed(bridge) if entry["message"] == message), None), what=f"failed {message}"
    )


def told(bridge: Bridge, queue: str, name: str, value: str) -> dict[str, Any]:
    """Return the message on a queue of ours whose property has a value."""

    def look() -> dict[str, Any] | None:
        if queue == "ticket-updates":
            found = bridge.updates(None)
        else:
            found = [json.loads(m.content) for m in bridge.queue(queue).receive_messages(visibility_timeout=1)]
        return next((message for message in found if message.get(name) == value), None)

    return eventually(look, what=f"{name} {value} on {queue}")


def unlinked(bridge: Bridge, id_: str = "V1") -> dict[str, Any]:
    return bridge.snapshot(id_, asset={"kind": "application", "id": f"new-{bridge.name}"})


def test_what_is_shown(bridge: Bridge) -> None:
    body = unlinked(bridge)
    message = put(bridge, body)

    found = failed(bridge, message)

    assert (found["queue"], found["code"]) == ("ticket-requests", "refused")
    assert "is not linked" in found["problems"][0]["message"]
    assert found["hint"]
    assert json.loads(found["payload"]) == body
    assert (found["vulnerability"], found["asset"]) == ("V1", body["vulnerability"]["asset"])
    assert found["sent_at"] <= found["failed_at"]


def test_the_sender_and_a_person_are_told(bridge: Bridge) -> None:
    found = failed(bridge, message := put(bridge, unlinked(bridge)))

    update = told(bridge, "ticket-updates", "message", message)
    alert = told(bridge, "alerts", "subject", found["id"])

    assert update["error"] == {name: found[name] for name in ("code", "hint")} | {"message": found["reason"]}
    assert (update["ticket"], update["sequence"], update["change"]) == (None, 0, "refused")
    assert (update["vulnerability"], update["asset"]) == (found["vulnerability"], found["asset"])
    assert (alert["kind"], alert["severity"]) == ("failed_message", "error")
    assert found["reason"] in alert["message"]


def test_sent_again_when_its_cause_is_removed(bridge: Bridge) -> None:
    body = unlinked(bridge)
    found = failed(bridge, put(bridge, body))
    bridge.asset = body["vulnerability"]["asset"]["id"]
    bridge.link(asset=bridge.asset)

    answer = bridge.ask("POST", f"failed-messages/{found['id']}/resend")

    assert (answer.status_code, answer.json()) == (202, {"resent": 1, "queue": "ticket-requests"})
    bridge.until_all(1)
    assert bridge.ask("GET", f"failed-messages/{found['id']}").status_code == 404
    again = bridge.ask("POST", f"failed-messages/{found['id']}/resend")
    assert again.status_code == 404
    assert "sent again or dismissed" in again.json()["detail"]


def test_all_sent_again_at_once(bridge: Bridge) -> None:
    bodies = [unlinked(bridge, f"V{number}") for number in range(3)]
    messages = [put(bridge, body) for body in bodies]
    for message in messages:
        failed(bridge, message)
    bridge.asset = f"new-{bridge.name}"
    bridge.link(asset=bridge.asset)

    answer = bridge.ask("POST", "failed-messages/resend", params={"queue": "ticket-requests"})

    assert answer.status_code == 202
    assert answer.json()["resent"] >= 3
    assert answer.json()["more"] is False
    bridge.until_all(3)


def test_dismissed(bridge: Bridge) -> None:
    found = failed(bridge, put(bridge, unlinked(bridge)))

    assert bridge.ask("DELETE", f"failed-messages/{found['id']}").status_code == 204

    assert found["id"] not in [entry["id"] for entry in listed(bridge)]
    assert bridge.ask("DELETE", f"failed-messages/{found['id']}").status_code == 404
    assert bridge.tickets() == []


@pytest.mark.parametrize("name", ["x", "0" * 29, "%00", "'", "0" * 5000])
def test_an_id_that_nobody_has(bridge: Bridge, name: str) -> None:
    for method, end in (("GET", ""), ("DELETE", ""), ("POST", "/resend")):
        answer = bridge.ask(method, f"failed-messages/{name}{end}")
        assert answer.status_code == 404, answer.text
        assert answer.json()["hint"]


def test_the_latest_first_page_by_page_and_counted(bridge: Bridge) -> None:
    messages = [put(bridge, unlinked(bridge, f"V{number}")) for number in range(5)]
    for message in messages:
        failed(bridge, message)

    def counted() -> list[dict[str, Any]] | None:
        """All entries; messages of earlier tests may still arrive, so that a count differs for a moment."""
        entries, count = page_by_page(bridge)
        health = bridge.ask("GET", "health", params={"deep": "true"}).json()
        same = health["status"] == "healthy" and health["failed_messages"] == count == len(entries)
        return entries if same else None

    entries = eventually(counted, what="the same count everywhere")
    assert [entry["sent_at"] for entry in entries] == sorted((e["sent_at"] for e in entries), reverse=True)
    assert sorted(entry["message"] for entry in entries if entry["message"] in messages) == sorted(messages)
    assert len({entry["id"] for entry in entries}) == len(entries)


def page_by_page(bridge: Bridge) -> tuple[list[dict[str, Any]], int]:
    """Return all failed messages, two a page, and how many the last page says that there are."""
    pages: list[list[dict[str, Any]]] = []
    continuation: str | None = ""
    while continuation is not None:
        answer = bridge.ask("GET", "failed-messages", params={"limit": "2", "continuation": continuation}).json()
        pages.append(answer["failed_messages"])
        continuation = answer["continuation"]
    assert all(len(page) == 2 for page in pages[:-1])
    return [entry for page in pages for entry in page], answer["count"]


def test_a_hostile_payload_is_shown_as_text_and_bounded_in_lists(bridge: Bridge) -> None:
    message = put(bridge, HOSTILE.encode())

    found = failed(bridge, message)

    assert found["payload"] == HOSTILE[:5_000]
    assert found["payload_bytes"] == len(HOSTILE.encode())
    answer = bridge.ask("GET", f"failed-messages/{found['id']}")
    assert answer.json()["payload"] == HOSTILE
    assert answer.headers["Content-Type"].startswith("application/json")
    assert told(bridge, "ticket-updates", "message", message)["vulnerability"] is None


def test_hostile_names_are_bounded_in_what_the_sender_is_told(bridge: Bridge) -> None:
    body = {"schema": 1, "vulnerability": {"id": "x" * 30_000, "asset": {"kind": ["a"], "id": {"b": 1}}}}
    message = put(bridge, body)

    update = told(bridge, "ticket-updates", "message", message)

    assert (update["vulnerability"], update["asset"]) == (None, None)
    assert len(json.dumps(update)) < 10_000


def test_sending_all_again_takes_the_host_key(bridge: Bridge) -> None:
    assert bridge.ask("POST", "failed-messages/resend", key=bridge.stack.addresses.function_key).status_code == 401
