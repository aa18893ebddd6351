"""`/hooks`: what Azure DevOps sends when people change work items, or push.

Azure DevOps disables a subscription at once on 410 and puts it on probation on 404, 429, 500 and most others; only
408, 502, 503 and 504 are sent again soon. So authentic deliveries get 200 or 503, and nothing else: one that cannot be
read would be no better the second time, and probation would lose the others. What it told is read from the feed.
https://learn.microsoft.com/azure/devops/service-hooks/troubleshoot
"""

import logging
from typing import Any, Literal, TypedDict

import azure.functions as func

from shared.connections import hook_password
from shared.edge import edge
from shared.errors import RejectedRequestError
from shared.registries.keeping.pushes import read_push
from shared.tickets.observing.hook_events import is_test, read_event
from shared.triggers.answers import body_of, ok
from shared.triggers.operations import operation
from shared.validation import parse_json

log = logging.getLogger(__name__)
blueprint = func.Blueprint()
_MAX_BODY = 2 * 1024 * 1024 + 64 * 1024  # "payload limit 2 MB", and room for what frames it

type Event = dict[str, Any]
type Taken = Literal["taken", "ignored", "test", "unreadable"]


class TakenView(TypedDict):
    """What became of a delivery.

    *ignored* is what concerns no ticket and no repository, *test* what a person had sent by hand.
    """

    event: Taken


@operation(blueprint, "POST hooks/{connection}", takes=Event, gives=TakenView, refuses=(401,), security="basic")
def take_hook(req: func.HttpRequest) -> func.HttpResponse:
    """Verify a delivery and put the event in it on the queue: one write, no other round trip.

    What Azure DevOps sends; the password is the connection's own. An authentic delivery is answered with 200 or 503.
    """
    connection = req.route_params["connection"]
    settings = edge.settings
    if not hook_password.is_accepted(
        settings.hook_key, connection, settings.hook_epoch, req.headers.get("Authorization")
    ):
        raise RejectedRequestError(
            "The delivery does not carry the password of this connection's service hooks.",
            hint="POST /api/connections/{connection}/check mends subscriptions; GET …/hook shows what to set by hand.",
            status=401,
        )
    try:
        payload = parse_json(body_of(req, limit=_MAX_BODY), what="delivery")
    except RejectedRequestError as error:
        log.warning("unreadable delivery", extra={"connection": connection, "why": error.message})
        return ok({"event": "unreadable"})
    return ok({"event": _taken_in(connection, payload)})


def _taken_in(connection: str, payload: Any) -> Taken:
    if not isinstance(payload, dict):
        return "ignored"
    hint = read_event(connection, payload) or read_push(connection, payload)
    if hint is None:
        return "ignored"
    if is_test(payload):
        return "test"
    edge.hook_events.send(hint.message())
    return "taken"
