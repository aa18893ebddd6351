"""Service hook subscriptions and their notifications.

https://learn.microsoft.com/rest/api/azure/devops/hooks/subscriptions
Unlike the service, the simulator delivers to local addresses too.
"""

import json
import re
import uuid
from typing import Any
from urllib.parse import urlsplit

from local.simulators.azure_devops import dates, delivery, errors, hook_catalogue, hook_samples, pushes
from local.simulators.azure_devops.identity import reference
from local.simulators.azure_devops.store import Database, packed
from local.simulators.azure_devops.web import Answer, Call, Route
from local.simulators.azure_devops.world import World

_MASK = "********"
_CONFIDENTIAL = ("basicAuthPassword",)
_BY_HAND = {"enabled", "disabledByUser"}
_FILTERS = ("publisherId", "eventType", "consumerId", "consumerActionId")
_BASIC_LENGTH = 256

type Json = dict[str, Any]


def create(world: World, call: Call) -> Answer:
    """POST hooks/subscriptions. Raises 400 where an input is missing or unusable."""
    moment = dates.now()
    with world.store.transaction() as database:
        body = _checked(database, call, call.object()) | {
            "id": str(uuid.uuid4()),
            "createdBy": call.identity.combined,
            "createdDate": moment,
            "modifiedBy": call.identity.combined,
            "modifiedDate": moment,
            "probationRetries": 0,
        }
        body["publisherInputs"]["tfsSubscriptionId"] = str(uuid.uuid4())
        row = (body["id"], call.organization, "enabled", packed(body))
        database.execute("INSERT INTO subscriptions VALUES (?, ?, ?, ?)", row)
    return Answer(_shown(body, "enabled", call))


def update(world: World, call: Call) -> Answer:
    """PUT hooks/subscriptions/{id}: replaces it; a masked password stays what it was."""
    asked = call.object()
    with world.store.transaction() as database:
        old, status = _load(database, call)
        body = old | _checked(database, call, asked)
        body["publisherInputs"] |= {"tfsSubscriptionId": old["publisherInputs"]["tfsSubscriptionId"]}
        for name in _CONFIDENTIAL:
            if body["consumerInputs"].get(name) == _MASK:
                body["consumerInputs"][name] = old["consumerInputs"].get(name)
        body |= {"modifiedBy": call.identity.combined, "modifiedDate": dates.now(), "probationRetries": 0}
        status = asked["status"] if asked.get("status") in _BY_HAND else status
        database.execute(
            "UPDATE subscriptions SET status = ?, body = ? WHERE id = ?", (status, packed(body), body["id"])
        )
    return Answer(_shown(body, status, call))


def show(world: World, call: Call) -> Answer:
    """GET hooks/subscriptions/{id}."""
    with world.store.transaction() as database:
        return Answer(_shown(*_load(database, call), call))


def delete(world: World, call: Call) -> Answer:
    """DELETE hooks/subscriptions/{id}; what is still queued for it is dropped."""
    with world.store.transaction() as database:
        body, _ = _load(database, call)
        database.execute("DELETE FROM subscriptions WHERE id = ?", (body["id"],))
        database.execute("DELETE FROM notifications WHERE subscription = ?", (body["id"],))
    return Answer(status=204)


def list_all(world: World, call: Call) -> Answer:
    """GET hooks/subscriptions, filtered by publisherId, eventType, consumerId and consumerActionId."""
    found = _matching(world, call, {name: call.text(name) for name in _FILTERS}, [], [])
    return Answer({"count": len(found), "value": found})


def query(world: World, call: Call) -> Answer:
    """POST hooks/subscriptionsquery: the query with its results."""
    asked = call.object()
    wanted = {name: str(asked.get(name) or "") for name in _FILTERS}
    publisher, consumer = asked.get("publisherInputFilters") or [], asked.get("consumerInputFilters") or []
    return Answer(asked | {"results": _matching(world, call, wanted, publisher, consumer)})


def _matching(
    world: World, call: Call, wanted: dict[str, str], publisher: list[Json], consumer: list[Json]
) -> list[Json]:
    statement = "SELECT status, body FROM subscriptions WHERE organization = ? ORDER BY rowid"
    with world.store.transaction() as database:
        rows = database.execute(statement, (call.organization,)).fetchall()
    known = [(json.loads(row["body"]), row["status"]) for row in rows]
    return [
        _shown(body, status, call)
        for body, status in known
        if all(not value or body[name].lower() == value.lower() for name, value in wanted.items())
        and _passes(body["publisherInputs"], publisher)
        and _passes(body["consumerInputs"], consumer)
    ]


