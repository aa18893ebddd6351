"""What is wrong is answered with its status and a problem document that says what to do, and changes nothing."""

import json
import random
import string
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import requests
from azure.storage.queue import QueueClient

from local.environment import HOOK_KEY
from local.stack import Stack
from shared.connections.hook_password import derive
from tests.functional.bridge import Bridge, eventually
from tests.functional.stored import Rows, belongings

REQUIRED = ("id", "asset", "title", "severity", "status")
_LETTERS = string.ascii_letters + string.digits + "!#$%&()*+-./:;<=>?@[]^_"
# Noise hardly shrinks: ten texts, each as long as a text may be, are more than a row holds.
TOO_LARGE_FOR_A_ROW = {"x": ["".join(random.Random(seed).choices(_LETTERS, k=99_800)) for seed in range(10)]}


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Bridge:
    """A connection with one ticket; no test of this module may change anything about it."""
    bridge = Bridge.fresh(stack)
    bridge.until(bridge.send("kept"), "open")
    return bridge


@pytest.fixture(scope="module")
def before(shop: Bridge) -> tuple[Rows, list[dict[str, Any]]]:
    """What the shop owns: rows of three tables and a work item."""
    found = eventually(lambda: owned if _settled(owned := belongings(shop)) else None, what="the end of all work")
    assert {table for table, _, _ in found[0]} == {"connections", "links", "tickets"}
    assert found[1]
    return found


def _settled(found: tuple[Rows, list[dict[str, Any]]]) -> bool:
    return not any(key.startswith(("p|", "u|")) for _, _, key in found[0])


@pytest.fixture
def untouched(shop: Bridge, before: tuple[Rows, list[dict[str, Any]]]) -> Iterator[Bridge]:
    """The shop, of which rows and work items are the same after the test as before."""
    yield shop
    assert belongings(shop) == before


