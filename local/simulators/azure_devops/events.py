"""What service hooks say about a change of a work item: payloads, and which subscriptions they are for.

The payloads follow recorded deliveries of resource version 1.0. Two things in them surprise: `resource.id` of
`workitem.updated` is the number of the update, not of the work item, and identities in fields are text.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from local.simulators.azure_devops import dates, messages
from local.simulators.azure_devops.identity import Identity, identifiers, reference
from local.simulators.azure_devops.messages import Subject
from local.simulators.azure_devops.projects import organization_id
from local.simulators.azure_devops.relations import changes
from local.simulators.azure_devops.rendering import Item, address, page, shown_fields
from local.simulators.azure_devops.rules import tags_of
from local.simulators.azure_devops.store import Database, packed

EVENT_TYPES = tuple(f"workitem.{verb}" for verb in ("created", "updated", "deleted", "restored", "commented"))
_VERBS = {"commented": "commented on"}

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one work item, as it was before and as it is now."""

    kind: str
    before: Item | None
    after: Item
    actor: Identity
    home: str
    comment: str = ""
    silent: bool = False

    def update(self) -> Json:
        """Return the update as it is recorded: values as they are stored."""
        body: Json = {
            "id": self.after.updates,
            "workItemId": self.after.id,
            "rev": self.after.rev,
            "revisedBy": self.actor.combined,
            "revisedDate": dates.FAR_FUTURE,
            "fields": self.deltas(),
        }
        links = self.links()
        return body | ({"relations": links} if links else {})

    def links(self) -> dict[str, list[Json]]:
        """Return the relations added and removed."""
        return changes(self.before.relations if self.before else [], self.after.relations)

    def deltas(self) -> dict[str, Json]:
        """Return old and new value of each changed field; what was or is absent has no such key."""
        old = self._complete(self.before) if self.before else {}
        new = self._complete(self.after) | ({"System.History": self.comment} if self.comment else {})
        names = [name for name in (*new, *(set(old) - set(new))) if old.get(name) != new.get(name)]
        return {name: _delta(old.get(name), new.get(name)) for name in names}

    def _complete(self, item: Item) -> Json:
        moment = item.fields["System.ChangedDate"]
        return {"System.Id": item.id, "System.Rev": item.rev, "System.AuthorizedDate": moment} | item.fields


def _delta(old: Any, new: Any) -> Json:
    return {name: value for name, value in (("oldValue", old), ("newValue", new)) if value is not None}


def announce(database: Database, change: Change) -> None:
    """Queue a notification for every subscription that the change is for."""
    if change.silent:
        return
    statement = "SELECT id, body FROM subscriptions WHERE organization = ? AND status = 'enabled'"
    rows = database.execute(statement, (change.after.organization,)).fetchall()
    kinds = [change.kind, "commented"] if change.comment and change.kind == "updated" else [change.kind]
    for row in rows:
        subscription = json.loads(row["body"])
        for kind in kinds:
            if subscription["eventType"] == f"workitem.{kind}" and concerns(subscription["publisherInputs"], change):
                event = payload(database, change, kind, subscription["resourceVersion"])
                queue(database, change.after.organization, row["id"], event, subscription["consumerInputs"])


type _Check = Callable[[str], bool]


def concerns(inputs: Mapping[str, Any], change: Change) -> bool:
    """Tell whether a subscription with these filters wants to know of the change. An empty filter lets all pass."""
    item = change.after
    wanted = {name: str(value) for name, value in inputs.items() if value not in {None, ""}}
    checks: dict[str, _Check] = {
        "projectId": lambda value: value.lower() == item.project.lower(),
        "workItemType": lambda value: value.lower() == item.type_name.lower(),
        "areaPath": lambda value: _under(str(item.fields["System.AreaPath"]), value),
        "tag": lambda value: value.lower() in {tag.lower() for tag in tags_of(item.fields)},
        "changedFields": lambda value: value.lower() in {name.lower() for name in change.deltas()},
        "linksChanged": lambda value: value.lower() != "true" or bool(change.links()),
        "commentPattern": lambda value: value.lower() in change.comment.lower(),
    }
    return all(check(wanted[name]) for name, check in checks.items() if name in wanted)


def _under(path: str, root: str) -> bool:
    root = root.strip("\\").lower()
    return path.lower() == root or path.lower().startswith(root + "\\")


def queue(database: Database, organization: str, subscription: str, event: Json, consumer: Mapping[str, Any]) -> int:
    """Store a notification that is due at once and return its number."""
    moment = dates.now()
    row = database.execute(
        "INSERT INTO notifications (organization, subscription, status, result, due, created, changed, event)"
        " VALUES (?, ?, 'queued', 'pending', ?, ?, ?, '') RETURNING id",
        (organization, subscription, time.time(), moment, moment),
    ).fetchone()
    number = int(row["id"])
    body = {"subscriptionId": subscription, "notificationId": number} | _selected(event, consumer)
    database.execute("UPDATE notifications SET event = ? WHERE id = ?", (packed(body), number))
    return number


