"""`/creation`: the one switch that stops the making of work items everywhere."""

import azure.functions as func

from shared.services import services
from shared.tickets.holds.switch import SwitchRequest, SwitchView
from shared.tickets.rows.records import Hold
from shared.triggers.answers import body_of, ok
from shared.triggers.operations import operation
from shared.validation import parse_json, validated

blueprint = func.Blueprint()


@operation(blueprint, "GET creation", gives=SwitchView)
def read_creation(req: func.HttpRequest) -> func.HttpResponse:
    """Show whether the making of work items is stopped."""
    del req
    return ok(services.switch.view())


@operation(blueprint, "PUT creation", takes=SwitchRequest, gives=SwitchView)
def switch_creation(req: func.HttpRequest) -> func.HttpResponse:
    """Stop the making of work items everywhere, or start it again.

    Workers go by it within seconds. Whatever has a work item is kept up to date all the same; tickets without one
    are *waiting* for *stopped*, and go on once it is started again.
    """
    request = validated(SwitchRequest, parse_json(body_of(req), what="switch"), what="switch")
    shown = services.switch.set(request)
    if not shown["stopped"]:
        services.release.everywhere(Hold.STOPPED)
    return ok(shown)
