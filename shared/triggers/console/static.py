"""Scripts and styles of the console."""

import azure.functions as func

from shared.console.static_files import static_files
from shared.triggers.answers import answered

blueprint = func.Blueprint()
_A_YEAR = 365 * 24 * 3600


@blueprint.route("console/static/{digest}/{name}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answered
def console_static(req: func.HttpRequest) -> func.HttpResponse:
    """Serve a script or a style; what is under one address never changes."""
    found = static_files().get(req.route_params["name"])
    if found is None or found.digest != req.route_params["digest"]:
        return func.HttpResponse(status_code=404)
    headers = {"Cache-Control": f"public, max-age={_A_YEAR}, immutable", "X-Content-Type-Options": "nosniff"}
    return func.HttpResponse(found.content, mimetype=found.media_type, charset="utf-8", headers=headers)
