"""`/failed-messages`: what did not become what its sender meant, and why."""

from itertools import islice

import azure.functions as func

from shared.services import services
from shared.tickets.failed_messages.records import view
from shared.triggers.answers import answered, collection, continuation_of, ok, page_size

blueprint = func.Blueprint()


@blueprint.route("failed-messages", methods=["GET"])
@answered
def list_failed_messages(req: func.HttpRequest) -> func.HttpResponse:
    """List failed messages with their reasons, those that were sent last first, and how many there are."""
    size = page_size(req)
    found = list(islice(services.failed_messages.newest_first(continuation_of(req)), size + 1))
    last = found[size - 1].id if len(found) > size else ""
    return collection(
        "failed_messages", [view(failed) for failed in found[:size]], last, count=services.failed_messages.count()
    )


@blueprint.route("failed-messages/{failed_message}", methods=["GET"])
@answered
def read_failed_message(req: func.HttpRequest) -> func.HttpResponse:
    """Show a failed message with its whole payload, as text."""
    return ok(view(services.failed_messages.get(req.route_params["failed_message"]), whole=True))


@blueprint.route("failed-messages/{failed_message}", methods=["DELETE"])
@answered
def dismiss_failed_message(req: func.HttpRequest) -> func.HttpResponse:
    """Forget a failed message."""
    failed = services.failed_messages.get(req.route_params["failed_message"])
    services.failed_messages.remove(failed.id)
    return func.HttpResponse(status_code=204)


@blueprint.route("failed-messages/{failed_message}/resend", methods=["POST"])
@answered
def resend_failed_message(req: func.HttpRequest) -> func.HttpResponse:
    """Put a failed message back on its queue."""
    failed = services.send_again.one(req.route_params["failed_message"])
    return ok({"resent": 1, "queue": failed.queue}, status=202)


@blueprint.route("failed-messages/resend", methods=["POST"])
@answered
def resend_failed_messages(req: func.HttpRequest) -> func.HttpResponse:
    """Put up to 1,000 failed messages back on their queues (`?queue=` only those of one), the earliest first."""
    count, more = services.send_again.all(req.params.get("queue", ""))
    return ok({"resent": count, "more": more}, status=202)
