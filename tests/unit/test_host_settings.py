"""What the host is told: host.json, local.settings.json, keys, TIME_SCALE."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.host import settings_file
from local.host.durations import seconds, time_scale
from local.host.host_json import QueueOptions, read_host_json
from local.host.keys import Keys
from local.host.lease import lease_seconds


def host_json(folder: Path, **content: Any) -> tuple[Any, list[str]]:
    (folder / "host.json").write_text(json.dumps({"version": "2.0", **content}))
    problems: list[str] = []
    return read_host_json(folder, problems), problems


def queues(**options: Any) -> dict[str, Any]:
    return {"extensions": {"queues": options}}


def test_the_defaults_of_the_real_host(tmp_path: Path) -> None:
    read, problems = host_json(tmp_path)

    assert problems == []
    assert read.route_prefix == "api"
    assert read.log_level == 20
    assert read.queues == QueueOptions(
        batch_size=16, max_dequeue_count=5, visibility_timeout=0, max_polling_interval=60, base64=True
    )


def test_what_host_json_says(tmp_path: Path) -> None:
    options = queues(
        batchSize=4,
        newBatchThreshold=9,
        maxDequeueCount=2,
        visibilityTimeout="00:00:30",
        maxPollingInterval="00:00:02",
        messageEncoding="None",
    )
    options["extensions"]["http"] = {"routePrefix": "/v1/"}
    read, problems = host_json(tmp_path, **options, logging={"logLevel": {"default": "Warning"}})

    assert problems == []
    assert (read.route_prefix, read.log_level) == ("v1", 30)
    assert read.queues == QueueOptions(4, 9, 2, 30.0, 2.0, base64=False)


def test_the_threshold_follows_the_batch_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    read, _ = host_json(tmp_path, **queues(batchSize=4))

    assert read.queues.new_batch_threshold == 6


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (queues(batchSize=0), "extensions.queues.batchSize must be a whole number from 1 to 32"),
        (queues(batchSize=True), "extensions.queues.batchSize must be"),
        (queues(batchSize="16"), "extensions.queues.batchSize must be"),
        (queues(newBatchThreshold=-1), "extensions.queues.newBatchThreshold must be"),
        (queues(maxDequeueCount=0), "extensions.queues.maxDequeueCount must be a whole number of at least 1"),
        (queues(visibilityTimeout=30), "extensions.queues.visibilityTimeout must be a duration"),
        (queues(visibilityTimeout="8.00:00:00"), "extensions.queues.visibilityTimeout must be a duration"),
        (
            queues(maxPollingInterval="00:00:00.050"),
            "extensions.queues.maxPollingInterval must be a duration",
        ),
        (queues(messageEncoding="utf8"), "extensions.queues.messageEncoding must be base64 or none"),
        (queues(batchsize=1), "extensions.queues.batchsize is unknown"),
        ({"extensions": {"http": {"routeprefix": ""}}}, "extensions.http.routeprefix is unknown"),
        ({"extensions": {"http": {"routePrefix": 1}}}, "extensions.http.routePrefix must be a text"),
        ({"extensions": {"queues": []}}, "extensions.queues must be a JSON object"),
        ({"queues": {}}, "queues is unknown"),
        ({"version": "1.0"}, 'version must be "2.0"'),
        ({"logging": {"logLevel": {"default": "Loud"}}}, "logging.logLevel.default must be Trace"),
    ],
)
def test_what_is_wrong_with_host_json(tmp_path: Path, content: dict[str, Any], words: str) -> None:
    _, problems = host_json(tmp_path, **content)

    assert len(problems) == 1
    assert problems[0].startswith(f"host.json: {words}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:00:30", 30.0),
        ("00:00:00.100", 0.1),
        ("1.02:03:04", 93784.0),
        ("24:00:00", None),
        ("00:60:00", None),
        ("30", None),
        (30, None),
    ],
)
def test_durations(text: object, expected: float | None) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(("text", "scale", "lease"), [("", 1.0, 600), ("0.01", 0.01, 6), ("0.0001", 0.0001, 2)])
def test_the_time_scale_shortens_leases(text: str, scale: float, lease: int) -> None:
    problems: list[str] = []

    assert time_scale({"TIME_SCALE": text}, problems) == scale
    assert problems == []
    assert lease_seconds(scale) == lease


@pytest.mark.parametrize("text", ["0", "-1", "fast", "nan", "inf"])
def test_a_time_scale_that_is_none(text: str) -> None:
    problems: list[str] = []
    time_scale({"TIME_SCALE": text}, problems)

    assert problems == ["TIME_SCALE must be a number above 0"]


def test_the_environment_wins_over_the_settings_file(tmp_path: Path) -> None:
    path = tmp_path / "local.settings.json"
    path.write_text('{"IsEncrypted": false, "Values": {"A": "file", "B": "file"}}', encoding="utf-8-sig")
    environment = {"A": "environment"}
    problems: list[str] = []

    settings_file.apply(path, environment, problems)

    assert problems == []
    assert environment == {"A": "environment", "B": "file"}


@pytest.mark.parametrize("content", ["", "[]", '{"Values": []}', '{"Values": {"A": 1}}'])
def test_a_settings_file_that_is_wrong(tmp_path: Path, content: str) -> None:
    path = tmp_path / "local.settings.json"
    path.write_text(content)
    problems: list[str] = []
    settings_file.apply(path, {}, problems)

    assert len(problems) == 1
    assert problems[0].startswith("local.settings.json")


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "{}",
        '{"host_key": ""}',
        '{"host_key": 1}',
        '{"host_key": "h", "function_keys": []}',
        '{"host_key": "h", "function_keys": {"f": "key"}}',
        '{"host_key": "h", "function_keys": {"f": [""]}}',
    ],
)
def test_a_key_file_that_is_wrong_opens_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    problems: list[str] = []
    keys = Keys.read(path, problems)

    assert len(problems) == 1
    assert not keys.opens_host("")
    assert not keys.opens_function("f", "")


def test_keys_are_never_shown() -> None:
    assert "secret" not in repr(Keys("secret-1", {"f": ("secret-2",)}))
