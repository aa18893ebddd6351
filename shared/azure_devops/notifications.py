"""What a service hook subscription delivered, and a delivery to try it.

https://learn.microsoft.com/rest/api/azure/devops/hooks/notifications
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, name, number, optional_text, record

_VERSION = {"api-version": "7.1"}


@dataclass(frozen=True, slots=True)
class Notification:
    """One delivery. `status` is queued, processing, requestInProgress, queuedForRetry or completed.

    `result` is pending, succeeded, failed or filtered; `error` says why it failed.
    """

    id: int
    status: str
    result: str
    event: Mapping[str, Any]
    attempts: int
    error: str
    created_at: str


def list_notifications(subscription: str, *, result: str = "") -> Call[list[Notification]]:
    """List the newest deliveries of a subscription (the service keeps a hundred), those with a result if given."""
    query = {**_VERSION, "result": result} if result else _VERSION
    return Call("GET", f"_apis/hooks/subscriptions/{segment(subscription)}/notifications", _notifications, query)


def send_test(subscription: Mapping[str, Any]) -> Call[Notification]:
    """Deliver a sample event as a subscription would, given in the form in which it is created.

    Its numbers contradict each other: it names a work item that nobody has.
    """
    body = {"details": subscription}
    return Call("POST", "_apis/hooks/testnotifications", _notification, _VERSION, body, changes=True)


def _notifications(value: Any) -> list[Notification]:
    listed = value["value"] if isinstance(value, dict) else value
    return [_notification(entry) for entry in entries(listed)]


def _notification(value: Any) -> Notification:
    details = record(value.get("details"))
    return Notification(
        id=number(value["id"]),
        status=name(value["status"]),
        result=name(value["result"]),
        event=record(details.get("event")),
        attempts=number(details.get("requestAttempts") or 0),
        error=optional_text(details.get("errorMessage")),
        created_at=optional_text(value.get("createdDate")),
    )
