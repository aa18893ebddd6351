"""Service hook subscriptions of the web hook consumer.

https://learn.microsoft.com/azure/devops/service-hooks/create-subscription
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, name, optional_text, record

_VERSION = {"api-version": "7.1"}
_CONSUMER = {"consumerId": "webHooks", "consumerActionId": "httpRequest"}
VERSION = "1.0"
"""Of the resources that events describe: "for most scenarios 1.0 is the safest", and without one it is the latest."""
PUSH = "git.push"
_FILTERS = ("areaPath", "workItemType", "changedFields", "linksChanged", "commentPattern", "branch", "pushedBy")


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription; `status` is enabled, onProbation, disabledByUser, disabledBySystem, …

    `filters` are those that are set besides project, tag and repository, by the name of their input; `details` is empty
    where the whole resource is sent, else minimal or none.
    """

    id: str
    event: str
    project: str
    tag: str
    url: str
    status: str
    created_at: str
    version: str = VERSION
    filters: Mapping[str, str] = field(default_factory=dict)
    details: str = ""
    repository: str = ""


def web_hooks() -> Call[list[Subscription]]:
    """List the organisation's web hook subscriptions (unfiltered lists run to many megabytes)."""
    return Call("GET", "_apis/hooks/subscriptions", _subscriptions, {**_VERSION, "publisherId": "tfs", **_CONSUMER})


def get_subscription(subscription: str) -> Call[Subscription]:
    """Read one subscription. Raises `NotFoundError`."""
    return Call("GET", f"_apis/hooks/subscriptions/{segment(subscription)}", _subscription, _VERSION)


def subscribe(
    *, event: str, project: str, only: Mapping[str, str], url: str, user_name: str, password: str
) -> Call[Subscription]:
    """Create a subscription for one event of a project; `only` are its filters, such as `tag` or `repository`.

    The password is confidential to Azure DevOps; header values are not, so it never goes into one.
    """
    body = {
        "publisherId": "tfs",
        "eventType": event,
        "resourceVersion": VERSION,
        **_CONSUMER,
        "publisherInputs": {"projectId": project, **only},
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
        version=optional_text(value.get("resourceVersion")) or VERSION,
        filters={each: str(publisher[each]) for each in _FILTERS if _is_set(publisher.get(each))},
        details=_sent(optional_text(consumer.get("resourceDetailsToSend"))),
        repository=optional_text(publisher.get("repository")),
    )


def _is_set(value: object) -> bool:
    """Inputs that are not used come as empty text, `linksChanged` as false."""
    return str(value or "").lower() not in ("", "false")


def _sent(details: str) -> str:
    return "" if details.lower() == "all" else details.lower()
