"""The Azure DevOps simulator's service hooks, delivered to a real receiver."""

import base64
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local.ports import free_port
from tests.functional.simulated_azure_devops import Organization, Receiver, receiver, simulator, until, written

CAPTURED = Path(__file__).parents[3] / "shared/reference/payloads/AspNetWebHooks"
SPEED = 200_000  # the 36 hours of a probation are 0.65 s here


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with simulator(tmp_path_factory.mktemp("hooks") / "state.db", speed=SPEED) as address:
        yield address


@pytest.fixture
def contoso(base: str) -> Iterator[Organization]:
    with Organization(base) as organization:
        yield organization


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as receiving:
        yield receiving


def captured(event: str) -> Any:
    file = CAPTURED / f"webhook_{event}.json"
    if not file.is_file():
        pytest.skip("the captured deliveries are not here")
    return json.loads(file.read_text("utf-8-sig"))


def status(contoso: Organization, subscription: Any) -> str:
    path = f"_apis/hooks/subscriptions/{subscription['id']}"
    return str(contoso.call("GET", path).json()["status"])


def notifications(contoso: Organization, subscription: Any) -> list[Any]:
    path = f"_apis/hooks/subscriptions/{subscription['id']}/notifications"
    return list(contoso.call("GET", path).json()["value"])


def completed(contoso: Organization, subscription: Any, result: str) -> Any:
    """Return the newest notification once it has this result."""

    def newest() -> Any:
        found = notifications(contoso, subscription)
        return found and found[0]["result"] == result and found[0]

    return until(newest)


class TestSubscriptions:
    def test_the_password_is_never_shown_and_survives_an_update(self, contoso: Organization, hook: Receiver) -> None:
        secret = {"basicAuthUsername": "bridge", "basicAuthPassword": "secret"}
        made = contoso.subscribe("workitem.created", hook.url, secret)
        assert made["consumerInputs"]["basicAuthPassword"] == "********"
        contoso.call("PUT", f"_apis/hooks/subscriptions/{made['id']}", made)
        contoso.create()
        headers, _ = until(lambda: hook.got)[0]
        assert headers["Authorization"] == f"Basic {base64.b64encode(b'bridge:secret').decode()}"

    def test_list_query_and_delete(self, contoso: Organization, hook: Receiver) -> None:
        made = contoso.subscribe("workitem.created", hook.url)
        contoso.subscribe("workitem.deleted", hook.url)
        path = "_apis/hooks/subscriptions"
        params = {"eventType": "workitem.created", "consumerId": "webHooks"}
        assert [s["id"] for s in contoso.call("GET", path, params=params).json()["value"]] == [made["id"]]
        condition = {"inputId": "url", "operator": "equals", "inputValue": hook.url}
        query = {"publisherId": "tfs", "consumerInputFilters": [{"conditions": [condition]}]}
        assert len(contoso.call("POST", f"{path}query", query).json()["results"]) == 2
        condition["inputValue"] = "https://elsewhere.example"
        assert contoso.call("POST", f"{path}query", query).json()["results"] == []
        assert contoso.call("DELETE", f"{path}/{made['id']}").status_code == 204
        assert contoso.call("GET", f"{path}/{made['id']}").status_code == 404

    @pytest.mark.parametrize(
        "wrong",
        [
            {"consumerInputs": {}},
            {"consumerInputs": {"url": "https://x.example", "basicAuthPassword": "with space"}},
            {"eventType": "workitem.exploded"},
            {"consumerId": "zendesk"},
            {"publisherInputs": {"projectId": "00000000-0000-0000-0000-000000000001"}},
        ],
    )
    def test_unusable_inputs_are_refused(self, contoso: Organization, wrong: dict[str, Any]) -> None:
        right = {
            "publisherId": "tfs",
            "eventType": "workitem.created",
            "consumerId": "webHooks",
            "consumerActionId": "httpRequest",
            "publisherInputs": {},
            "consumerInputs": {"url": "https://x.example"},
        }
        answer = contoso.call("POST", "_apis/hooks/subscriptions", right | wrong)
        assert answer.status_code == 400
        assert answer.json()["message"]

    def test_the_catalogue_names_consumer_and_events(self, contoso: Organization) -> None:
        consumer = contoso.call("GET", "_apis/hooks/consumers/webHooks").json()
        inputs = {given["id"]: given for given in consumer["actions"][0]["inputDescriptors"]}
        assert inputs["basicAuthPassword"]["isConfidential"] is True
        types = contoso.call("GET", "_apis/hooks/publishers/tfs/eventtypes").json()["value"]
        assert "workitem.updated" in {known["id"] for known in types}

    def test_a_test_notification_is_delivered_at_once(self, contoso: Organization, hook: Receiver) -> None:
        made = contoso.subscribe("workitem.updated", hook.url)
        answer = contoso.call("POST", "_apis/hooks/testnotifications", {"details": made})
        assert answer.json()["result"] == "succeeded"
        assert hook.events()[0]["resource"]["workItemId"] == 0