def _passes(inputs: Json, filters: list[Json]) -> bool:
    # Filters are alternatives, the conditions of one must all hold.
    return not filters or any(
        all(_holds(inputs, condition) for condition in one.get("conditions", [])) for one in filters
    )


def _holds(inputs: Json, condition: Json) -> bool:
    equal = str(inputs.get(str(condition.get("inputId")), "")) == str(condition.get("inputValue", ""))
    return equal is (str(condition.get("operator", "equals")).lower() != "notequals")


def _load(database: Database, call: Call) -> tuple[Json, str]:
    row = database.execute(
        "SELECT status, body FROM subscriptions WHERE id = ? AND organization = ?",
        (call.names["id"].lower(), call.organization),
    ).fetchone()
    if row is None:
        message = f"Subscription {call.names['id']} could not be found."
        raise _refusal(message, "SubscriptionNotFoundException", status=404)
    return json.loads(row["body"]), row["status"]


def _checked(database: Database, call: Call, asked: Json) -> Json:
    publisher, consumer = asked.get("publisherInputs"), asked.get("consumerInputs")
    if asked.get("publisherId") != "tfs" or asked.get("eventType") not in hook_catalogue.EVENT_TYPES:
        raise _refusal(f"The event type '{asked.get('eventType')}' of '{asked.get('publisherId')}' is not known.")
    if asked.get("consumerId") != "webHooks" or asked.get("consumerActionId") != "httpRequest":
        raise _refusal(f"The consumer '{asked.get('consumerId')}' is not known.")
    if not isinstance(publisher, dict) or not isinstance(consumer, dict):
        raise _refusal("Publisher inputs and consumer inputs are required.")
    _check_publisher(database, call, publisher, push=asked["eventType"] == pushes.EVENT_TYPE)
    _check_consumer(consumer)
    return {
        "publisherId": "tfs",
        "eventType": asked["eventType"],
        "resourceVersion": asked.get("resourceVersion") or "1.0",
        "consumerId": "webHooks",
        "consumerActionId": "httpRequest",
        "publisherInputs": dict(publisher),
        "consumerInputs": dict(consumer),
    }


def _check_publisher(database: Database, call: Call, inputs: Json, *, push: bool) -> None:
    project = str(inputs.get("projectId") or "")
    statement = "SELECT 1 FROM projects WHERE organization = ? AND id = ?"
    if project and database.execute(statement, (call.organization, project.lower())).fetchone() is None:
        raise _refusal(f"The project '{project}' does not exist or you do not have permission to access it.")
    repository = str(inputs.get("repository") or "").lower()
    statement = "SELECT 1 FROM repositories WHERE id = ? AND project = ?"
    if push and repository and database.execute(statement, (repository, project.lower())).fetchone() is None:
        raise _refusal(f"The value '{repository}' for the input 'repository' is not a repository of the project.")


def _check_consumer(inputs: Json) -> None:
    url = urlsplit(str(inputs.get("url") or ""))
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise _refusal("The value for the input 'url' is missing or is not a valid address.")
    for name in ("basicAuthUsername", "basicAuthPassword"):
        value = str(inputs.get(name) or "x")
        if re.fullmatch(r"\S+", value) is None or len(value) > _BASIC_LENGTH:
            raise _refusal(f"The value for the input '{name}' does not match the pattern '^[\\S]+$' or is too long.")


def _refusal(message: str, kind: str = "SubscriptionInputException", status: int = 400) -> errors.ServiceError:
    return errors.ServiceError(status, message, kind, "Microsoft.VisualStudio.Services.ServiceHooks.WebApi", 0, 4501)


