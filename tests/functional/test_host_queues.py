"""Queue triggers and outputs, against Azurite: what is delivered, how often, and where it ends."""

import json
import signal
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.functional.host_process import HostRun, count_in, eventually, messages_in


@pytest.fixture
def prepare(tmp_path: Path, azurite: str) -> Callable[..., HostRun]:
    return lambda **queues: HostRun(tmp_path, azurite, **queues)


def wire(content: str) -> str:
    return b64encode(content.encode()).decode()


def test_base64_both_ways_and_metadata(prepare: Callable[..., HostRun]) -> None:
    run = prepare()
    content = json.dumps({"send": ["grüezi", '{"a":1}']}, ensure_ascii=False)
    sent = run.queue().send_message(wire(content))

    with run.host():
        eventually(lambda: len(messages_in(run.queue("-out"))) == 2)
        eventually(lambda: count_in(run.queue()) == 0)

    (call,) = run.calls("work", "started")
    assert call["body"] == content
    assert call["id"] == sent.id
    assert call["count"] == 1
    assert call["receipt"]
    inserted, expires = (datetime.fromisoformat(call[name]) for name in ("inserted", "expires"))
    assert sent.inserted_on is not None
    assert abs(inserted - sent.inserted_on) < timedelta(seconds=1)
    assert expires - inserted == timedelta(days=7)
    assert messages_in(run.queue("-out")) == [wire("grüezi"), wire('{"a":1}')]


def test_message_encoding_none(prepare: Callable[..., HostRun]) -> None:
    run = prepare(messageEncoding="none")
    content = '{"send": ["plain & <simple>"]}'
    run.queue().send_message(content)

    with run.host():
        eventually(lambda: messages_in(run.queue("-out")) == ["plain & <simple>"])

    assert run.calls("work", "started")[0]["body"] == content


def test_what_is_not_base64_goes_to_poison_at_once(prepare: Callable[..., HostRun]) -> None:
    run = prepare()
    run.queue().send_message("not Base64!")

    with run.host() as host:
        eventually(lambda: messages_in(run.queue("-poison")) == ["not Base64!"])
        eventually(lambda: count_in(run.queue()) == 0)
        host.stop()

    assert run.calls("work", "started") == []
    assert "is not Base64" in host.errors


def test_the_last_failure_moves_the_original_content_to_poison(prepare: Callable[..., HostRun]) -> None:
    run = prepare(maxDequeueCount=3)
    content = wire('{"failures": 99}')
    run.queue().send_message(content)

    with run.host():
        eventually(lambda: messages_in(run.queue("-poison")) == [content])
        eventually(lambda: count_in(run.queue()) == 0)

    assert [call["count"] for call in run.calls("work", "started")] == [1, 2, 3]
    assert run.calls("work", "finished") == []


def test_a_message_taken_too_often_goes_to_poison_without_a_call(prepare: Callable[..., HostRun]) -> None:
    run = prepare(maxDequeueCount=2)
    content = wire("{}")
    run.queue().send_message(content)
    for _ in range(2):
        message = run.queue().receive_message(visibility_timeout=60)
        assert message is not None
        run.queue().update_message(message, visibility_timeout=0)

    with run.host():
        eventually(lambda: messages_in(run.queue("-poison")) == [content])
        eventually(lambda: count_in(run.queue()) == 0)

    assert run.calls("work", "started") == []


@pytest.mark.thorough
def test_a_failed_message_comes_back_after_the_visibility_timeout(prepare: Callable[..., HostRun]) -> None:
    run = prepare(visibilityTimeout="00:00:02")
    run.queue().send_message(wire('{"failures": 1}'))

    with run.host():
        eventually(lambda: count_in(run.queue()) == 0)

    first, second = run.calls("work", "started")
    assert second["count"] == 2
    # The queue counts in whole seconds and rounds down what has begun.
    assert 1 <= second["at"] - first["at"] < 6


def test_a_failed_message_comes_back_at_once_by_default(prepare: Callable[..., HostRun]) -> None:
    """The quickest of some, for the machine has other things to do, too."""
    run = prepare()
    apart = []
    with run.host():
        for _ in range(3):
            run.queue().send_message(wire('{"failures": 1}'))
            eventually(lambda: count_in(run.queue()) == 0)
            first, second = run.calls("work", "started")[-2:]
            apart.append(second["at"] - first["at"])

    assert min(apart) < 1


@pytest.mark.thorough
def test_a_function_that_outlives_its_lease_is_called_once(prepare: Callable[..., HostRun]) -> None:
    """TIME_SCALE makes the lease 2 s; it is renewed while the function works for longer."""
    run = prepare()
    run.queue().send_message(wire('{"seconds": 3.5}'))

    with run.host(TIME_SCALE="0.001"):
        eventually(lambda: len(run.calls("work", "finished")) == 1)
        eventually(lambda: count_in(run.queue()) == 0)

    assert len(run.calls("work", "started")) == 1


@pytest.mark.thorough
def test_a_killed_host_leaves_its_message_to_the_next(prepare: Callable[..., HostRun]) -> None:
    run = prepare()
    run.queue().send_message(wire('{"seconds": 3}'))

    with run.host(TIME_SCALE="0.001") as first:
        eventually(lambda: len(run.calls("work", "started")) == 1)
        first.stop(signal.SIGKILL)
    with run.host(TIME_SCALE="0.001"):
        eventually(lambda: len(run.calls("work", "finished")) == 1)
        eventually(lambda: count_in(run.queue()) == 0)

    assert [call["count"] for call in run.calls("work", "started")] == [1, 2]


@pytest.mark.thorough
def test_a_host_that_is_told_to_stop_finishes_its_message(prepare: Callable[..., HostRun]) -> None:
    run = prepare()
    run.queue().send_message(wire('{"seconds": 2}'))

    with run.host() as host:
        eventually(lambda: len(run.calls("work", "started")) == 1)
        assert host.stop(signal.SIGINT) == 0

    assert len(run.calls("work", "finished")) == 1
    assert count_in(run.queue()) == 0


@pytest.mark.thorough
def test_many_messages_are_in_flight_at_once(prepare: Callable[..., HostRun]) -> None:
    run = prepare(batchSize=8, newBatchThreshold=8)
    for _ in range(16):
        run.queue().send_message(wire('{"seconds": 1}'))

    with run.host():
        eventually(lambda: len(run.calls("work", "finished")) == 16)

    starts = [call["at"] for call in run.calls("work", "started")]
    assert max(starts) - min(starts) < 1


def test_a_queue_that_does_not_exist_yet(prepare: Callable[..., HostRun]) -> None:
    run = prepare()

    with run.host() as host:
        run.queue().send_message(wire("hello"))
        eventually(lambda: len(run.calls("work", "finished")) == 1)
        host.stop()

    assert "cannot be read" not in host.errors
