"""`host.json`: the parts that this host obeys, judged against the limits of the real one.

https://learn.microsoft.com/azure/azure-functions/functions-host-json
https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue#host-json
"""

import os
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.host.durations import seconds
from local.host.json_file import read_object

FILE = "host.json"
# The names at the top of Microsoft's schema: https://json.schemastore.org/host.json
_TOP = frozenset(
    (
        *("$schema", "version", "aggregator", "applicationInsights", "concurrency", "configurationProfile"),
        *("console", "customHandler", "extensionBundle", "extensions", "functionTimeout", "functions"),
        *(
            "healthMonitor",
            "http",
            "id",
            "logging",
            "managedDependency",
            "retry",
            "singleton",
            "telemetryMode",
        ),
        *("sendCanceledInvocationsToWorker", "tracing", "watchDirectories", "watchFiles"),
    )
)
_HTTP = frozenset(
    (
        *("routePrefix", "maxOutstandingRequests", "maxConcurrentRequests", "dynamicThrottlesEnabled"),
        *("customHeaders", "hsts"),
    )
)
_QUEUES = frozenset(
    (
        *("maxPollingInterval", "visibilityTimeout", "batchSize", "maxDequeueCount", "newBatchThreshold"),
        "messageEncoding",
    )
)
_MAX_BATCH = 32
_SEVEN_DAYS = 7 * 24 * 3600.0
# Python has no level below DEBUG and none above CRITICAL.
_LEVELS = {
    "trace": 10,
    "debug": 10,
    "information": 20,
    "warning": 30,
    "error": 40,
    "critical": 50,
    "none": 60,
}


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """How queues are read. Durations in seconds; `concurrency` messages at most are in flight at once."""

    batch_size: int = 16
    new_batch_threshold: int = field(default_factory=lambda: 8 * (os.cpu_count() or 1))
    max_dequeue_count: int = 5
    visibility_timeout: float = 0.0
    max_polling_interval: float = 60.0
    base64: bool = True


@dataclass(frozen=True, slots=True)
class HostJson:
    """What host.json decides. `log_level` is a number of Python's `logging`."""

    route_prefix: str = "api"
    queues: QueueOptions = field(default_factory=QueueOptions)
    log_level: int = 20


def read_host_json(app: Path, problems: list[str]) -> HostJson:
    """Return what the `host.json` in `app` says; what is wrong with it is added to `problems`."""
    before = len(problems)
    content = read_object(app / FILE, problems)
    if len(problems) > before:
        return HostJson()
    top = _Section("", content, _TOP, problems)
    if content.get("version") != "2.0":
        problems.append(f'{FILE}: version must be "2.0"')
    extensions = top.section("extensions")
    http = extensions.section("http", _HTTP)
    prefix = http.values.get("routePrefix", "api")
    if not isinstance(prefix, str):
        problems.append(f"{FILE}: extensions.http.routePrefix must be a text")
        prefix = "api"
    return HostJson(
        route_prefix=prefix.strip("/"),
        queues=_queue_options(extensions.section("queues", _QUEUES)),
        log_level=_log_level(top.section("logging")),
    )


class _Section:
    """One object of host.json: hands out its values, collects what is wrong with them."""

    def __init__(self, path: str, values: object, known: Set[str] | None, problems: list[str]) -> None:
        self._path = path
        self._problems = problems
        self.values: Mapping[str, Any] = values if isinstance(values, dict) else {}
        if not isinstance(values, dict):
            problems.append(f"{FILE}: {path} must be a JSON object")
        unknown = set(self.values) - known if known is not None else set()
        problems.extend(f"{FILE}: {self._full(name)} is unknown: correct or remove it" for name in sorted(unknown))

    def section(self, name: str, known: Set[str] | None = None) -> "_Section":
        return _Section(self._full(name), self.values.get(name, {}), known, self._problems)

    def integer(self, name: str, default: int, least: int, most: int | None = None) -> int:
        value = self.values.get(name, default)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if whole and least <= value and (most is None or value <= most):
            return int(value)
        limits = f"from {least} to {most}" if most is not None else f"of at least {least}"
        self.refuse(name, f"must be a whole number {limits}")
        return default

    def duration(self, name: str, default: float, least: float, most: float, wanted: str) -> float:
        value = seconds(self.values[name]) if name in self.values else default
        if value is None or not least <= value <= most:
            self.refuse(name, f'must be a duration such as "00:00:30", {wanted}')
            return default
        return value

    def refuse(self, name: str, reason: str) -> None:
        self._problems.append(f"{FILE}: {self._full(name)} {reason}")

    def _full(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def _queue_options(section: _Section) -> QueueOptions:
    encoding = str(section.values.get("messageEncoding", "base64")).lower()
    if encoding not in ("base64", "none"):
        section.refuse("messageEncoding", "must be base64 or none")
    batch_size = section.integer("batchSize", 16, 1, _MAX_BATCH)
    threshold = batch_size // 2 * (os.cpu_count() or 1)
    return QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=section.integer("newBatchThreshold", threshold, 0),
        max_dequeue_count=section.integer("maxDequeueCount", 5, 1),
        visibility_timeout=section.duration("visibilityTimeout", 0.0, 0.0, _SEVEN_DAYS, "of at most 7 days"),
        max_polling_interval=section.duration(
            "maxPollingInterval", 60.0, 0.1, float("inf"), "of at least 100 milliseconds"
        ),
        base64=encoding != "none",
    )


def _log_level(logging: _Section) -> int:
    levels = logging.section("logLevel")
    for name, value in levels.values.items():
        if str(value).lower() not in _LEVELS:
            levels.refuse(name, "must be Trace, Debug, Information, Warning, Error, Critical or None")
    return _LEVELS.get(str(levels.values.get("default", "Information")).lower(), 20)