def refused(answer: requests.Response, status: int, field: str = "", *words: str) -> dict[str, Any]:
    """Check a problem document: its status, its hint, the field that it names, and words in it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].partition(";")[0] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert (document["type"], document["status"]) == ("about:blank", status)
    assert document["title"]
    assert document["detail"]
    assert document["hint"], "it must say what to do"
    assert not field or field in [problem["field"] for problem in document["problems"]], document
    for word in words:
        assert word in answer.text
    return document


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def in_minutes(minutes: int) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


class TestPostTicket:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"", ["not JSON"]),
            (b"{", ["not JSON", "line 1, column 2"]),
            (b"schema=1&vulnerability=x", ["not JSON"]),
            (b'{"schema": 1, "vulnerability": {"score": NaN}}', ["not JSON"]),
            (b'{"schema": 1, "vulnerability": {"score": -Infinity}}', ["not JSON"]),
            (b'{"a": "\xff\xfe"}', ["UTF-8", "byte 7"]),
            (b"[" * 100_000, ["not JSON"]),
            (b'{"schema": 1' + b"0" * 5000 + b"}", ["not JSON"]),
        ],
        ids=["empty", "half", "a form", "NaN", "Infinity", "Latin-1", "100,000 levels", "5,000 digits"],
    )
    def test_what_is_not_json(self, untouched: Bridge, body: bytes, words: list[str]) -> None:
        refused(untouched.ask("POST", "tickets", data=body), 400, "", *words)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ([], ""),
            ("text", ""),
            (None, ""),
            ({}, "/schema"),
            ({"schema": 2, "vulnerability": {}}, "/schema"),
            ({"schema": 1}, "/vulnerability"),
            ({"schema": 1, "vulnerability": []}, "/vulnerability"),
        ],
    )
    def test_json_of_another_shape(self, untouched: Bridge, body: Any, field: str) -> None:
        refused(untouched.ask("POST", "tickets", data=json.dumps(body)), 422, field)

    @pytest.mark.parametrize("missing", REQUIRED)
    def test_a_required_field_that_is_missing(self, untouched: Bridge, missing: str) -> None:
        body = untouched.snapshot("new")
        del body["vulnerability"][missing]

        refused(untouched.ask("POST", "tickets", json=body), 422, f"/vulnerability/{missing}", "is missing")

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"title": 7}, "/title"),
            ({"title": " "}, "/title"),
            ({"severity": "urgent"}, "/severity"),
            ({"severity": None}, "/severity"),
            ({"status": "closed"}, "/status"),
            ({"id": "x" * 1001}, "/id"),
            ({"id": 7}, "/id"),
            ({"asset": "shop"}, "/asset"),
            ({"asset": {"kind": "server", "id": "shop"}}, "/asset/kind"),
            ({"asset": {"kind": "application"}}, "/asset/id"),
            ({"asset": {"kind": "application", "id": "nobody linked this"}}, "/asset"),
            ({"asset": {"kind": "application", "id": "ü" * 1000}}, "/asset"),
            ({"asset": {"kind": "environment", "id": "a/b\\c?#\x00"}}, "/asset"),
            ({"score": 10.1}, "/score"),
            ({"sequence": -1}, "/sequence"),
            ({"sequence": 2**63}, "/sequence"),
            ({"observed_at": "yesterday"}, "/observed_at"),
            ({"observed_at": "2026-11-20T10:00:00"}, "/observed_at"),
            ({"observed_at": "0001-01-01T00:00:00+14:00"}, "/observed_at"),
            ({"observed_at": "1601-01-01T00:00:00Z"}, "/observed_at"),
            ({"observed_at": "9999-12-31T23:59:59-14:00"}, "/observed_at"),
            ({"cve": "CVE-2021-44228"}, "/cve"),
            ({"references": ["x"] * 1001}, "/references"),
            ({"custom": []}, "/custom"),
            ({"custom": nested(100)}, "/custom"),
            ({"custom": nested(220)}, "/custom"),
            ({"custom": nested(400)}, "/custom"),
        ],
    )
    def test_a_field_that_is_wrong(self, untouched: Bridge, changes: dict[str, Any], field: str) -> None:
        answer = untouched.ask("POST", "tickets", json=untouched.snapshot("kept", **changes))

        refused(answer, 422, f"/vulnerability{field}")

    def test_every_wrong_field_is_named_at_once(self, untouched: Bridge) -> None:
        body = untouched.snapshot("kept", severity="urgent", status="closed", score="high")

        document = refused(untouched.ask("POST", "tickets", json=body), 422)

        assert {problem["field"] for problem in document["problems"]} == {
            "/vulnerability/severity",
            "/vulnerability/status",
            "/vulnerability/score",
        }

    def test_a_snapshot_from_the_future(self, untouched: Bridge) -> None:
        answer = untouched.ask(
            "POST", "tickets", json=untouched.snapshot("kept", title="x", observed_at=in_minutes(11))
        )

        refused(answer, 422, "/vulnerability/observed_at", "future", "clock")

    def test_a_number_that_no_computer_holds(self, untouched: Bridge) -> None:
        body = json.dumps(untouched.snapshot("kept", custom={"x": 5})).replace('"x": 5', '"x": 1e999')

        refused(untouched.ask("POST", "tickets", data=body), 422, "/vulnerability/custom")

    def test_a_body_that_is_too_large(self, untouched: Bridge) -> None:
        answer = untouched.ask("POST", "tickets", data=b" " * (4 * 1024 * 1024 + 1))

        refused(answer, 413, "", "4194304")

    def test_a_snapshot_that_is_too_large_for_its_row(self, untouched: Bridge) -> None:
        body = untouched.snapshot("kept", custom=TOO_LARGE_FOR_A_ROW)

        refused(untouched.ask("POST", "tickets", json=body), 413, "", "768 KiB")

    def test_halves_of_surrogate_pairs_are_taken_as_question_marks(self, bridge: Bridge) -> None:
        """They are legal JSON, and a scanner that cuts a text in the middle of an emoji makes them."""
        body = json.dumps(bridge.snapshot("V1", title="cut \ud83d", custom={"a\ud800": ["\udfff"]}))

        answer = bridge.ask("POST", "tickets", data=body)

        assert answer.status_code == 202, answer.text
        bridge.until(answer.json()["id"], "open")
        assert bridge.work_items()[0]["title"] == "cut ?"


SARIF: dict[str, Any] = {
    "version": "2.1.0",
    "runs": [{"tool": {"driver": {"name": "t"}}, "results": [{"ruleId": "R", "message": {"text": "m"}}]}],
}


class TestImport:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"", ["empty"]),
            (b"[", ["not JSON", "ends after 1"]),
            (b"[{]", ["not JSON", "line 1, column 3"]),
            (b'{"schema": 1}', ["not a JSON array", "application/sarif+json"]),
            (b"7", ["not a JSON array"]),
            (b"\xff\xfe[\x00]\x00", ["UTF-16"]),
        ],
    )
    def test_what_is_no_array(self, untouched: Bridge, body: bytes, words: list[str]) -> None:
        refused(untouched.import_(body), 400, "", *words)

    def test_an_array_that_is_nested_too_deeply(self, untouched: Bridge) -> None:
        answer = untouched.import_(b"[" * 5000 + b"]" * 5000)

        assert (answer.status_code, "nested" in answer.json()["detail"]) == (400, True)

    @pytest.mark.parametrize("tail", [b"", b",", b"] x", b"]" + b" " * 70_000 + b"x", b"] []"])
    def test_an_array_that_does_not_end_where_it_should_changes_nothing_at_all(
        self, untouched: Bridge, tail: bytes
    ) -> None:
        good = json.dumps([untouched.snapshot("new"), untouched.snapshot("kept", title="changed")]).encode()

        refused(untouched.import_(good[:-1] + tail), 400, "", "not JSON")

    def test_bad_snapshots_are_listed_and_good_ones_accepted(self, bridge: Bridge) -> None:
        nowhere = {"kind": "application", "id": "nobody linked this"}
        incomplete = bridge.snapshot("V3")
        del incomplete["vulnerability"]["title"]
        entries: list[Any] = [
            bridge.snapshot("V1"),
            7,
            bridge.snapshot("V2", severity="urgent"),
            bridge.snapshot("V3", asset=nowhere),
            incomplete,
            bridge.snapshot("V4", observed_at=in_minutes(11)),
            bridge.snapshot("V5", custom=nested(60)),
            None,
            bridge.vulnerability("bare"),
        ]

        answer = bridge.import_(entries)

        assert answer.status_code == 202, answer.text
        report = answer.json()
        assert (report["accepted"], report["changed"], report["refused"]) == (2, 2, 7)
        assert {refusal["index"]: refusal["field"] for refusal in report["refusals"]} == {
            1: "",
            2: "/vulnerability/severity",
            3: "/vulnerability/asset",
            4: "/vulnerability/title",
            5: "/vulnerability/observed_at",
            6: "/vulnerability/custom",
            7: "",
        }
        assert all(refusal["message"] for refusal in report["refusals"])
        found = bridge.until_all(2)
        assert {ticket["vulnerabilities"][0] for ticket in found} == {"V1", "bare"}
        assert len(bridge.work_items()) == 2

    def test_a_snapshot_that_is_too_large_for_its_row_does_not_stop_the_others(self, bridge: Bridge) -> None:
        large = bridge.snapshot("large", custom=TOO_LARGE_FOR_A_ROW)

        report = bridge.import_([bridge.snapshot("V1"), large, bridge.snapshot("V2")]).json()

        assert (report["accepted"], report["refused"]) == (2, 1)
        assert (report["refusals"][0]["index"], "768 KiB" in report["refusals"][0]["message"]) == (1, True)
        bridge.until_all(2)

    def test_no_more_than_a_hundred_refusals_are_listed_but_all_are_counted(self, untouched: Bridge) -> None:
        report = untouched.import_([{"id": 1}] * 150).json()

        assert (report["accepted"], report["refused"], len(report["refusals"])) == (0, 150, 100)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"version": "2.0.0"}, "/version"),
            ({"version": None}, "/version"),
            ({"version": 2.1}, "/version"),
            ({"runs": None}, "/runs"),
            ({"runs": {}}, "/runs"),
            ({"runs": [7]}, "/runs/0"),
        ],
    )
    def test_sarif_of_another_kind(self, untouched: Bridge, change: dict[str, Any], field: str) -> None:
        refused(untouched.import_sarif(json.dumps({**SARIF, **change}).encode()), 400, field, "2.1.0")

    @pytest.mark.parametrize("body", [b"", b"[]", b'{"version": "2.1.0", "runs": [{"results": [', b"\x00"])
    def test_sarif_that_is_not_whole(self, untouched: Bridge, body: bytes) -> None:
        refused(untouched.import_sarif(body), 400)

    @pytest.mark.parametrize(
        ("query", "fields"),
        [
            ({}, ["kind", "asset"]),
            ({"asset": "shop"}, ["kind"]),
            ({"kind": "application"}, ["asset"]),
            ({"kind": "server", "asset": "shop"}, ["kind"]),
        ],
    )
    def test_sarif_for_no_asset(self, untouched: Bridge, query: dict[str, str], fields: list[str]) -> None:
        document = refused(self.sarif(untouched, query), 400, fields[0], "?kind=")

        assert [problem["field"] for problem in document["problems"]] == fields

    @pytest.mark.parametrize("asset", ["nobody linked this", "x" * 2000, "a/b?c"])
    def test_sarif_for_an_unknown_asset(self, untouched: Bridge, asset: str) -> None:
        refused(self.sarif(untouched, {"kind": "application", "asset": asset}), 422, "asset", "PUT /api/links/")

    def test_a_report_over_the_limit(self, untouched: Bridge) -> None:
        padded = json.dumps([untouched.snapshot("new")]).encode() + b" " * 1_000_000

        refused(untouched.import_(padded), 413, "", "at most 1000000")

    @staticmethod
    def sarif(bridge: Bridge, query: dict[str, str]) -> requests.Response:
        headers = {"Content-Type": "application/sarif+json"}
        return bridge.import_(json.dumps(SARIF).encode(), params=query, headers=headers)


class TestQueue:
    @pytest.mark.parametrize(
        ("message", "reason", "field"),
        [
            (b"{not JSON, $", "not JSON", ""),
            (b'["$"]', "must be an object", ""),
            (b'{"schema": 1, "vulnerability": {"id": "$"}}', "is missing", "/vulnerability/title"),
            (b'{"schema": 1, "vulnerability": {"id": "$", "custom": {"x": NaN}}}', "not JSON", ""),
            (b'{"schema": 1, "blob": "$/not-there.json"}', "no blob", ""),
            (b'{"schema": 1, "blob": "../ticket-requests/$"}', "names no blob", "/blob"),
            (b'{"schema": 1, "blob": "$\\ud800"}', "no blob", ""),
            (b'{"schema": 1, "blob": "$' + b"x" * 40_000 + b'"}', "names no blob", "/blob"),
            (b'{"blob": "$"}', "names no blob", "/blob"),
            (b"$" + b"\xff" * 48_000, "not UTF-8", ""),
        ],
        ids=[
            *("not JSON", "an array", "fields missing", "NaN", "no such blob", "another container"),
            *("half a pair", "long name", "no schema", "not UTF-8"),
        ],
    )
    def test_a_bad_message_is_kept_with_its_reason_and_the_next_one_is_processed(
        self, bridge: Bridge, message: bytes, reason: str, field: str
    ) -> None:
        message = message.replace(b"$", bridge.name.encode())
        self.put(bridge, b64encode(message).decode())
        bridge.queue("ticket-requests").send_message(json.dumps(bridge.snapshot("good")))

        (found,) = eventually(lambda: self.failed(bridge), what="the failed message")
        bridge.until_all(1)

        assert found["queue"] == "ticket-requests"
        assert reason in found["reason"]
        assert found["hint"]
        assert not field or field in [problem["field"] for problem in found["problems"]]
        assert message[:5000].decode("utf-8", "replace") in found["payload"]
        assert len(bridge.work_items()) == 1

    def test_a_message_for_an_unknown_asset(self, bridge: Bridge) -> None:
        body = bridge.snapshot("V1", asset={"kind": "environment", "id": f"nowhere {bridge.name}"})
        before = belongings(bridge)

        bridge.queue("ticket-requests").send_message(json.dumps(body))

        (found,) = eventually(lambda: self.failed(bridge), what="the failed message")
        assert found["problems"] == [{"field": "/vulnerability/asset", "message": "is not linked to a project"}]
        assert "PUT /api/links/environment/nowhere%20" in found["hint"]
        assert belongings(bridge) == before

    def test_a_message_that_is_not_base64_has_its_reason_too_and_the_next_one_is_processed(
        self, bridge: Bridge
    ) -> None:
        self.put(bridge, f"<{bridge.name}>")
        bridge.queue("ticket-requests").send_message(json.dumps(bridge.snapshot("good")))

        (found,) = eventually(lambda: self.failed(bridge), what="the failed message")
        assert "is not JSON" in found["reason"]
        bridge.until_all(1)

    def test_plain_json_is_taken_as_well(self, bridge: Bridge) -> None:
        """The Python SDK sends no Base64 unless told to."""
        self.put(bridge, json.dumps(bridge.snapshot("plain", title="Größe")))

        assert bridge.until_all(1)[0]["title"] == "Größe"

    @staticmethod
    def put(bridge: Bridge, text: str) -> None:
        TestQueue.client(bridge, "ticket-requests").send_message(text)

    @staticmethod
    def client(bridge: Bridge, name: str) -> QueueClient:
        """A queue whose messages are read and written as they are on the wire."""
        return QueueClient.from_connection_string(bridge.stack.addresses.storage_connection_string, name)

    @staticmethod
    def failed(bridge: Bridge) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        continuation: str | None = ""
        while continuation is not None:
            page = bridge.ask("GET", "failed-messages", params={"limit": "5", "continuation": continuation}).json()
            found += page["failed_messages"]
            continuation = page["continuation"]
        return [message for message in found if bridge.name in message["payload"]]


class TestHooks:
    @pytest.fixture
    def password(self, shop: Bridge) -> str:
        return self.password_of(shop, shop.name)

    @staticmethod
    def password_of(bridge: Bridge, connection: str) -> str:
        return derive(bridge.stack.vault.get(HOOK_KEY) or "", connection, 1)

    @staticmethod
    def event(work_item: int, revision: int = 90, *, state: str = "Doing", tags: str = "") -> dict[str, Any]:
        fields = {
            "System.State": state,
            "System.WorkItemType": "Issue",
            "System.TeamProject": "Web Shop",
            "System.Tags": tags,
        }
        resource = {"workItemId": work_item, "revision": {"id": work_item, "rev": revision, "fields": fields}}
        return {"eventType": "workitem.updated", "resource": resource}

    @pytest.mark.parametrize("size", [10, 3 * 1024 * 1024])
    @pytest.mark.parametrize("password", [None, "", "wrong", "ü"])
    def test_without_the_password_nothing_is_even_read(
        self, untouched: Bridge, password: str | None, size: int
    ) -> None:
        refused(untouched.hook(b"x" * size, password=password), 401, "", "password")

    @pytest.mark.parametrize("authorization", ["Basic", "Basic %%%", "Bearer abc", "Basic \xfc"])
    def test_a_header_that_is_no_basic_authentication(self, untouched: Bridge, authorization: str) -> None:
        url = f"{untouched.stack.addresses.functions}/api/hooks/{untouched.name}"

        answer = untouched.session.post(url, data=b"{}", headers={"Authorization": authorization.encode("latin-1")})

        refused(answer, 401)

    def test_only_the_connections_own_password_lets_an_event_in(self, bridge: Bridge) -> None:
        ticket = bridge.send()
        item = bridge.until(ticket, "open")["work_item"]["id"]
        other = self.password_of(bridge, "another")

        refused(bridge.hook(json.dumps(self.event(item, 80)).encode(), password=other), 401)
        taken = bridge.hook(
            json.dumps(self.event(item, 90, state="Done")).encode(), password=self.password_of(bridge, bridge.name)
        )

        assert (taken.status_code, taken.json()) == (200, {"event": "taken"})
        done = bridge.until(ticket, "awaiting_validation")
        assert [entry["to"]["revision"] for entry in done["history"]][1:] == [90]

    @pytest.mark.parametrize(
        "body",
        [b"not JSON", b"", b'{"resource": ' + b"[" * 100_000, b" " * (3 * 1024 * 1024)],
        ids=["not JSON", "empty", "deep", "3 MB"],
    )
    def test_a_delivery_that_azure_devops_never_makes_costs_no_probation(
        self, untouched: Bridge, password: str, body: bytes
    ) -> None:
        answer = untouched.hook(body, password=password)

        assert (answer.status_code, answer.json()) == (200, {"event": "unreadable"})

    @pytest.mark.parametrize(
        "payload",
        [
            [],
            7,
            None,
            {},
            {"eventType": "workitem.updated", "resource": {"workItemId": 0, "rev": 2}},
            {"eventType": "git.push", "resource": {"workItemId": 1}},
            {"eventType": "workitem.updated", "resource": []},
            {"eventType": "workitem.updated", "resource": {"workItemId": "x" * 100_000}},
        ],
    )
    def test_what_is_no_event_of_a_work_item_is_ignored(self, untouched: Bridge, password: str, payload: Any) -> None:
        answer = untouched.hook(json.dumps(payload).encode(), password=password)

        assert (answer.status_code, answer.json()) == (200, {"event": "ignored"})

    @pytest.mark.parametrize(
        "tags", ["", *(pytest.param(tags, marks=pytest.mark.thorough) for tags in ("another tag", "cut \ud83d"))]
    )
    def test_an_event_of_somebody_elses_work_item_changes_nothing(self, bridge: Bridge, tags: str) -> None:
        ticket = bridge.send()
        item = bridge.until(ticket, "open")["work_item"]["id"]
        password = self.password_of(bridge, bridge.name)
        before = self.at_rest(bridge)

        strange = bridge.hook(json.dumps(self.event(item + 1000, tags=tags)).encode(), password=password)

        assert (strange.status_code, strange.json()) == (200, {"event": "taken"})
        # Messages are taken in order: once a later event shows, this one has been seen.
        bridge.hook(json.dumps(self.event(item, 70)).encode(), password=password)
        eventually(lambda: bridge.ticket(ticket)["work_item"]["revision"] == 70, what="the later event")
        after = self.at_rest(bridge)
        assert {row for row in after if row not in before} == {
            where for where in after if where[2].startswith("h|") and where[2].endswith("2")
        }

    def at_rest(self, bridge: Bridge) -> Rows:
        """What the bridge has stored once all of it was told."""

        def look() -> Rows | None:
            found, _ = belongings(bridge)
            return None if any(key.startswith(("p|", "u|")) for _, _, key in found) else found

        return eventually(look, what="the end of all work")

    def test_an_event_for_a_connection_that_does_not_exist_is_taken_and_dropped(self, untouched: Bridge) -> None:
        """Once a connection is gone, Azure DevOps still delivers for a while; 404 would only confuse it."""
        name = f"{untouched.name}-gone"
        url = f"{untouched.stack.addresses.functions}/api/hooks/{name}"
        credentials = ("azure-devops", self.password_of(untouched, name))

        answer = untouched.session.post(url, json=self.event(1), auth=credentials, timeout=30)

        assert answer.status_code == 200


class TestConnections:
    @pytest.mark.parametrize("name", ["Contoso", "1a", "a_b", "a" * 64, "a.b", "-", "%C3%BC", "a%2Fb", "a%00"])
    def test_a_name_that_cannot_be_used(self, untouched: Bridge, name: str) -> None:
        body = {"url": f"{untouched.stack.addresses.azure_devops}/{untouched.name}"}
        credential = {"kind": "personal_access_token", "token": untouched.token}

        answer = untouched.ask("PUT", f"connections/{name}", json={**body, "credential": credential})

        refused(answer, 400, "connection", "lower-case")
        refused(untouched.ask("GET", f"connections/{name}"), 404)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"credential": {"kind": "personal_access_token", "token": ""}}, "/credential/token"),
            ({"credential": {"kind": "personal_access_token", "token": "short"}}, "/credential/token"),
            ({"credential": {"kind": "personal_access_token", "token": "x" * 1001}}, "/credential/token"),
            ({"credential": {"kind": "personal_access_token", "token": "x" * 40 + "\n"}}, "/credential/token"),
            ({"credential": {"kind": "personal_access_token", "token": 7}}, "/credential/token"),
            ({"credential": {"kind": "personal_access_token"}}, "/credential/token"),
            ({"credential": {"kind": "password", "token": "x" * 40}}, "/credential/kind"),
            ({"credential": "x" * 40}, "/credential"),
            ({"credential": {"kind": "personal_access_token", "token": "x" * 84}}, "/credential"),
            ({"colour": "red"}, "/colour"),
            ({"defaults": {"colour": "red"}}, "/defaults/colour"),
            ({"defaults": {"tags": ["a;b"]}}, "/defaults/tags/0"),
            ({"url": ""}, "/url"),
            ({"url": 7}, "/url"),
            ({"url": "contoso"}, "/url"),
            ({"url": "https://["}, "/url"),
            ({"url": "https://example.com/contoso"}, "/url"),
            ({"url": "https://contoso.visualstudio.com"}, "/url"),
            ({"url": "https://user:pw@contoso.visualstudio.com"}, "/url"),
            ({"url": "$"}, "/url"),
            ({"url": "$/.."}, "/url"),
            ({"url": "$/a/b"}, "/url"),
            ({"url": "$/a?b=c"}, "/url"),
            ({"url": "$/a#b"}, "/url"),
            ({"url": "$/a@b"}, "/url"),
            ({"url": "$/no such organisation"}, "/url"),
        ],
    )
    def test_a_body_that_cannot_be_used(self, untouched: Bridge, changes: dict[str, Any], field: str) -> None:
        if isinstance(url := changes.get("url"), str):
            changes = {"url": url.replace("$", untouched.stack.addresses.azure_devops)}

        refused(untouched.connect(**changes), 422, field)

    def test_an_organisation_that_is_not_there(self, untouched: Bridge) -> None:
        credential = {"kind": "personal_access_token", "token": untouched.token}
        body = {"url": f"{untouched.stack.addresses.azure_devops}/not-there", "credential": credential}

        refused(untouched.ask("PUT", f"connections/{untouched.name}-b", json=body), 422, "/url")
        assert untouched.connect(url=body["url"]).status_code == 409  # this one has links and tickets where it is

    def test_a_wrong_token_is_refused_in_azure_devops_name(self, untouched: Bridge) -> None:
        credential = {"kind": "personal_access_token", "token": "x" * 84}

        refused(untouched.connect(credential=credential), 422, "/credential", "Azure DevOps did not accept")

    def test_a_new_connection_needs_a_credential(self, untouched: Bridge) -> None:
        body = {"url": f"{untouched.stack.addresses.azure_devops}/{untouched.name}"}

        refused(untouched.ask("PUT", f"connections/{untouched.name}-b", json=body), 422, "/credential")
        refused(untouched.ask("GET", f"connections/{untouched.name}-b"), 404, "", "PUT /api/connections/")

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null"])
    def test_a_body_that_is_no_object(self, untouched: Bridge, body: bytes) -> None:
        answer = untouched.ask("PUT", f"connections/{untouched.name}", data=body)

        refused(answer, 422 if body in (b"[]", b"null") else 400)

    def test_an_etag_that_is_not_the_stored_one(self, bridge: Bridge) -> None:
        stale = bridge.ask("GET", f"connections/{bridge.name}").headers["ETag"]
        bridge.connect()
        before = belongings(bridge)
        body = {"url": f"{bridge.stack.addresses.azure_devops}/{bridge.name}", "defaults": {"tags": ["late"]}}

        answer = bridge.ask("PUT", f"connections/{bridge.name}", json=body, headers={"If-Match": stale})

        refused(answer, 412, "", "Read it again")
        assert belongings(bridge) == before
        current = bridge.ask("GET", f"connections/{bridge.name}").headers["ETag"]
        assert bridge.ask("PUT", f"connections/{bridge.name}", json=body, headers={"If-Match": current}).ok

    def test_if_match_never_creates(self, untouched: Bridge) -> None:
        answer = untouched.ask(
            "PUT",
            f"connections/{untouched.name}-c",
            json={"url": f"{untouched.stack.addresses.azure_devops}/{untouched.name}"},
            headers={"If-Match": "*"},
        )

        refused(answer, 412)


class TestLinks:
    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"connection": "not-there"}, "/connection", ["PUT /api/connections/"]),
            ({"connection": "a/b\x00"}, "/connection", []),
            ({"connection": ""}, "/connection", []),
            ({"connection": None}, "/connection", []),
            ({"project": ".."}, "/project", []),
            ({"project": "x" * 65}, "/project", []),
            ({"work_item_type": ""}, "/work_item_type", []),
            ({"tags": "urgent"}, "/tags", []),
            ({"tags": ["a", "b,c"]}, "/tags/1", []),
            ({"tags": ["t"] * 21}, "/tags", []),
            ({"colour/~": "red"}, "/colour~1~0", ["not a field"]),
        ],
    )
    def test_a_body_that_cannot_be_used(
        self, untouched: Bridge, changes: dict[str, Any], field: str, words: list[str]
    ) -> None:
        refused(untouched.link(**changes), 422, field, *words)

    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"project": "Not There"}, "/project", []),
            ({"project": "\ud800"}, "/project", []),
            ({"work_item_type": "Feature Request"}, "/work_item_type", ["Epic", "Issue", "Task"]),
        ],
    )
    def test_what_the_live_project_does_not_have(
        self, untouched: Bridge, changes: dict[str, Any], field: str, words: list[str]
    ) -> None:
        refused(untouched.link(**changes), 400, field, *words)

    @pytest.mark.parametrize("missing", ["connection", "project"])
    def test_a_field_that_is_missing(self, untouched: Bridge, missing: str) -> None:
        body = {"connection": untouched.name, "project": "Web Shop"}
        del body[missing]

        refused(untouched.ask("PUT", "links/application/new", json=body), 422, f"/{missing}", "is missing")

    @pytest.mark.parametrize("asset", ["%20", "x" * 513, "%C3%BC" * 200])
    def test_an_asset_that_cannot_be_used(self, untouched: Bridge, asset: str) -> None:
        refused(untouched.link(asset=asset), 400, "asset")

    def test_a_kind_that_does_not_exist(self, untouched: Bridge) -> None:
        body = {"connection": untouched.name, "project": "Web Shop"}

        refused(untouched.ask("PUT", "links/server/a", json=body), 404, "", "application or environment")

    def test_an_etag_that_is_not_the_stored_one(self, bridge: Bridge) -> None:
        path = f"links/application/{bridge.asset}"
        stale = bridge.ask("GET", path).headers["ETag"]
        bridge.link(tags=["new"])
        before = belongings(bridge)
        body = {"connection": bridge.name, "project": "Web Shop"}

        refused(bridge.ask("PUT", path, json=body, headers={"If-Match": stale}), 412, "", "Read it again")
        assert belongings(bridge) == before

    @pytest.mark.parametrize("asset", ["Zürich/Abt. 7 – Test", "100 % (a+b)?", "a!b#c\\d", "'quoted'", "日本/語"])
    def test_an_asset_may_be_named_as_people_name_things(self, bridge: Bridge, asset: str) -> None:
        asset = f"{asset} {bridge.name}"
        path = quote(asset, safe="")

        saved = bridge.link(asset=path)
        ticket = bridge.send("V1", asset={"kind": "application", "id": asset})

        assert (saved.status_code, saved.json()["asset"]) == (200, asset)
        assert bridge.ask("GET", f"links/application/{path}").json() == saved.json()
        assert bridge.until(ticket, "open")["asset"] == {"kind": "application", "id": asset}
        assert [found["id"] for found in bridge.tickets(asset=asset)] == [ticket]


class TestReading:
    @pytest.mark.parametrize(
        "path",
        [
            "tickets/nothing",
            "tickets/contoso." + "a" * 32,
            "tickets/a%00b." + "a" * 32,
            "tickets/a'b%3F%23." + "a" * 32,
            "tickets/" + "a" * 2000 + "." + "a" * 32,
            "connections/not-there",
            "connections/a'b%00",
            "links/application/not-there",
            "links/application/%00%FF",
            "links/server/a",
        ],
    )
    def test_what_is_not_there(self, shop: Bridge, path: str) -> None:
        refused(shop.ask("GET", path), 404)

    def test_a_ticket_that_is_not_there_cannot_be_retried(self, untouched: Bridge) -> None:
        refused(untouched.ask("POST", f"tickets/{untouched.name}.{'a' * 32}/retry"), 404)

    @pytest.mark.parametrize("path", ["tickets", "connections", "links", "failed-messages"])
    @pytest.mark.parametrize("continuation", ["%%%", "AAAA", "!!!!", "ü", "W10=", "bm90IG91cnM="])
    def test_a_continuation_that_is_not_ours(self, shop: Bridge, path: str, continuation: str) -> None:
        answer = shop.ask("GET", path, params={"continuation": continuation})

        refused(answer, 400, "continuation", "unchanged")

    def test_a_continuation_of_another_list(self, shop: Bridge) -> None:
        forged = b64encode(json.dumps({"after": "a'\x00"}).encode(), altchars=b"-_").decode()

        refused(shop.ask("GET", "tickets", params={"continuation": forged}), 400, "continuation")
        assert shop.ask("GET", "connections", params={"continuation": forged, "limit": "1"}).status_code == 200
        assert shop.ask("GET", "links", params={"continuation": forged, "limit": "1"}).status_code == 200
        assert shop.ask("GET", "failed-messages", params={"continuation": forged, "limit": "1"}).status_code == 200

    @pytest.mark.parametrize("path", ["tickets", "connections", "links", "tokens", "failed-messages"])
    @pytest.mark.parametrize("limit", ["0", "-1", "1001", "ten", "1e1", "٣", "9" * 5000])
    def test_a_limit_that_cannot_be_used(self, shop: Bridge, path: str, limit: str) -> None:
        refused(shop.ask("GET", path, params={"limit": limit}), 400, "limit", "from 1 to 1000")

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"kind": "server", "asset": "a"}, "kind"),
            ({"kind": "application"}, "asset"),
            ({"asset": "a"}, "kind"),
            ({"status": "done"}, "status"),
        ],
    )
    def test_a_filter_that_cannot_be_used(self, shop: Bridge, query: dict[str, str], field: str) -> None:
        refused(shop.ask("GET", "tickets", params=query), 400, field)

    def test_links_of_a_kind_that_does_not_exist(self, shop: Bridge) -> None:
        refused(shop.ask("GET", "links", params={"kind": "server"}), 400, "kind", "application")

    def test_pages_hold_every_link_once(self, bridge: Bridge) -> None:
        wanted = sorted(f"{bridge.name} {letter}/ü" for letter in "abc")
        body = {"connection": bridge.name, "project": "Web Shop"}
        for asset in wanted:
            assert bridge.ask("PUT", f"links/environment/{quote(asset, safe='')}", json=body).ok

        found = self.paged(bridge, "links", {"kind": "environment", "limit": "1"})

        assert [link["asset"] for link in found if link["connection"] == bridge.name] == wanted

    def test_pages_hold_every_connection_once(self, bridge: Bridge) -> None:
        names = [found["connection"] for found in self.paged(bridge, "connections", {"limit": "2"})]

        assert names == sorted(set(names))
        assert bridge.name in names

    def test_pages_hold_every_ticket_once(self, bridge: Bridge) -> None:
        bridge.import_([bridge.snapshot(f"V{number}") for number in range(5)])
        query = {"kind": "application", "asset": bridge.asset, "limit": "2"}

        found = self.paged(bridge, "tickets", query)

        assert sorted(ticket["vulnerabilities"][0] for ticket in found) == [f"V{number}" for number in range(5)]

    @staticmethod
    def paged(bridge: Bridge, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        continuation: str | None = ""
        while continuation is not None:
            page = bridge.ask("GET", path, params={**query, "continuation": continuation}).json()
            assert len(page[path]) <= int(query["limit"])
            found += page[path]
            continuation = page["continuation"]
        return found


TICKETS = [
    ("POST", "tickets"),
    ("POST", "tickets/import"),
    ("GET", "tickets"),
    ("GET", "tickets/x"),
    ("POST", "tickets/x/retry"),
]
ADMINISTRATION = [
    ("GET", "connections"),
    ("GET", "connections/x"),
    ("PUT", "connections/x"),
    ("GET", "links"),
    ("GET", "links/application/x"),
    ("PUT", "links/application/x"),
    ("GET", "connections/x/personal-access-tokens"),
    ("DELETE", "connections/x/personal-access-tokens/x"),
    ("GET", "tokens"),
    ("GET", "tokens/x"),
    ("PUT", "tokens/x"),
    ("POST", "tokens/x/rotate"),
    ("GET", "failed-messages"),
    ("GET", "failed-messages/x"),
    ("DELETE", "failed-messages/x"),
    ("POST", "failed-messages/x/resend"),
]


class TestKeys:
    @pytest.mark.parametrize(("method", "path"), TICKETS + ADMINISTRATION)
    def test_nothing_opens_without_its_key(self, shop: Bridge, method: str, path: str) -> None:
        for key in ("", "wrong", shop.stack.addresses.host_key[:-1]):
            assert shop.ask(method, path, key=key).status_code == 401

    @pytest.mark.parametrize(("method", "path"), TICKETS)
    def test_the_platforms_key_opens_tickets(self, shop: Bridge, method: str, path: str) -> None:
        for key in (shop.stack.addresses.function_key, shop.stack.addresses.host_key):
            assert shop.ask(method, path, key=key).status_code in (200, 400, 404)

    @pytest.mark.parametrize(("method", "path"), ADMINISTRATION)
    def test_only_the_host_key_opens_administration(self, shop: Bridge, method: str, path: str) -> None:
        assert shop.ask(method, path, key=shop.stack.addresses.function_key).status_code == 401
        assert shop.ask(method, path, key=shop.stack.addresses.host_key).status_code in (200, 400, 404)
