"""What ends on a poison queue is sent again or kept, and no crash between any two requests to storage loses it."""

import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueClient, QueueServiceClient

from shared.errors import TransientError
from shared.services import Services
from shared.settings import SCHEDULES
from shared.storage import account
from shared.storage.raw_queues import RawMessage, RawQueue, decoded
from shared.tickets.failed_messages import poisoned
from shared.tickets.failed_messages.records import FailedMessage
from shared.tickets.observing.hook_events import HookEvent
from tests.functional.bridge import eventually

REQUESTS, WORK, EVENTS, REGISTRIES = "ticket-requests", "ticket-work", "service-hook-events", "registry-work"
TABLE = "failedmessages"
TOLD = ("alerts", "ticket-updates")
SNAPSHOT = {"schema": 1, "vulnerability": {"id": "V1", "asset": {"kind": "application", "id": "shop"}}}
EVENT = HookEvent("c", "updated", 7, 2, "p", "", "", "", "", "").message()
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
_SEND = requests.adapters.HTTPAdapter.send


class Killed(BaseException):
    """What no handler catches, as none catches SIGKILL."""


@contextmanager
def killed_at(call: int, *, answered: bool, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """End the block at a request to storage, counted from 1: before it is sent, or when it has been carried out."""
    asked: list[str] = []

    def send(self: Any, request: Any, **options: Any) -> Any:
        asked.append(f"{request.method} {request.url.partition('?')[0]}")
        if len(asked) == call and not answered:
            raise Killed
        answer = _SEND(self, request, **options)
        if len(asked) == call:
            answer.close()
            raise Killed
        return answer

    with monkeypatch.context() as patch, suppress(Killed):
        patch.setattr(requests.adapters.HTTPAdapter, "send", send)
        yield asked


@dataclass
class Storage:
    """Queues and the table of failed messages, as somebody sees them who does not trust the bridge."""

    connection_string: str
    queues: QueueServiceClient
    tables: TableServiceClient

    def services(self, scale: float = 0.001) -> Services:
        """What a process has that has just been started."""
        return Services(
            {
                "AzureWebJobsStorage": self.connection_string,
                "KEY_VAULT_URL": "https://v.vault.azure.net",
                "PUBLIC_URL": "https://bridge.example",
                "HOOK_KEY": "k" * 48,
                **dict.fromkeys(SCHEDULES, "0 * * * * *"),
                "TIME_SCALE": str(scale),
            }
        )

    def queue(self, name: str) -> QueueClient:
        return self.queues.get_queue_client(name)

    def clear(self) -> None:
        self.tables.create_table_if_not_exists(TABLE)
        for name in (*TOLD, *(f"{queue}{end}" for queue in poisoned.QUEUES for end in ("", "-poison"))):
            with suppress(ResourceExistsError):
                self.queue(name).create_queue()
            self.queue(name).clear_messages()
        for row in self._rows():
            self.tables.get_table_client(TABLE).delete_entity(row["PartitionKey"], row["RowKey"])

    def put(self, queue: str, content: Any) -> None:
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.queue(queue).send_message(b64encode(text).decode())

    def texts(self, queue: str) -> list[bytes]:
        """Every message of a queue."""
        found: dict[str, bytes] = {}

        def all_there() -> bool:
            for message in self.queue(queue).receive_messages(visibility_timeout=1):
                found[message.id] = decoded(str(message.content).encode())
            return len(found) == self.count(queue)

        eventually(all_there, what=f"all messages of {queue}")
        return list(found.values())

    def documents(self, queue: str) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts(queue)]

    def count(self, queue: str) -> int:
        try:
            return self.queue(queue).get_queue_properties().approximate_message_count or 0
        except ResourceNotFoundError:
            return 0

    def failed(self) -> list[FailedMessage]:
        return list(self.services().failed_messages.newest_first())

    def rows(self, kind: str) -> list[dict[str, Any]]:
        return [row for row in self._rows() if row["RowKey"].startswith(kind)]

    def _rows(self) -> list[dict[str, Any]]:
        try:
            return [dict(row) for row in self.tables.get_table_client(TABLE).list_entities()]
        except ResourceNotFoundError:
            return []

    def settle(self, queue: str = REQUESTS) -> None:
        """Run the timer until nothing is on the poison queue and everything is told."""

        def settled() -> bool:
            self.services().poisoned()
            return not self.count(f"{queue}-poison") and not self.rows("u|")

        eventually(settled, what="the end of the poison queue")

    def exhaust(self, queue: str, content: Any) -> None:
        """Count as many poison messages of this content as are sent again."""
        for _ in range(poisoned.MOST_RESENDS):
            self.services().resends.count(queue, json.dumps(content).encode(), secrets.token_hex(4))


