"""`/health`: whether the app can work, and which settings keep it from doing so."""

import azure.functions as func

from shared.services import services
from shared.triggers.answers import answered, ok

blueprint = func.Blueprint()


@blueprint.route("health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answered
def health(req: func.HttpRequest) -> func.HttpResponse:
    """Answer 200, or 503 with the name of every setting that is missing or bad.

    With `?deep=true` storage is asked, too, and the answer counts what a person should look at.
    """
    _ = services.settings
    counts = {"failed_messages": services.failed_messages.count()} if req.params.get("deep") == "true" else {}
    return ok({"status": "healthy", **counts})
