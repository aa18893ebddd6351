"""`/hooks`: what Azure DevOps sends when people change work items.

Azure DevOps disables a subscription at once on 410 and puts it on probation on 404, 429, 500 and most others; only
408, 502, 503 and 504 are sent again soon. So authentic deliveries get 200 or 503, and nothing else.
https://learn.microsoft.com/azure/devops/service-hooks/troubleshoot
"""

import azure.functions as func

from shared.connections import hook_password
from shared.errors import RejectedRequestError
from shared.services import services
from shared.tickets.hook_events import read_event
from shared.triggers.answers import answered, body_of, ok
from shared.validation import parse_json

blueprint = func.Blueprint()
_MAX_BODY = 2 * 1024 * 1024 + 64 * 1024  # "payload limit 2 MB", and room for what frames it


@blueprint.route("hooks/{connection}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@answered
def take_hook(req: func.HttpRequest) -> func.HttpResponse:
    """Verify a delivery and put the event in it on the queue: one write, no other round trip."""
    connection = req.route_params["connection"]
    settings = services.settings
    if not hook_password.is_accepted(
        settings.hook_key, connection, settings.hook_epoch, req.headers.get("Authorization")
    ):
        raise RejectedRequestError(
            "The delivery does not carry the password of this connection's service hooks.",
            hint="Save a link of the connection again: that provides its subscriptions.",
            status=401,
        )
    payload = parse_json(body_of(req, limit=_MAX_BODY), what="delivery")
    event = read_event(connection, payload) if isinstance(payload, dict) else None
    if event is None:
        return ok({"event": "ignored"})
    services.hook_events.send(event.message())
    return ok({"event": "taken"})
