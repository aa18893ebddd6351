"""What Microsoft's runtime cannot notice when it indexes an app: Azure would find it out later, or never.

Each problem names the function and what to do. In Azure the host refuses such a function and goes on with the
others; on one machine a refusal to start is seen sooner.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from local.host.bindings import Function, HttpTrigger, QueueTrigger, TimerTrigger
from local.host.connections import is_configured
from local.host.routes import full_template
from local.host.schedule import Schedule, ScheduleError
from local.host.templates import Template, TemplateError, parse

_NAME = re.compile(r"(?!host$)[a-z][a-z0-9_-]{0,127}", re.IGNORECASE)
# https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata#queue-names
_QUEUE = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")


def lint(functions: Sequence[Function], prefix: str, settings: Mapping[str, str]) -> list[str]:
    """Return one line for each problem, in the order of the functions; none means that they can start."""
    problems = [problem for function in functions for problem in _of_one(function, settings)]
    return problems + _of_routes(functions, prefix)


def _of_one(function: Function, settings: Mapping[str, str]) -> Iterable[str]:
    trigger = function.trigger
    if not _NAME.fullmatch(function.name):
        yield f"{function.name}: a name begins with a letter, has letters, digits, _ and -, and is not host"
    match trigger:
        case TimerTrigger():
            yield from _of_schedule(function.name, trigger.schedule)
        case QueueTrigger():
            yield from _of_queue(function.name, trigger.queue, trigger.connection, settings)
    for output in function.outputs:
        yield from _of_queue(function.name, output.queue, output.connection, settings)
    if function.has_retry_policy:
        yield _retry_problem(function)


def _of_schedule(name: str, schedule: str) -> Iterable[str]:
    try:
        Schedule.parse(schedule)
    except ScheduleError as error:
        yield f"{name}: the schedule {schedule!r} is wrong: {error}"


def _of_queue(name: str, queue: str, connection: str, settings: Mapping[str, str]) -> Iterable[str]:
    if not _QUEUE.fullmatch(queue):
        yield (
            f"{name}: {queue!r} is no legal queue name: use 3 to 63 lower-case letters, digits and single "
            "hyphens between them"
        )
    if not is_configured(connection, settings):
        yield (
            f"{name}: the connection {connection} is not set: add a connection string with this name, or "
            f"{connection}__queueServiceUri, or {connection}__accountName"
        )


def _retry_problem(function: Function) -> str:
    if isinstance(function.trigger, QueueTrigger):
        return f"{function.name}: a queue trigger has no retry policy; set maxDequeueCount in host.json"
    return f"{function.name}: this host does not carry out retry policies; remove @app.retry"


def _of_routes(functions: Sequence[Function], prefix: str) -> list[str]:
    problems: list[str] = []
    parsed: list[tuple[Function, HttpTrigger, Template]] = []
    for function in functions:
        if not isinstance(function.trigger, HttpTrigger):
            continue
        # The host takes the whole space for itself, whatever the prefix of the app.
        if function.trigger.route.lower().startswith("admin"):
            problems.append(f"{function.name}: routes that begin with admin are the host's own; rename it")
        try:
            template = parse(full_template(prefix, function.trigger.route))
        except TemplateError as error:
            problems.append(f"{function.name}: the route {function.trigger.route!r} {error}")
        else:
            parsed.append((function, function.trigger, template))
    return problems + [
        f"{two.name}: has the same route and method as {one.name}: {trigger.route!r}; change one of them"
        for (one, other, first), (two, trigger, second) in combinations(parsed, 2)
        if first.shape == second.shape and _share_a_method(other, trigger)
    ]


def _share_a_method(one: HttpTrigger, two: HttpTrigger) -> bool:
    # No methods means all of them.
    return not one.methods or not two.methods or bool(one.methods & two.methods)
