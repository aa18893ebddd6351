"""Queue triggers. An exception gives the message back: it is delivered again, and in the end to `-poison`.

`host.json` leaves decoding to us: the host puts what is not Base64 on the poison queue without a word, and the
Python SDK sends plain text unless told otherwise.
"""

import json
import logging
from datetime import UTC, datetime

import azure.functions as func

from shared.registries.keeping.pushes import ROUND as PUSH
from shared.services import services
from shared.settings import STORAGE_CONNECTION
from shared.storage.raw_queues import decoded
from shared.tickets.failed_messages.poisoned import REGISTRIES
from shared.tickets.observing.hook_events import QUEUE as EVENTS
from shared.tickets.observing.hook_events import read_message

log = logging.getLogger(__name__)
blueprint = func.Blueprint()


@blueprint.queue_trigger("msg", "ticket-requests", connection=STORAGE_CONNECTION)
def accept_ticket_request(msg: func.QueueMessage) -> None:
    """Accept the snapshot in a message."""
    ticket = services.ticket_requests.take(
        msg.id or "", decoded(msg.get_body()), msg.insertion_time or datetime.now(UTC)
    )
    log.info("ticket request %s: %s", msg.id, ticket or "refused")


@blueprint.queue_trigger("msg", "ticket-work", connection=STORAGE_CONNECTION)
def work(msg: func.QueueMessage) -> None:
    """Work on the lane that a wake-up names, or do a connection's round."""
    message = json.loads(decoded(msg.get_body()))
    if "round" in message:
        services.rounds.run(message)
    else:
        services.work.lane(message["connection"], message["lane"])


@blueprint.queue_trigger("msg", REGISTRIES, connection=STORAGE_CONNECTION)
def read_registries(msg: func.QueueMessage) -> None:
    """Read a repository, or see to what a push or a first question makes necessary."""
    services.registry_runs.run(json.loads(decoded(msg.get_body())))


@blueprint.queue_trigger("msg", EVENTS, connection=STORAGE_CONNECTION)
def observe_event(msg: func.QueueMessage) -> None:
    """Take in one event of a work item; a push goes on to those who read repositories, which may take minutes.

    The edge, where both come in, may write to this queue only.
    """
    body = decoded(msg.get_body())
    message = json.loads(body)
    with services.resends.noting(EVENTS, body):
        if message.get("round") == PUSH:
            services.registry_work.send(message)
        else:
            services.observe.event(read_message(message))
