"""Timers and runs by hand, on a running host."""

import json
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import requests

from tests.functional.host_process import HostRun, count_in, eventually

YEARLY = "0 0 0 29 2 *"
HOST_KEY = {"x-functions-key": "the-host-key"}


@pytest.fixture
def run(tmp_path: Path, azurite: str) -> HostRun:
    return HostRun(tmp_path, azurite)


def status_file(run: HostRun) -> Path:
    return run.folder / "state" / "timers" / "tick.json"


def write_status(run: HostRun, schedule: str, due: datetime) -> None:
    status_file(run).parent.mkdir(parents=True)
    content = {"schedule": schedule, "last": None, "next": due.isoformat()}
    status_file(run).write_text(json.dumps(content))


def post(url: str, body: str = "{}", **headers: str) -> int:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, data=body, headers=headers, timeout=10).status_code


@pytest.mark.thorough
def test_a_timer_runs_every_second_in_spite_of_its_errors(run: HostRun) -> None:
    run.settings["SCHEDULE"] = "* * * * * *"

    with run.host("--state", str(run.folder / "state")):
        eventually(lambda: len(run.calls("tick")) >= 3)

    calls = run.calls("tick")
    gaps = [later["at"] - earlier["at"] for earlier, later in pairwise(calls)]
    assert all(0.5 < gap < 1.9 for gap in gaps)
    assert not any(call["past_due"] for call in calls)
    assert not status_file(run).exists(), "more often than every minute is not monitored"


@pytest.mark.thorough
def test_what_was_missed_is_made_up_for_exactly_once(run: HostRun) -> None:
    write_status(run, YEARLY, datetime.now(UTC) - timedelta(days=3000))

    for _ in range(2):
        with run.host("--state", str(run.folder / "state")):
            eventually(lambda: len(run.calls("tick")) == 1)
            eventually(lambda: json.loads(status_file(run).read_text())["last"] is not None)
            time.sleep(0.3)  # what must not come has this long to come

    assert [call["past_due"] for call in run.calls("tick")] == [True]


def test_nothing_was_missed_of_a_changed_schedule(run: HostRun) -> None:
    write_status(run, "0 0 * * * *", datetime.now(UTC) - timedelta(hours=1))

    with run.host("--state", str(run.folder / "state")):
        time.sleep(0.3)  # as above

    assert run.calls("tick") == []
    assert json.loads(status_file(run).read_text())["schedule"] == YEARLY


def test_runs_by_hand(run: HostRun) -> None:
    with run.host("--keys", str(run.folder / "keys.json")) as host:
        url = f"{host.url}/admin/functions/"
        assert post(url + "tick") == 401
        assert post(url + "tick", **{"x-functions-key": "key-one"}) == 401
        assert post(url + "nothing", **HOST_KEY) == 404
        assert post(url + "tick", "{", **HOST_KEY) == 400
        assert post(url + "work", '{"input": 7}', **HOST_KEY) == 400
        assert run.calls("tick") == []
        assert post(url + "Tick", **HOST_KEY) == 202
        assert post(url + "work", '{"input": "{\\"send\\": [\\"on\\"]}"}', **HOST_KEY) == 202
        eventually(lambda: len(run.calls("tick")) == 1)
        eventually(lambda: count_in(run.queue("-out")) == 1)

    (call,) = run.calls("work", "started")
    assert (call["body"], call["count"]) == ('{"send": ["on"]}', 1)


def test_the_environment_wins_over_the_settings_file(run: HostRun) -> None:
    run.settings["SCHEDULE"] = "* * * * * *"

    with run.host(SCHEDULE=YEARLY):
        time.sleep(1.2)  # a run in the file's schedule would have come

    assert run.calls("tick") == []
