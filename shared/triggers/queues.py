"""Queue triggers. An exception gives the message back: it is delivered again, and in the end to `-poison`."""

import json
import logging
from datetime import UTC, datetime

import azure.functions as func

from shared.services import services
from shared.settings import STORAGE_CONNECTION
from shared.tickets.hook_events import read_message

log = logging.getLogger(__name__)
blueprint = func.Blueprint()


@blueprint.queue_trigger("msg", "ticket-requests", connection=STORAGE_CONNECTION)
def accept_ticket_request(msg: func.QueueMessage) -> None:
    """Accept the snapshot in a message."""
    ticket = services.ticket_requests.take(msg.id or "", msg.get_body(), msg.insertion_time or datetime.now(UTC))
    log.info("ticket request %s: %s", msg.id, ticket or "refused")


@blueprint.queue_trigger("msg", "ticket-work", connection=STORAGE_CONNECTION)
def work_lane(msg: func.QueueMessage) -> None:
    """Work on the lane that a wake-up names."""
    wake_up = json.loads(msg.get_body())
    services.work.lane(wake_up["connection"], wake_up["lane"])


@blueprint.queue_trigger("msg", "service-hook-events", connection=STORAGE_CONNECTION)
def observe_event(msg: func.QueueMessage) -> None:
    """Take in one event of a work item."""
    services.observe.event(read_message(json.loads(msg.get_body())))