def _shown(body: Json, status: str, call: Call) -> Json:
    url = f"{call.home}/_apis/hooks/subscriptions/{body['id']}"
    consumer = body["consumerInputs"]
    masked = {name: _MASK for name in _CONFIDENTIAL if consumer.get(name)}
    return body | {
        "url": url,
        "status": status,
        "eventDescription": "Any work item",
        "actionDescription": f"To host {urlsplit(consumer['url']).hostname}",
        "createdBy": reference(body["createdBy"], call.home),
        "createdDate": dates.shown(body["createdDate"]),
        "modifiedBy": reference(body["modifiedBy"], call.home),
        "modifiedDate": dates.shown(body["modifiedDate"]),
        "consumerInputs": consumer | masked,
        "_links": {
            "self": {"href": url},
            "consumer": {"href": f"{call.home}/_apis/hooks/consumers/webHooks"},
            "publisher": {"href": f"{call.home}/_apis/hooks/publishers/tfs"},
            "notifications": {"href": f"{url}/notifications"},
        },
    }


def list_notifications(world: World, call: Call) -> Answer:
    """GET hooks/subscriptions/{id}/notifications: newest first, filtered by `status` and `result`."""
    with world.store.transaction() as database:
        body, _ = _load(database, call)
        rows = database.execute(
            "SELECT * FROM notifications WHERE subscription = ? ORDER BY id DESC", (body["id"],)
        ).fetchall()
    wanted = {name: call.text(name).lower() for name in ("status", "result") if call.text(name)}
    kept = [row for row in rows if all(row[name].lower() == value for name, value in wanted.items())]
    shown = [_notification(row, body) for row in kept[: call.number("maxResults", 100)]]
    return Answer({"count": len(shown), "value": shown})


def show_notification(world: World, call: Call) -> Answer:
    """GET hooks/subscriptions/{id}/notifications/{number}."""
    with world.store.transaction() as database:
        body, _ = _load(database, call)
        row = database.execute(
            "SELECT * FROM notifications WHERE subscription = ? AND id = ?", (body["id"], call.names["number"])
        ).fetchone()
    if row is None:
        raise _refusal(f"Notification {call.names['number']} could not be found.", "NotificationNotFoundException", 404)
    return Answer(_notification(row, body))


def _notification(row: Any, subscription: Json) -> Json:
    details = json.loads(row["details"])
    same = ("publisherId", "eventType", "consumerId", "consumerActionId", "publisherInputs")
    masked = {name: _MASK for name in _CONFIDENTIAL if subscription["consumerInputs"].get(name)}
    return {
        "id": row["id"],
        "subscriptionId": row["subscription"],
        "eventId": json.loads(row["event"])["id"],
        "status": row["status"],
        "result": row["result"],
        "createdDate": dates.shown(row["created"]),
        "modifiedDate": dates.shown(row["changed"]),
        "details": {name: subscription[name] for name in same}
        | {
            "consumerInputs": subscription["consumerInputs"] | masked,
            "event": json.loads(row["event"]),
            "requestAttempts": row["attempts"],
        }
        | details,
    }


def send_test(world: World, call: Call) -> Answer:
    """POST hooks/testnotifications: delivers a sample event at once and answers how that went."""
    details = call.object().get("details") or {}
    with world.store.transaction() as database:
        body = _checked(database, call, details)
    nobody = str(uuid.UUID(int=0))
    event = hook_samples.sample(body["eventType"], call.home)
    event = {"subscriptionId": nobody, "notificationId": 1} | event
    with delivery.new_session() as session:
        outcome = delivery.post(body["consumerInputs"], event, session)
    moment = dates.shown(dates.now())
    return Answer(
        {
            "id": 1,
            "subscriptionId": nobody,
            "eventId": event["id"],
            "status": "completed",
            "result": "succeeded" if outcome.accepted else "failed",
            "createdDate": moment,
            "modifiedDate": moment,
            "details": {"event": event, "requestAttempts": 1} | outcome.details(),
        }
    )


_HOOKS = "/{organization}/_apis/hooks"
_ONE = _HOOKS + "/subscriptions/{id}"
ROUTES = (
    Route("GET", _HOOKS + "/subscriptions", list_all),
    Route("POST", _HOOKS + "/subscriptions", create),
    Route("GET", _ONE, show),
    Route("PUT", _ONE, update),
    Route("DELETE", _ONE, delete),
    Route("GET", _ONE + "/notifications", list_notifications),
    Route("GET", _ONE + "/notifications/{number}", show_notification),
    Route("POST", _HOOKS + "/subscriptionsquery", query, reads=True),
    Route("POST", _HOOKS + "/testnotifications", send_test),
)
