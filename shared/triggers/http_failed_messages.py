"""`/failed-messages`: what did not become what its sender meant, and why."""

from typing import Literal, TypedDict

import azure.functions as func

from shared.services import services
from shared.tickets.failed_messages.records import FailedMessageView, view
from shared.triggers.answers import collection, ok, part_of
from shared.triggers.conventions import PAGED
from shared.triggers.operations import operation
from shared.triggers.parameters import QUEUE

blueprint = func.Blueprint()


class FailedMessages(TypedDict):
    """One page of failed messages, and how many there are in all."""

    failed_messages: list[FailedMessageView]
    continuation: str | None
    count: int


class ResentOne(TypedDict):
    """Where a message was sent again."""

    resent: Literal[1]
    queue: str


class Resent(TypedDict):
    """How many messages were sent again, and whether there may be more."""

    resent: int
    more: bool


@operation(blueprint, "GET failed-messages", gives=FailedMessages, parameters=PAGED)
def list_failed_messages(req: func.HttpRequest) -> func.HttpResponse:
    """List failed messages with their reasons, those that were sent last first, and how many there are.

    `count` ends at 10,000. Payloads are cut to 5,000 characters.
    """
    found, last = part_of(req, services.failed_messages.newest_first, lambda failed: failed.id)
    shown = [view(failed) for failed in found]
    return collection("failed_messages", shown, last, count=services.failed_messages.count())


@operation(blueprint, "GET failed-messages/{failed_message}", gives=FailedMessageView, refuses=(404,))
def read_failed_message(req: func.HttpRequest) -> func.HttpResponse:
    """Show a failed message with its whole payload, as text."""
    return ok(view(services.failed_messages.get(req.route_params["failed_message"]), whole=True))


@operation(blueprint, "DELETE failed-messages/{failed_message}", gives=None, status=204, refuses=(404,))
def dismiss_failed_message(req: func.HttpRequest) -> func.HttpResponse:
    """Forget a failed message."""
    failed = services.failed_messages.get(req.route_params["failed_message"])
    services.failed_messages.remove(failed.id)
    return func.HttpResponse(status_code=204)


@operation(blueprint, "POST failed-messages/{failed_message}/resend", gives=ResentOne, status=202, refuses=(404,))
def resend_failed_message(req: func.HttpRequest) -> func.HttpResponse:
    """Put a failed message back on its queue, unchanged."""
    failed = services.send_again.one(req.route_params["failed_message"])
    return ok({"resent": 1, "queue": failed.queue}, status=202)


@operation(blueprint, "POST failed-messages/resend", gives=Resent, status=202, parameters=(QUEUE,))
def resend_failed_messages(req: func.HttpRequest) -> func.HttpResponse:
    """Put up to 1,000 failed messages back on their queues (`?queue=` only those of one), the earliest first.

    Again while the answer says `"more": true`.
    """
    count, more = services.send_again.all(req.params.get("queue", ""))
    return ok({"resent": count, "more": more}, status=202)
