"""Starts `python -m local.host` with an app, its settings and a `host.json` of the test's own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient

REPOSITORY = Path(__file__).parents[2]
RECORDER = Path(__file__).parent / "host_apps" / "recorder" / "function_app.py"
KEYS = {"host_key": "the-host-key", "function_keys": {"echo": ["key-one", "key-two"], "other": ["key-other"]}}


class HostRun:
    """One app in a folder, and the hosts that are started for it."""

    def __init__(self, folder: Path, storage: str, **host_json: Any) -> None:
        self.folder = folder
        self.storage = storage
        self.queue_name = f"work-{uuid4().hex[:12]}"
        self.calls_file = folder / "calls.jsonl"
        self.settings = {
            "AzureWebJobsStorage": storage,
            "CALLS": str(self.calls_file),
            "QUEUE": self.queue_name,
            "SCHEDULE": "0 0 0 29 2 *",
        }
        self.app = folder / "app"
        self.app.mkdir()
        shutil.copy(RECORDER, self.app)
        queues = {"maxPollingInterval": "00:00:00.200", **host_json}
        content = {"version": "2.0", "extensions": {"queues": queues}}
        (self.app / "host.json").write_text(json.dumps(content))
        (folder / "keys.json").write_text(json.dumps(KEYS))

    @contextmanager
    def host(self, *arguments: str, **environment: str) -> Iterator["HostProcess"]:
        """Start a host and wait until it listens; it is stopped at the end."""
        (self.folder / "local.settings.json").write_text(json.dumps({"IsEncrypted": False, "Values": self.settings}))
        process = launch(self.app, "--settings", str(self.folder / "local.settings.json"), *arguments, **environment)
        with process:
            host = HostProcess(process)
            try:
                yield host
            finally:
                host.stop()

    def queue(self, suffix: str = "") -> QueueClient:
        """Return the app's queue, created, with texts as they are on the wire."""
        client = QueueClient.from_connection_string(self.storage, self.queue_name + suffix)
        with suppress(ResourceExistsError):
            client.create_queue()
        return client

    def calls(self, function: str, step: str | None = None) -> list[dict[str, Any]]:
        """Return what the app wrote down."""
        lines = self.calls_file.read_text().splitlines() if self.calls_file.exists() else []
        return [call for call in map(json.loads, lines) if call["function"] == function and call.get("step") == step]


class HostProcess:
    """A running host."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.errors = ""
        assert process.stdout
        line = process.stdout.readline()
        listening = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
        assert listening, f"{line}{process.communicate(timeout=20)[1]}"
        self.url = listening[1]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it, if it still runs, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.errors = self.process.communicate(timeout=20)[1]
        return self.process.returncode


def launch(app: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start a host on a free port, with nothing of the test's own environment that could change it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-m", "local.host", "--app", str(app), "--port", "0", *arguments]
    return subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env={**kept, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def eventually(condition: Callable[[], bool], *, seconds: float = 15) -> None:
    """Return as soon as `condition` holds; fail when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def messages_in(queue: QueueClient) -> list[str]:
    """Return the texts that are in a queue and visible, without taking them."""
    return [str(message.content) for message in queue.peek_messages(max_messages=32)]


def count_in(queue: QueueClient) -> int:
    """Return how many messages a queue holds, visible or not."""
    return int(queue.get_queue_properties().approximate_message_count or 0)
