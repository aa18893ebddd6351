"""`/openapi.json`: the API describes itself."""

from typing import Any

import azure.functions as func

from shared.triggers import openapi
from shared.triggers.operations import operation

blueprint = func.Blueprint()
type Description = dict[str, Any]


@operation(blueprint, "GET openapi.json", gives=Description, security="none")
def describe(req: func.HttpRequest) -> func.HttpResponse:
    """Describe this API in OpenAPI 3.1."""
    del req
    return func.HttpResponse(openapi.text(), mimetype="application/json", charset="utf-8")
