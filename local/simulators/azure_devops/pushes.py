"""What service hooks say about a push: `git.push`, as recorded deliveries of version 1.0 have it."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.simulators.azure_devops import dates, events
from local.simulators.azure_devops.identity import WEB_USER, reference
from local.simulators.azure_devops.store import Database

EVENT_TYPE = "git.push"
NOTHING = "0" * 40
"""The commit of a branch that is not there yet, or not any more."""

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """A branch or tag, and what it pointed to before and points to now."""

    name: str
    before: str
    after: str


def announce(database: Database, repository: Json, updates: Sequence[RefUpdate]) -> None:
    """Queue a notification for every subscription that the push is for; `repository` as events describe it."""
    project = repository["project"]["id"]
    statement = (
        "SELECT s.id, s.body, s.organization FROM subscriptions s JOIN projects p ON p.organization = s.organization"
        " WHERE p.id = ? AND s.status = 'enabled'"
    )
    for row in database.execute(statement, (project,)).fetchall():
        subscription = json.loads(row["body"])
        if subscription["eventType"] == EVENT_TYPE and _concerns(subscription["publisherInputs"], repository, updates):
            event = payload(repository, updates, subscription["resourceVersion"])
            events.queue(database, row["organization"], row["id"], event, subscription["consumerInputs"])


def _concerns(inputs: Mapping[str, Any], repository: Json, updates: Sequence[RefUpdate]) -> bool:
    if str(inputs.get("projectId") or repository["project"]["id"]).lower() != repository["project"]["id"]:
        return False
    if str(inputs.get("repository") or repository["id"]).lower() != repository["id"]:
        return False
    branch = str(inputs.get("branch") or "")
    return not branch or any(one.name in (branch, f"refs/heads/{branch}") for one in updates)


def payload(repository: Json, updates: Sequence[RefUpdate], version: str) -> Json:
    """Return the event as it is delivered, without the numbers that a delivery adds; a deletion has no commits."""
    home = str(repository["url"]).partition("/_apis/")[0]
    said = f"{WEB_USER.name} pushed updates to {repository['name']}"
    made = [one.after for one in updates if one.after != NOTHING]
    resource: Json = {
        "refUpdates": [{"name": one.name, "oldObjectId": one.before, "newObjectId": one.after} for one in updates],
        "repository": repository,
        "pushedBy": reference(WEB_USER.combined, home),
        "pushId": 1,
        "date": dates.now(),
        "url": f"{repository['url']}/pushes/1",
    }
    if made:
        resource["commits"] = [{"commitId": commit, "comment": "By the control API"} for commit in dict.fromkeys(made)]
    return {
        "id": str(uuid.uuid4()),
        "eventType": EVENT_TYPE,
        "publisherId": "tfs",
        "message": dict.fromkeys(("text", "html", "markdown"), said),
        "detailedMessage": dict.fromkeys(("text", "html", "markdown"), said),
        "resource": resource,
        "resourceVersion": version,
        "resourceContainers": {"project": {"id": repository["project"]["id"], "baseUrl": f"{home}/"}},
        "createdDate": dates.now(),
    }