class TestPayloads:
    @pytest.mark.parametrize("verb", ["created", "updated", "deleted", "restored", "commented"])
    def test_events_have_the_captured_shape(self, contoso: Organization, hook: Receiver, verb: str) -> None:
        contoso.subscribe(f"workitem.{verb}", hook.url)
        number = contoso.create(AssignedTo="Ada <ada@contoso.example>")["id"]
        contoso.update(number, written("State", "Active"), written("History", "why"))
        contoso.call("DELETE", f"_apis/wit/workitems/{number}")
        contoso.call("PATCH", f"Mobile/_apis/wit/recyclebin/{number}", {"isDeleted": False})
        event = until(hook.events)[0]
        expected = captured(f"workitem.{verb}")
        assert event.keys() == expected.keys()
        assert event["message"].keys() == expected["message"].keys()
        missing = {"workItemHistory"}  # of the restored one only; the service no longer has it
        assert event["resource"].keys() >= expected["resource"].keys() - {"workItemHistory"}
        assert event["resource"]["_links"].keys() >= expected["resource"]["_links"].keys() - missing
        assert event["resourceContainers"].keys() == expected["resourceContainers"].keys()

    def test_updated_has_the_oddities_of_the_service(self, contoso: Organization, hook: Receiver) -> None:
        contoso.create()
        number = contoso.create()["id"]
        contoso.subscribe("workitem.updated", hook.url)
        contoso.update(number, written("State", "Active"), written("AssignedTo", "Ada <ada@contoso.example>"))
        resource = until(hook.events)[0]["resource"]
        assert (resource["id"], resource["workItemId"], resource["rev"]) == (2, number, 2)
        assert resource["fields"]["System.State"] == {"oldValue": "New", "newValue": "Active"}
        assert resource["fields"]["System.AssignedTo"] == {"newValue": "Ada <ada@contoso.example>"}
        assert resource["revision"]["id"] == number
        assert resource["revision"]["fields"]["System.State"] == "Active"
        assert resource["revisedBy"]["displayName"] == "Bridge"

    def test_deleted_names_the_item_and_points_at_the_recycle_bin(self, contoso: Organization, hook: Receiver) -> None:
        contoso.subscribe("workitem.deleted", hook.url)
        number = contoso.create()["id"]
        contoso.control("POST", f"work-items/{number}?organization={contoso.name}", {"deleted": True})
        resource = until(hook.events)[0]["resource"]
        assert (resource["id"], resource["rev"]) == (number, 2)
        assert resource["url"].endswith(f"recyclebin/{number}")

    def test_less_is_sent_when_less_is_asked_for(self, contoso: Organization, hook: Receiver) -> None:
        less = {"resourceDetailsToSend": "minimal", "messagesToSend": "none", "detailedMessagesToSend": "text"}
        contoso.subscribe("workitem.created", hook.url, less)
        number = contoso.create()["id"]
        event = until(hook.events)[0]
        assert event["resource"].keys() == {"id", "url"}
        assert event["resource"]["id"] == number
        assert event["message"] is None
        assert event["detailedMessage"].keys() == {"text"}


class TestFilters:
    @pytest.mark.parametrize(
        ("publisher", "expected"),
        [
            ({"tag": "Security"}, ["tagged"]),
            ({"areaPath": "Mobile\\Backend"}, ["in payments"]),
            ({"workItemType": "Task"}, ["a task"]),
            ({"projectId": ""}, ["tagged", "in payments", "a task", "elsewhere"]),
        ],
    )
    def test_only_what_passes_is_sent(
        self, contoso: Organization, hook: Receiver, publisher: dict[str, str], expected: list[str]
    ) -> None:
        made = contoso.subscribe("workitem.created", hook.url, **publisher)
        contoso.create(Title="tagged", Tags="security; other")
        contoso.create(Title="in payments", AreaPath="Mobile\\Backend\\Payments")
        contoso.create(kind="Task", Title="a task")
        contoso.create("Platform", Title="elsewhere")
        until(lambda: len(hook.got) >= len(expected))
        # What is sent is queued in the transaction of the change, so nothing can come later.
        assert len(notifications(contoso, made)) == len(expected)
        assert {event["resource"]["fields"]["System.Title"] for event in hook.events()} == set(expected)

    def test_changed_fields_and_silence(self, contoso: Organization, hook: Receiver) -> None:
        made = contoso.subscribe("workitem.updated", hook.url, changedFields="System.State")
        number = contoso.create()["id"]
        contoso.update(number, written("Title", "new"))
        contoso.update(number, written("State", "Active"), suppressNotifications="true")
        contoso.update(number, written("State", "Closed"))
        until(hook.events)
        assert len(notifications(contoso, made)) == 1
        assert hook.events()[0]["resource"]["fields"]["System.State"]["newValue"] == "Closed"


