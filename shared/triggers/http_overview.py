"""`/overview`: how much of everything there is."""

import azure.functions as func

from shared.services import services
from shared.tickets.upkeep.counting import CountedView
from shared.triggers.answers import ok
from shared.triggers.operations import operation

blueprint = func.Blueprint()


class OverviewView(CountedView):
    """How many tickets there are, and failed messages (10,000 at most are counted), and credentials that end soon."""

    failed_messages: int
    credentials_expiring: int


@operation(blueprint, "GET overview", gives=OverviewView)
def read_overview(req: func.HttpRequest) -> func.HttpResponse:
    """Show how much of everything there is.

    Tickets are counted each hour; who asks for numbers that are older than ten minutes has them counted again.
    """
    del req
    counts = {"failed_messages": services.failed_messages.count(), "credentials_expiring": services.expiries.soon()}
    return ok({**services.counting.view(), **counts})
