"""Sends snapshots in every way in, and sends again what was not taken; nothing of the plan is left out."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

from azure.core.exceptions import AzureError
from azure.storage.blob import ContainerClient

from local.torture.clients import Functions, RefusedError, UnavailableError, queue, upload
from local.torture.ledger import Ledger
from local.torture.plan import Channel, Plan, Send
from local.torture.record import Record
from local.torture.versions import snapshot

THREADS = 8
_AT_ONCE = 25
_LOOK_EVERY = 0.1
_AGAIN_AFTER = 0.5
_FURTHER_EACH_TIME = 2
_FURTHER_EVERY = 0.5


@dataclass
class Traffic:
    """The platform. Each vulnerability has one thread, so that where arrival is the order it is known."""

    plan: Plan
    ledger: Ledger
    functions: Functions
    storage: str
    record: Record
    seconds: float
    """How long the plan takes."""
    ended: threading.Event = field(default_factory=threading.Event)
    left: int = 0
    _started: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> list[threading.Thread]:
        """Start sending; `ended` ends what goes beyond the plan."""
        self._started = time.monotonic()
        self.left = len(self.plan.sends)
        threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        return threads

    def _run(self, number: int) -> None:
        sender = _Sender(self, number)
        mine = iter([send for send in self.plan.sends if send.vulnerability % THREADS == number])
        upcoming = next(mine, None)
        while upcoming is not None:
            due: list[Send] = []
            while upcoming is not None and self._is_due(upcoming) and len(due) < _AT_ONCE:
                due.append(upcoming)
                upcoming = next(mine, None)
            sender.send(due)
            if not due:
                time.sleep(_LOOK_EVERY)
        if number == 0:
            self._go_on(sender)

    def _is_due(self, send: Send) -> bool:
        return time.monotonic() - self._started >= send.at * self.seconds

    def _go_on(self, sender: "_Sender") -> None:
        """The plan is over and the run is not: more changes, one thread's, slowly."""
        further = self.plan.further()
        while not self.ended.wait(_FURTHER_EVERY):
            if not self.left:
                sender.send(list(islice(further, _FURTHER_EACH_TIME)))

    def done(self, count: int) -> None:
        """So many of the plan's snapshots were dealt with."""
        with self._lock:
            self.left = max(0, self.left - count)


class _Sender:
    """One thread's clients."""

    def __init__(self, traffic: Traffic, number: int) -> None:
        self._traffic = traffic
        self._number = number
        self._encoded = queue(traffic.storage, "ticket-requests")
        self._plain = queue(traffic.storage, "ticket-requests", base64=False)
        self._blobs = ContainerClient.from_connection_string(traffic.storage, "ticket-requests")
        self._count = 0

    def send(self, sends: Sequence[Send]) -> None:
        together = [send for send in sends if send.channel is Channel.IMPORT]
        for part in _each_once(together):
            self._until_taken(part, partial(self._import, part))
        for send in sends:
            if send.channel is not Channel.IMPORT:
                self._until_taken([send], partial(self._one, send))
        self._traffic.done(len(sends))

    def _until_taken(self, sends: Sequence[Send], put: Callable[[], None]) -> None:
        while True:
            self._count += 1
            try:
                put()
            except (UnavailableError, AzureError):
                time.sleep(_AGAIN_AFTER)
                continue
            except RefusedError as error:
                self._traffic.ledger.refuse(str(error))
                return
            break
        for send in sends:
            plan = self._traffic.plan
            version = plan.versions[send.vulnerability][send.version - 1]
            self._traffic.ledger.took(plan.vulnerabilities[send.vulnerability], version)
            self._traffic.record("sent", vulnerability=send.vulnerability, version=send.version, by=send.channel)

    def _text(self, send: Send) -> str:
        plan = self._traffic.plan
        said = snapshot(plan.vulnerabilities[send.vulnerability], plan.versions[send.vulnerability][send.version - 1])
        return json.dumps(said, ensure_ascii=False)

    def _import(self, sends: Sequence[Send]) -> None:
        body = f"[{','.join(self._text(send) for send in sends)}]".encode()
        headers = {"Content-Type": "application/json"}
        answer = self._ask("tickets/import", body, headers)
        if answer["refused"]:
            raise RefusedError(f"import: {answer['refusals'][:3]}")

    def _one(self, send: Send) -> None:
        text = self._text(send)
        delay = int(send.delay)
        match send.channel:
            case Channel.POST:
                self._ask("tickets", text.encode(), {"Content-Type": "application/json"})
            case Channel.QUEUE:
                self._encoded.send_message(text, visibility_timeout=delay)
            case Channel.PLAIN:
                self._plain.send_message(text, visibility_timeout=delay)
            case _:
                name = f"{send.vulnerability}-{send.version}.json"
                upload(self._blobs, name, text.encode())
                self._encoded.send_message(json.dumps({"schema": 1, "blob": name}), visibility_timeout=delay)

    def _ask(self, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        functions = self._traffic.functions
        answer: dict[str, Any] = functions.ask(
            "POST", path, first=self._count + self._number, data=body, headers=headers
        )
        return answer


def _each_once(sends: Sequence[Send]) -> Iterator[list[Send]]:
    """Cut so that no report has a vulnerability twice."""
    part: dict[int, Send] = {}
    for send in sends:
        if send.vulnerability in part:
            yield list(part.values())
            part = {}
        part[send.vulnerability] = send
    if part:
        yield list(part.values())
