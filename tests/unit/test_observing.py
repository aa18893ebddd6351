"""What becomes of an event: taken in, known already, put back, or left to the queue."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from shared.errors import RejectedRequestError
from shared.storage.queues import MAX_MESSAGE_BYTES
from shared.tickets.observing.hook_events import HookEvent, read_message
from shared.tickets.observing.observe import Observe
from shared.tickets.upkeep.reconcile import Reconcile
from shared.times import Times

EVENT = HookEvent("contoso", "updated", 7, 2, "Web Shop", "Ada", "Issue", "Doing", "", "", told=False)
CONNECTION: Any = SimpleNamespace(name="contoso", tag="t", identity="us", may_write=True)


class Events:
    """The queue of events."""

    def __init__(self) -> None:
        self.sent: list[tuple[HookEvent, float]] = []

    def send(self, message: dict[str, Any], *, delay: float = 0) -> None:
        assert len(str(message).encode()) <= MAX_MESSAGE_BYTES
        self.sent.append((read_message(message), delay))


def observe(**parts: Any) -> tuple[Observe, Events]:
    """A use case of which only `parts` are there."""
    names = Observe.__dataclass_fields__
    events = Events()
    there: dict[str, Any] = {"connections": SimpleNamespace(find=lambda _: CONNECTION), "times": Times(), **parts}
    return Observe(**{**dict.fromkeys(names), "events": events, **there}), events


def raising(error: Exception) -> Any:
    def raise_it(*_: object) -> None:
        raise error

    return SimpleNamespace(get=raise_it)


def test_a_request_that_is_refused_is_tried_again_later() -> None:
    observing, events = observe(table=raising(RejectedRequestError("no")))

    observing.event(EVENT)

    assert events.sent == [(replace(EVENT, faults=1), Times().retry)]


def test_what_nobody_foresaw_ends_no_reading_but_goes_to_the_queue_that_keeps_count(
    caplog: pytest.LogCaptureFixture,
) -> None:
    observing, events = observe(table=raising(KeyError("kind")))

    observing.read(EVENT)

    assert events.sent == [(EVENT, 0)]
    assert "event not taken in" in caplog.text
    with pytest.raises(KeyError):
        observing.event(EVENT)


def test_a_project_that_cannot_be_read_keeps_no_other_one_from_being_read() -> None:
    tried: list[str] = []

    class Reading(Reconcile):
        def _project(self, _c: Any, _o: Any, project: str, _end: float) -> bool:
            tried.append(project)
            if project == "p1":
                raise ValueError("nobody foresaw this")
            return True

    links: Any = SimpleNamespace(projects=lambda _: {"p1": "One", "p2": "Two"})
    organisations: Any = SimpleNamespace(of=lambda _: SimpleNamespace(reached=False))
    nothing: Any = None

    with pytest.raises(ValueError, match="nobody foresaw"):
        Reading(nothing, links, organisations, nothing, nothing, Times())(CONNECTION, seconds=5)

    assert tried == ["p1", "p2"]