class TestDelivery:
    def test_a_success_is_recorded(self, contoso: Organization, hook: Receiver) -> None:
        made = contoso.subscribe("workitem.created", hook.url)
        contoso.create()
        record = completed(contoso, made, "succeeded")
        assert (record["status"], record["details"]["requestAttempts"]) == ("completed", 1)
        assert record["details"]["event"]["notificationId"] == record["id"]

    def test_gone_disables_at_once(self, contoso: Organization) -> None:
        with receiver(410) as hook:
            made = contoso.subscribe("workitem.created", hook.url)
            contoso.create()
            completed(contoso, made, "failed")
            assert status(contoso, made) == "disabledBySystem"
            contoso.create()
            assert len(notifications(contoso, made)) == 1

    def test_transient_failures_are_sent_again_until_one_succeeds(self, contoso: Organization) -> None:
        with receiver(503, 504, 408, 200) as hook:
            made = contoso.subscribe("workitem.created", hook.url)
            contoso.create()
            assert completed(contoso, made, "succeeded")["details"]["requestAttempts"] == 4
            assert status(contoso, made) == "enabled"

    def test_a_receiver_that_is_not_there_ends_disabled(self, contoso: Organization) -> None:
        made = contoso.subscribe("workitem.created", f"http://127.0.0.1:{free_port()}/")
        contoso.create()
        # 1 + 8 resends, then 7 more on probation
        assert completed(contoso, made, "failed")["details"]["requestAttempts"] == 16
        assert status(contoso, made) == "disabledBySystem"

    def test_an_enduring_failure_is_tried_seven_times_on_probation(self, contoso: Organization) -> None:
        with receiver(500) as hook:
            made = contoso.subscribe("workitem.created", hook.url)
            contoso.create()
            assert completed(contoso, made, "failed")["details"]["requestAttempts"] == 8
            assert status(contoso, made) == "disabledBySystem"

    def test_events_on_probation_are_lost_and_a_success_ends_it(self, tmp_path: Path) -> None:
        # The real clock: the first try on probation is 20 minutes away, 0.6 s here.
        with (
            simulator(tmp_path / "state.db", speed=2000) as base,
            receiver(401, 200) as hook,
            Organization(base) as own,
        ):
            hook.gates[2] = threading.Event()  # the answer to the first try on probation
            made = own.subscribe("workitem.created", hook.url)
            first = own.create()["id"]
            until(lambda: status(own, made) == "onProbation")
            own.create()
            assert len(notifications(own, made)) == 1
            hook.gates[2].set()
            until(lambda: status(own, made) == "enabled")
            third = own.create()["id"]
            until(lambda: len(hook.got) == 3)
            assert [event["resource"]["id"] for event in hook.events()] == [first, first, third]


class TestRestart:
    @staticmethod
    def start(file: Path, port: int, *, speed: float = 1) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "local.simulators.azure_devops", "--port", str(port), "--state", str(file)]
        command += ["--speed", str(speed)]
        process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
        until(lambda: _answers(f"http://127.0.0.1:{port}"), seconds=20)
        return process

    def test_nothing_is_lost_when_the_process_is_killed(self, tmp_path: Path) -> None:
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        process = self.start(tmp_path / "state.db", port, speed=0.2)  # time enough to be killed before it tries again
        try:
            with Organization(base) as own, receiver(503, 200) as hook:
                made = own.subscribe("workitem.created", hook.url)
                number = own.create()["id"]
                until(lambda: notifications(own, made)[0]["status"] == "queuedForRetry")
                process.send_signal(signal.SIGKILL)
                process.wait()
                process = self.start(tmp_path / "state.db", port)
                assert own.query("[System.Id] > 0") == [number]
                assert completed(own, made, "succeeded")["details"]["requestAttempts"] == 2
        finally:
            process.kill()
            process.wait()


def _answers(base: str) -> bool:
    try:
        return requests.get(f"{base}/_simulator/settings", timeout=1).ok
    except requests.RequestException:
        return False
