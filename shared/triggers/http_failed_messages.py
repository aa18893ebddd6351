"""`/failed-messages`: what could never succeed, and why."""

from itertools import islice

import azure.functions as func

from shared.services import services
from shared.triggers.answers import answered, collection, continuation_of, page_size

blueprint = func.Blueprint()


@blueprint.route("failed-messages", methods=["GET"])
@answered
def list_failed_messages(req: func.HttpRequest) -> func.HttpResponse:
    """List failed messages with their reasons."""
    size = page_size(req)
    found = list(islice(services.failed_messages.all(continuation_of(req)), size + 1))
    last = str(found[size - 1]["id"]) if len(found) > size else ""
    return collection("failed_messages", found[:size], last)