def _selected(event: Json, consumer: Mapping[str, Any]) -> Json:
    resource = event["resource"]
    if consumer.get("resourceDetailsToSend") == "none":
        resource = None
    elif consumer.get("resourceDetailsToSend") == "minimal":
        resource = {name: resource[name] for name in ("id", "workItemId", "url") if name in resource}
    return event | {
        "resource": resource,
        "message": _forms(event["message"], consumer.get("messagesToSend")),
        "detailedMessage": _forms(event["detailedMessage"], consumer.get("detailedMessagesToSend")),
    }


def _forms(forms: Json, chosen: Any) -> Json | None:
    if chosen == "none":
        return None
    return {chosen: forms[chosen]} if chosen in forms else forms


def payload(database: Database, change: Change, kind: str, version: str) -> Json:
    """Return the event as it is delivered, without the numbers that a delivery adds."""
    item = change.after
    verb = _VERBS.get(kind, kind)
    where = "" if kind == "deleted" else page(item, change.home)
    subject = Subject(f"{item.type_name} #{item.id}", item.title, where, verb, change.actor.name)
    comment = change.comment if kind == "commented" else ""
    resource = _updated(change, version) if kind == "updated" else _current(change, kind, version)
    return {
        "id": str(uuid.uuid4()),
        "eventType": f"workitem.{kind}",
        "publisherId": "tfs",
        "message": messages.short(subject),
        "detailedMessage": messages.detailed(subject, {"State": item.fields["System.State"]}, comment),
        "resource": resource,
        "resourceVersion": version,
        "resourceContainers": _containers(database, item, change.home),
        "createdDate": dates.now(),
    }


def _containers(database: Database, item: Item, home: str) -> dict[str, Json]:
    organization = organization_id(database, item.organization) or ""
    account = str(uuid.uuid5(uuid.UUID(organization), "account"))
    known = {"collection": organization, "account": account, "project": item.project}
    return {name: {"id": identifier, "baseUrl": f"{home}/"} for name, identifier in known.items()}


def _fields(values: Mapping[str, Any], home: str, version: str) -> Json:
    # Only version 1.0 has identities as text.
    return shown_fields(values, home, combined=version.startswith("1."))


def _current(change: Change, kind: str, version: str) -> Json:
    item, home = change.after, change.home
    where = f"{home}/_apis/wit/recyclebin/{item.id}" if kind == "deleted" else address(item, home)
    values = item.fields | ({"System.History": change.comment} if kind == "commented" else {})
    resource: Json = {"id": item.id, "rev": item.rev, "fields": _fields(values, home, version)}
    if item.relations and kind != "deleted":
        resource["relations"] = item.relations
    return resource | {"_links": _links(item, home, where), "url": where}


def _links(item: Item, home: str, where: str) -> dict[str, Json]:
    kind = quote(item.type_name)
    links = {
        "self": where,
        "workItemType": f"{home}/{item.project}/_apis/wit/workItemTypes/{kind}",
        "fields": f"{home}/_apis/wit/fields",
    }
    if not item.deleted:
        links |= {
            "workItemUpdates": f"{where}/updates",
            "workItemRevisions": f"{where}/revisions",
            "html": page(item, home),
        }
    return {name: {"href": href} for name, href in links.items()}


def _updated(change: Change, version: str) -> Json:
    item, home = change.after, change.home
    own = address(item, home)
    deltas = {
        name: {key: _fields({name: value}, home, version)[name] for key, value in delta.items()}
        for name, delta in change.deltas().items()
    }
    links = {"self": f"{own}/updates/{item.updates}", "parent": own, "workItemUpdates": f"{own}/updates"}
    revision: Json = {"id": item.id, "rev": item.rev, "fields": _fields(item.fields, home, version)}
    if item.relations:
        revision["relations"] = item.relations
    relations = change.links()
    return {
        "id": item.updates,
        "workItemId": item.id,
        "rev": item.rev,
        "revisedBy": _reviser(change),
        "revisedDate": dates.FAR_FUTURE,
        "fields": deltas,
        **({"relations": relations} if relations else {}),
        "_links": {name: {"href": href} for name, href in links.items()},
        "url": links["self"],
        "revision": revision | {"url": f"{own}/revisions/{item.rev}"},
    }


def _reviser(change: Change) -> Json:
    known = reference(change.actor.combined, change.home)
    identifier, _ = identifiers(change.actor.combined)
    return known | {"id": identifier, "name": change.actor.combined}
