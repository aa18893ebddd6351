"""`/health` of the edge: whether deliveries can be judged and put on their queue. All others have `http_health`."""

import azure.functions as func

from shared.edge import edge
from shared.triggers.answers import answered, ok

blueprint = func.Blueprint()


@blueprint.route("health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answered
def health(req: func.HttpRequest) -> func.HttpResponse:
    """Answer 200, or 503 with the name of every setting that is missing or bad."""
    del req
    _ = edge.settings
    return ok({"status": "healthy"})
