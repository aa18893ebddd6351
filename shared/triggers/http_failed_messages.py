"""`/failed-messages`: what could never succeed, and why."""

from itertools import islice

import azure.functions as func

from shared.services import services
from shared.triggers.answers import answered, collection

blueprint = func.Blueprint()
_PAGE = 200


@blueprint.route("failed-messages", methods=["GET"])
@answered
def list_failed_messages(req: func.HttpRequest) -> func.HttpResponse:
    """List failed messages with their reasons."""
    del req
    return collection("failed_messages", list(islice(services.failed_messages.all(), _PAGE)), "")
