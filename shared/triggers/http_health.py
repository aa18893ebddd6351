"""`/health`: whether the app can work, and which settings keep it from doing so."""

from typing import Literal, NotRequired, TypedDict

import azure.functions as func

from shared.services import services
from shared.triggers.answers import flag, ok
from shared.triggers.conventions import DEEP
from shared.triggers.operations import operation

blueprint = func.Blueprint()


class HealthyView(TypedDict):
    """All settings can be used. For `?deep=true`, `failed_messages` counts them.

    `credentials_expiring` counts those that have ended, or end within two weeks.
    """

    status: Literal["healthy"]
    failed_messages: NotRequired[int]
    credentials_expiring: NotRequired[int]


@operation(blueprint, "GET health", gives=HealthyView, parameters=(DEEP,), security="none")
def health(req: func.HttpRequest) -> func.HttpResponse:
    """Answer 200, or 503 with the name of every setting that is missing or bad.

    With `?deep=true` storage is asked, too, and the answer counts what a person should look at.
    """
    _ = services.settings
    if not flag(req, "deep"):
        return ok({"status": "healthy"})
    counts = {"failed_messages": services.failed_messages.count(), "credentials_expiring": services.expiries.soon()}
    return ok({"status": "healthy", **counts})
