"""What a function declares, as values: its trigger and its outputs, with binding expressions resolved.

https://learn.microsoft.com/azure/azure-functions/functions-reference-python#triggers-and-inputs
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.host.expressions import MissingSettingError, resolve

RETURN = "$return"


@dataclass(frozen=True, slots=True)
class HttpTrigger:
    """No methods means every method. `auth_level` is ANONYMOUS, FUNCTION or ADMIN."""

    argument: str
    route: str
    methods: frozenset[str]
    auth_level: str


@dataclass(frozen=True, slots=True)
class QueueTrigger:
    """`connection` is the name of a setting, or the prefix of several."""

    argument: str
    queue: str
    connection: str


@dataclass(frozen=True, slots=True)
class TimerTrigger:
    """`use_monitor` asks for the past-due run after a stop."""

    argument: str
    schedule: str
    run_on_startup: bool = False
    use_monitor: bool = True


type Trigger = HttpTrigger | QueueTrigger | TimerTrigger


@dataclass(frozen=True, slots=True)
class QueueOutput:
    """A parameter, or `$return`, whose value becomes messages of a queue."""

    name: str
    queue: str
    connection: str


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the app. `id` is the runtime's name for it."""

    name: str
    id: str
    trigger: Trigger
    outputs: tuple[QueueOutput, ...] = ()
    has_retry_policy: bool = False


def read_functions(metadata: Iterable[Any], settings: Mapping[str, str], problems: list[str]) -> Sequence[Function]:
    """Return the functions that the runtime reports; what this host cannot run is added to `problems`."""
    found = (_read(each, settings, problems) for each in metadata)
    return [function for function in found if function is not None]


def _read(metadata: Any, settings: Mapping[str, str], problems: list[str]) -> Function | None:
    bindings = [json.loads(text) for text in metadata.raw_bindings]
    try:
        resolved = [_resolve(binding, settings) for binding in bindings]
    except MissingSettingError as error:
        problems.append(f"{metadata.name}: %{error.name}% is used, but there is no setting {error.name}; add it")
        return None
    trigger: Trigger | None = None
    outputs = []
    for binding in resolved:
        match binding["type"]:
            case "httpTrigger" | "queueTrigger" | "timerTrigger":
                trigger = _trigger(metadata.name, binding)
            case "queue":
                outputs.append(QueueOutput(binding["name"], binding["queueName"], binding["connection"]))
            case "http":
                pass
            case other:
                problems.append(f"{metadata.name}: this host has no {other}; use HTTP, queues and timers")
    if trigger is None:
        return None
    retries = metadata.retry_options is not None
    return Function(metadata.name, metadata.function_id, trigger, tuple(outputs), retries)


def _resolve(binding: Mapping[str, Any], settings: Mapping[str, str]) -> dict[str, Any]:
    # Only these fields take expressions; a connection is the name of a setting already.
    fields = ("route", "queueName", "schedule")
    return {**binding, **{name: resolve(binding[name], settings) for name in fields if binding.get(name)}}


def _trigger(function: str, binding: Mapping[str, Any]) -> Trigger:
    argument = binding["name"]
    match binding["type"]:
        case "httpTrigger":
            methods = frozenset(str(method).upper() for method in binding.get("methods") or ())
            level = str(binding.get("authLevel") or "FUNCTION").upper()
            return HttpTrigger(argument, (binding.get("route") or function).strip("/"), methods, level)
        case "queueTrigger":
            return QueueTrigger(argument, binding["queueName"], binding["connection"])
        case _:
            return TimerTrigger(
                argument,
                binding["schedule"],
                run_on_startup=bool(binding.get("runOnStartup")),
                use_monitor=binding.get("useMonitor") is not False,
            )
