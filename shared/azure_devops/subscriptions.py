"""Service hook subscriptions of the web hook consumer.

https://learn.microsoft.com/azure/devops/service-hooks/create-subscription
"""

from dataclasses import dataclass
from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, name, optional_text, record

_VERSION = {"api-version": "7.1"}
_CONSUMER = {"consumerId": "webHooks", "consumerActionId": "httpRequest"}


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription; `status` is enabled, onProbation, disabledByUser, disabledBySystem, …"""

    id: str
    event: str
    project: str
    tag: str
    url: str
    status: str
    created_at: str


def web_hooks() -> Call[list[Subscription]]:
    """List the organisation's web hook subscriptions (unfiltered lists run to many megabytes)."""
    return Call("GET", "_apis/hooks/subscriptions", _subscriptions, {**_VERSION, "publisherId": "tfs", **_CONSUMER})


def get_subscription(subscription: str) -> Call[Subscription]:
    """Read one subscription. Raises `NotFoundError`."""
    return Call("GET", f"_apis/hooks/subscriptions/{segment(subscription)}", _subscription, _VERSION)


def subscribe(*, event: str, project: str, tag: str, url: str, user_name: str, password: str) -> Call[Subscription]:
    """Create a subscription for one event of a project's work items with a tag.

    The password is confidential to Azure DevOps; header values are not, so it never goes into one. The resource
    version is pinned: "if omitted, the latest released is used".
    """
    body = {
        "publisherId": "tfs",
        "eventType": event,
        "resourceVersion": "1.0",
        **_CONSUMER,
        "publisherInputs": {"projectId": project, "tag": tag},
        "consumerInputs": {"url": url, "basicAuthUsername": user_name, "basicAuthPassword": password},
    }
    return Call("POST", "_apis/hooks/subscriptions", _subscription, _VERSION, body, changes=True)


def unsubscribe(subscription: str) -> Call[None]:
    """Delete a subscription."""
    return Call("DELETE", f"_apis/hooks/subscriptions/{segment(subscription)}", lambda _: None, _VERSION, changes=True)


def _subscriptions(value: Any) -> list[Subscription]:
    listed = value["value"] if isinstance(value, dict) else value
    return [_subscription(entry) for entry in entries(listed)]


def _subscription(value: Any) -> Subscription:
    publisher, consumer = record(value.get("publisherInputs")), record(value.get("consumerInputs"))
    return Subscription(
        id=name(value["id"]),
        event=name(value["eventType"]),
        project=optional_text(publisher.get("projectId")),
        tag=optional_text(publisher.get("tag")),
        url=optional_text(consumer.get("url")),
        status=optional_text(value.get("status")) or "enabled",
        created_at=optional_text(value.get("createdDate")),
    )