@pytest.fixture
def storage(azurite: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    with (
        ExitStack() as opened,
        QueueServiceClient.from_connection_string(azurite) as queues,
        TableServiceClient.from_connection_string(azurite) as tables,
    ):
        pooled = account.pooled
        monkeypatch.setattr(account, "pooled", lambda *timeouts: _closed_by(opened, pooled(*timeouts)))
        storage = Storage(azurite, queues, tables)
        storage.clear()
        yield storage


def _closed_by(stack: ExitStack, transport: Any) -> Any:
    stack.callback(transport.session.close)
    return transport


class TestSentAgain:
    @pytest.mark.parametrize(("queue", "content"), [(REQUESTS, SNAPSHOT), (REQUESTS, b"<"), (EVENTS, EVENT)])
    def test_the_same_content_is_on_its_queue_again(self, storage: Storage, queue: str, content: Any) -> None:
        storage.put(f"{queue}-poison", content)

        storage.settle(queue)

        expected = content if isinstance(content, bytes) else json.dumps(content).encode()
        assert storage.texts(queue) == [expected]
        assert storage.failed() == []

    def test_plain_text_of_a_sender_who_does_not_encode(self, storage: Storage) -> None:
        text = "<" * 60_000
        storage.queue(f"{REQUESTS}-poison").send_message(text)

        storage.settle()

        assert storage.texts(REQUESTS) == [text.encode()]

    def test_each_time_later(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        delays: list[float] = []
        monkeypatch.setattr(RawQueue, "send", lambda _, __, *, delay=0.0: delays.append(delay))
        services = storage.services(scale=1)
        for number in range(poisoned.MOST_RESENDS):
            services.poisoned.settle(REQUESTS, RawMessage(str(number), b"<", NOW, ""))

        assert delays == [30, 120, 480]

    def test_a_bounded_number_of_times_then_it_is_kept_and_told(self, storage: Storage) -> None:
        for count in range(poisoned.MOST_RESENDS + 1):
            assert storage.failed() == []
            storage.put(f"{REQUESTS}-poison", {**SNAPSHOT, "by": "its sender"})
            storage.settle()
            assert storage.count(REQUESTS) == min(count + 1, poisoned.MOST_RESENDS)

        (failed,) = storage.failed()
        assert json.loads(failed.payload) == {**SNAPSHOT, "by": "its sender"}
        assert failed.reason.code == "no_result"
        assert "sent again 3 times" in failed.reason.message
        (alert,), (update,) = (storage.documents(name) for name in TOLD)
        assert (alert["kind"], alert["subject"], alert["severity"]) == ("failed_message", failed.id, "error")
        assert failed.id in alert["hint"]
        assert {name: update[name] for name in ("ticket", "sequence", "change", "previous", "current")} == {
            "ticket": None,
            "sequence": 0,
            "change": "refused",
            "previous": None,
            "current": None,
        }
        assert update["error"] == {"code": "no_result", "message": failed.reason.message, "hint": failed.reason.hint}
        assert (update["vulnerability"], update["asset"]) == ("V1", {"kind": "application", "id": "shop"})
        assert update["message"] == failed.message

    def test_the_last_known_error_is_part_of_the_reason(
        self, storage: Storage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        services = storage.services()

        def broken(*_: Any) -> str:
            raise TransientError("Table Storage answered 503.")

        monkeypatch.setattr(type(services.submit), "one", broken)
        body = {"schema": 1, "vulnerability": {**SNAPSHOT["vulnerability"], "title": "t"}}  # type: ignore[dict-item]
        body["vulnerability"] |= {"severity": "high", "status": "open"}  # type: ignore[operator]
        with pytest.raises(TransientError):
            services.ticket_requests.take("m", json.dumps(body).encode(), NOW)
        storage.exhaust(REQUESTS, body)
        storage.put(f"{REQUESTS}-poison", body)

        storage.settle()

        assert "Table Storage answered 503." in storage.failed()[0].reason.message

    def test_what_was_counted_long_ago_is_forgotten(self, storage: Storage) -> None:
        storage.exhaust(REQUESTS, SNAPSHOT)
        patient = storage.services().resends
        impatient = replace(patient, times=replace(patient.times, resends_remembered=0.0))

        def forgotten() -> bool:
            impatient.forget_old()
            return not storage.rows("r|")

        eventually(forgotten, what="the end of a count")

    @pytest.mark.parametrize(
        ("queue", "content"),
        [
            (EVENTS, b"<"),
            (EVENTS, [1]),
            (EVENTS, {"schema": 1}),
            (EVENTS, b"[" * 30_000),
            (EVENTS, b"\xff\xfe"),
            (WORK, b""),
            (WORK, {"connection": ["c"], "lane": 1}),
            (WORK, {"connection": "c", "lane": "1"}),
        ],
        ids=["no JSON", "a list", "no fields", "deep", "no UTF-8", "nothing", "no name", "no number"],
    )
    def test_what_nobody_can_read_is_kept_at_once(self, storage: Storage, queue: str, content: Any) -> None:
        storage.put(f"{queue}-poison", content)

        storage.settle(queue)

        (failed,) = storage.failed()
        assert (failed.queue, failed.reason.code) == (queue, "refused")
        assert failed.reason.hint
        assert storage.count(queue) == 0
        assert len(storage.documents("alerts")) == 1
        assert storage.count("ticket-updates") == 0, "no sender outside"

    @pytest.mark.parametrize(
        ("queue", "name", "value"), [(WORK, "lane", 3), (WORK, "round", "verify"), (REGISTRIES, "round", "read")]
    )
    def test_a_wake_up_wakes_again_and_is_never_kept(self, storage: Storage, queue: str, name: str, value: Any) -> None:
        wake_up = {"schema": 1, "connection": "c", name: value}
        for _ in range(poisoned.MOST_RESENDS + 3):
            storage.put(f"{queue}-poison", wake_up)
            storage.settle(queue)

        assert storage.documents(queue) == [wake_up] * poisoned.MOST_RESENDS
        assert storage.failed() == []
        (alert,) = storage.documents("alerts")
        assert (alert["kind"], alert["subject"]) == ("work_without_result", "c")
        assert str(value) in alert["message"]

    def test_wake_ups_of_different_traces_are_the_same_wake_up(self, storage: Storage) -> None:
        wake_up = {"schema": 1, "connection": "c", "lane": 3}
        for number in range(1, poisoned.MOST_RESENDS + 3):
            storage.put(f"{WORK}-poison", {**wake_up, "traceparent": f"00-{number:032x}-{number:016x}-01"})
            storage.settle(WORK)

        assert storage.count(WORK) == poisoned.MOST_RESENDS
        assert len(storage.documents("alerts")) == 1

    def test_one_that_cannot_be_settled_does_not_hold_up_the_others(
        self, storage: Storage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        storage.put(f"{EVENTS}-poison", {**EVENT, "work_item": 13})
        storage.put(f"{EVENTS}-poison", EVENT)
        settle = poisoned.Poisoned.settle

        def broken(self: poisoned.Poisoned, name: str, message: Any) -> None:
            if b"13" in message.content:
                raise ZeroDivisionError
            settle(self, name, message)

        with monkeypatch.context() as patch:
            patch.setattr(poisoned.Poisoned, "settle", broken)
            storage.services().poisoned()

        assert storage.documents(EVENTS) == [EVENT]
        assert storage.count(f"{EVENTS}-poison") == 1
        storage.settle(EVENTS)
        assert len(storage.documents(EVENTS)) == 2


class TestToldLater:
    @pytest.mark.parametrize("queue", TOLD)
    def test_a_queue_that_does_not_answer_costs_neither_the_message_nor_the_telling(
        self, storage: Storage, queue: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(_: Any, request: Any, **options: Any) -> Any:
            if f"/{queue}/" in request.url:
                raise requests.exceptions.ConnectionError
            return _SEND(_, request, **options)

        with monkeypatch.context() as patch:
            patch.setattr(requests.adapters.HTTPAdapter, "send", broken)
            assert storage.services().ticket_requests.take("m", b"<", NOW) is None
        assert len(storage.failed()) == 1
        assert storage.count(queue) == 0

        storage.settle()

        assert [len(storage.documents(name)) for name in TOLD] == [2 if queue == "ticket-updates" else 1, 1]

    def test_what_was_dismissed_meanwhile_is_not_told(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        with killed_at(2, answered=False, monkeypatch=monkeypatch):  # when the row is written
            storage.services().ticket_requests.take("m", b"<", NOW)
        (failed,) = storage.failed()
        storage.services().failed_messages.remove(failed.id)

        storage.settle()

        assert [storage.count(name) for name in TOLD] == [0, 0]


type Flow = Callable[[Storage], None]


def _refuse(storage: Storage) -> None:
    storage.services().ticket_requests.take("m", b"<", NOW)


def _run(storage: Storage) -> None:
    storage.services().poisoned()


def _send_all_again(storage: Storage) -> None:
    storage.services().send_again.all()


def _calls(storage: Storage, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many requests a flow makes: the crash points are counted, not listed."""
    with killed_at(0, answered=False, monkeypatch=monkeypatch) as asked:
        flow(storage)
    assert len(asked) > 3
    return len(asked)


def _crashes(storage: Storage, prepare: Flow, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Prepare and crash at each point in turn, before a request and after it; the caller then judges."""
    prepare(storage)
    for call in range(1, _calls(storage, flow, monkeypatch) + 1):
        for answered in (False, True):
            storage.clear()
            prepare(storage)
            with killed_at(call, answered=answered, monkeypatch=monkeypatch) as asked:
                flow(storage)
            yield f"killed {'after' if answered else 'before'} {asked[-1]}"


@pytest.mark.thorough
class TestCrashes:
    def test_of_a_refusal(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        for where in _crashes(storage, lambda _: None, _refuse, monkeypatch):
            _refuse(storage)  # the host delivers it again
            storage.settle()
            assert len(storage.failed()) == 1, where
            assert all(storage.count(name) in (1, 2, 3) for name in TOLD), where

    def test_of_a_refusal_of_which_only_the_row_was_written(
        self, storage: Storage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is told even when the message is never delivered again."""
        for where in _crashes(storage, lambda _: None, _refuse, monkeypatch):
            kept = len(storage.failed())
            storage.settle()
            assert all(storage.count(name) >= kept for name in TOLD), where

    def test_of_sending_again(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        def prepare(storage: Storage) -> None:
            storage.put(f"{REQUESTS}-poison", SNAPSHOT)

        for where in _crashes(storage, prepare, _run, monkeypatch):
            storage.settle()
            assert storage.count(REQUESTS) in (1, 2), where
            assert [row["count"] for row in storage.rows("r|")] == [1], where
            assert storage.failed() == [], where

    def test_of_giving_up(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        def prepare(storage: Storage) -> None:
            storage.exhaust(REQUESTS, SNAPSHOT)
            storage.put(f"{REQUESTS}-poison", SNAPSHOT)

        for where in _crashes(storage, prepare, _run, monkeypatch):
            storage.settle()
            assert len(storage.failed()) == 1, where
            assert storage.count(REQUESTS) == 0, where
            assert all(storage.count(name) in (1, 2, 3) for name in TOLD), where

    def test_of_resending_by_hand(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        for where in _crashes(storage, _refuse, _send_all_again, monkeypatch):
            assert len(storage.failed()) + storage.count(REQUESTS) >= 1, where
            _send_all_again(storage)
            assert storage.count(REQUESTS) in (1, 2), where
            assert storage.failed() == [], where
