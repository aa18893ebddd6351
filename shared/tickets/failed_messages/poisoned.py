"""Empties the `-poison` queues: what the host put there ended five times without a result, and nobody recorded why.

Such a message may have done nothing wrong: its host was killed, or storage was away for minutes. So it is sent
again, three times at most, each time later. What was counted stays counted when this process dies in between; the
poison message is deleted last. After that, and at once for what nobody can read, it is kept as failed.

A wake-up, for a lane or for a round, is only sent again, never kept: the tables have what is to be done, and timers
wake for it.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.alerts import Alerts
from shared.errors import RejectedRequestError
from shared.storage.raw_queues import RawMessage, RawQueue
from shared.tickets.failed_messages.fail import REQUESTS, Fail
from shared.tickets.failed_messages.records import MAX_TEXT, FailedMessage, Reason, Subject, subject_of
from shared.tickets.failed_messages.resends import Resends
from shared.tickets.observing.hook_events import QUEUE as EVENTS
from shared.tickets.observing.hook_events import read_message
from shared.times import Times
from shared.validation import parse_json

log = logging.getLogger(__name__)
WORK = "ticket-work"
REGISTRIES = "registry-work"
QUEUES = (REQUESTS, WORK, EVENTS, REGISTRIES)
_WAKE_UPS = (WORK, REGISTRIES)
MOST_RESENDS = 3
_GROWTH = 4
_MAX_SUBJECT = 200
_MOST_BATCHES = 50
"""In one run; each is at most 32 messages."""


@dataclass(frozen=True, slots=True)
class Poisoned:
    """The use case behind the timer. `queue` opens a queue by its name."""

    queue: Callable[[str], RawQueue]
    fail: Fail
    resends: Resends
    alerts: Alerts
    times: Times

    def __call__(self) -> None:
        """Settle every message of every poison queue, then tell what was left untold."""
        for name in QUEUES:
            self._empty(name)
        self.fail.tell_forgotten()
        self.resends.forget_old()

    def _empty(self, name: str) -> None:
        poison = self.queue(f"{name}-poison")
        for _ in range(_MOST_BATCHES):
            messages = poison.receive(hidden=self.times.lease)
            if not messages:
                return
            for message in messages:
                self._try_to_settle(name, poison, message)

    def _try_to_settle(self, name: str, poison: RawQueue, message: RawMessage) -> None:
        try:
            self.settle(name, message)
            poison.delete(message)
        except Exception:  # it comes back when it is visible again; the others must not wait for it
            log.exception("poison message not settled", extra={"queue": name, "message_id": message.id})

    def settle(self, name: str, message: RawMessage) -> None:
        """Send a poison message again, or keep it as failed. Done twice, it is at worst sent twice."""
        unreadable = _unreadable(name, message.content)
        if unreadable:
            self.fail(self._failed(name, message, Reason.of(unreadable)))
            return
        count = self.resends.count(name, message.content, message.id)
        if count <= MOST_RESENDS:
            log.warning("sent again", extra={"queue": name, "message_id": message.id, "count": count})
            self.queue(name).send(message.content, delay=self.times.retry * _GROWTH ** (count - 1))
        elif name in _WAKE_UPS:
            self._warn(message.content, count)
        else:
            self.fail(self._failed(name, message, self._no_result(name, message.content)))

    def _failed(self, name: str, message: RawMessage, reason: Reason) -> FailedMessage:
        now = self.fail.messages.now()
        return FailedMessage(name, message.id, message.content, message.sent_at, now, reason, _subject(message.content))

    def _no_result(self, name: str, content: bytes) -> Reason:
        said = f"It was sent again {MOST_RESENDS} times, and all {MOST_RESENDS + 1} times it ended without a result."
        error = self.resends.last_error(name, content)
        known = f"The last known error: {error}" if error else "Probably the host died each time."
        hint = "Send it again when the cause is removed; the log of the functions may name it."
        return Reason("no_result", f"{said} {known}"[:MAX_TEXT], hint)

    def _warn(self, wake_up: bytes, count: int) -> None:
        if count > MOST_RESENDS + 1:
            return
        message = json.loads(wake_up)
        what = f"Lane {message['lane']}" if "lane" in message else f"The round {message['round']!r}"
        self.alerts.send(
            "work_without_result",
            _subject_of_work(message),
            f"{what[:_MAX_SUBJECT]} ended again and again without a result.",
            hint="The log of the functions may name the cause. Nothing is lost: a timer will ask for it again.",
            severity="error",
        )


def _unreadable(name: str, content: bytes) -> RejectedRequestError | None:
    """Why a message of our own making cannot be read; a sender's request is judged where it is taken in."""
    if name == REQUESTS:
        return None
    try:
        value = parse_json(content, what="message")
    except RejectedRequestError as error:
        return error
    if _is_event(value) if name == EVENTS else _is_wake_up(value):
        return None
    return RejectedRequestError(
        f"The message is none of those that the functions put on {name}.",
        hint="Dismiss it, and see who else writes to this queue.",
    )


def _is_event(value: Any) -> bool:
    try:
        read_message(value)
    except (TypeError, AttributeError):
        return False
    return True


def _is_wake_up(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    is_lane = isinstance(value.get("connection"), str) and isinstance(value.get("lane"), int)
    return is_lane or isinstance(value.get("round"), str)


def _subject_of_work(message: Mapping[str, Any]) -> str:
    """Whose lane or round it is; not all rounds are of one connection."""
    named = (message.get(name) for name in ("connection", "token", "asset", "import"))
    return next((one[:_MAX_SUBJECT] for one in named if isinstance(one, str)), "")


def _subject(content: bytes) -> Subject:
    try:
        return subject_of(parse_json(content, what="message"))
    except RejectedRequestError:
        return Subject()
