"""Queue triggers. An exception gives the message back: it is delivered again, and in the end to `-poison`.

`host.json` leaves decoding to us: the host puts what is not Base64 on the poison queue without a word, and the
Python SDK sends plain text unless told otherwise.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import azure.functions as func

from shared.registries.keeping.pushes import ROUND as PUSH
from shared.services import services
from shared.settings import STORAGE_CONNECTION
from shared.storage.raw_queues import decoded
from shared.telemetry import metrics, traces
from shared.telemetry.invocations import Invocation, invocation
from shared.tickets.failed_messages.fail import REQUESTS
from shared.tickets.failed_messages.poisoned import REGISTRIES, WORK
from shared.tickets.lanes.wake_ups import read_until
from shared.tickets.observing.hook_events import QUEUE as EVENTS
from shared.tickets.observing.hook_events import read_message

blueprint = func.Blueprint()


@contextmanager
def _taken(name: str, queue: str, msg: func.QueueMessage, body: bytes) -> Iterator[Invocation]:
    """Take a message in the trace in which it was sent."""
    if msg.insertion_time:
        age = (datetime.now(UTC) - msg.insertion_time).total_seconds()
        metrics.queue_ages.record(max(age, 0.0), {"messaging.destination.name": queue})
    with invocation(name, traces.told_in(body)) as done:
        yield done


@blueprint.queue_trigger("msg", REQUESTS, connection=STORAGE_CONNECTION)
def accept_ticket_request(msg: func.QueueMessage) -> None:
    """Accept the snapshot in a message."""
    body = decoded(msg.get_body())
    with _taken("accept_ticket_request", REQUESTS, msg, body) as done:
        ticket = services.ticket_requests.take(msg.id or "", body, msg.insertion_time or datetime.now(UTC))
        done.outcome = ticket or "refused"


@blueprint.queue_trigger("msg", WORK, connection=STORAGE_CONNECTION)
def work(msg: func.QueueMessage) -> None:
    """Work on the lane that a wake-up names, or do a connection's round."""
    body = decoded(msg.get_body())
    with _taken("work", WORK, msg, body) as done:
        message = json.loads(body)
        if "round" in message:
            done.about["round"] = message["round"]
            services.rounds.run(message)
        else:
            done.about |= {"connection": message["connection"], "lane": message["lane"]}
            services.work.lane(message["connection"], message["lane"], read_until(message))


@blueprint.queue_trigger("msg", REGISTRIES, connection=STORAGE_CONNECTION)
def read_registries(msg: func.QueueMessage) -> None:
    """Read a repository, or see to what a push or a first question makes necessary."""
    body = decoded(msg.get_body())
    with _taken("read_registries", REGISTRIES, msg, body):
        services.registry_runs.run(json.loads(body))


@blueprint.queue_trigger("msg", EVENTS, connection=STORAGE_CONNECTION)
def observe_event(msg: func.QueueMessage) -> None:
    """Take in one event of a work item; a push goes on to those who read repositories, which may take minutes.

    The edge, where both come in, may write to this queue only.
    """
    body = decoded(msg.get_body())
    with _taken("observe_event", EVENTS, msg, body):
        message = json.loads(body)
        with services.resends.noting(EVENTS, body):
            if message.get("round") == PUSH:
                services.registry_work.send(message)
            else:
                services.observe.event(read_message(message))
