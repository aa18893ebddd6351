"""The control API under `/_simulator`: what tests and people do to the simulator, and what they may look at.

It needs no credential and is no part of Azure DevOps. Errors are `{"error": text}` with status 400 or 404.
"""

import json
from collections.abc import Callable
from typing import Any

from local.simulators.azure_devops import (
    delivery,
    entitlements,
    errors,
    faults,
    identity,
    items,
    patch,
    projects,
    rendering,
    repositories,
    rules,
    token_policies,
)
from local.simulators.azure_devops.errors import ServiceError
from local.simulators.azure_devops.identity import WEB_USER, Identity
from local.simulators.azure_devops.items import Actor
from local.simulators.azure_devops.rendering import Item
from local.simulators.azure_devops.store import Database
from local.simulators.azure_devops.web import Answer, Call
from local.simulators.azure_devops.world import World

PREFIX = "/_simulator/"
_DEFAULT_ORGANIZATION = "contoso"

type _Action = Callable[[World, Call, str], Any]


def handle(world: World, call: Call) -> Answer:
    """Carry a control request out."""
    name, _, rest = call.path.removeprefix(PREFIX).strip("/").partition("/")
    action = _ACTIONS.get((call.method, name))
    if action is None:
        return Answer({"error": f"nothing is known of {call.method} {call.path}"}, status=404)
    try:
        return Answer(action(world, call, rest))
    except ServiceError as error:
        return Answer({"error": error.message}, status=404 if error.status == 404 else 400)  # noqa: PLR2004
    except (ValueError, KeyError, TypeError) as error:
        return Answer({"error": f"{type(error).__name__}: {error}"}, status=400)


def _issue_token(world: World, call: Call, _rest: str) -> Any:
    asked = call.object()
    organization = asked.get("organization", _DEFAULT_ORGANIZATION)
    who = identity.person(asked.get("user", WEB_USER.combined))
    limits = {name: None if asked.get(name) is None else tuple(asked[name]) for name in ("projects", "scopes")}
    holder = Identity(
        who.name,
        who.mail,
        projects=limits["projects"],
        scopes=limits["scopes"],
        may_write=asked.get("may_write", True),
        may_administer=asked.get("may_administer", True),
        may_read_code=asked.get("may_read_code", True),
    )
    with world.store.transaction() as database:
        if projects.organization_id(database, organization) is None:
            raise ValueError(f"there is no organization {organization}")
        token = identity.issue_token(database, organization, holder, asked.get("token", ""), asked.get("valid_to"))
    return {"token": token}


def _revoke_token(world: World, _call: Call, token: str) -> Any:
    with world.store.transaction() as database:
        changed = database.execute("UPDATE tokens SET revoked = 1 WHERE token = ?", (token,)).rowcount
    return {"revoked": changed}


def _change_token(world: World, call: Call, token: str) -> Any:
    valid_to = call.object()["valid_to"]
    with world.store.transaction() as database:
        changed = database.execute("UPDATE tokens SET valid_to = ? WHERE token = ?", (valid_to, token)).rowcount
    return {"changed": changed}


def _change_token_policy(world: World, call: Call, _rest: str) -> Any:
    asked = call.object()
    organization = str(asked.pop("organization", _DEFAULT_ORGANIZATION))
    with world.store.transaction() as database:
        token_policies.change(database, organization, asked)
    return {}


def _admit(world: World, call: Call, _rest: str) -> Any:
    asked = call.object()
    organization = str(asked.get("organization", _DEFAULT_ORGANIZATION))
    with world.store.transaction() as database:
        return {"id": entitlements.admit(database, organization, asked["object_id"], asked.get("name", ""))}


def _commit(world: World, call: Call, _rest: str) -> Any:
    asked = call.object()
    organization = str(asked.get("organization", _DEFAULT_ORGANIZATION))
    with world.store.transaction() as database:
        project = projects.find(database, organization, asked["project"], WEB_USER)
        return repositories.commit(database, project, asked, call.base)


def _make_organization(world: World, call: Call, _rest: str) -> Any:
    asked = call.object()
    with world.store.transaction() as database:
        projects.make_organization(database, asked["name"], asked.get("projects"))
        made = projects.every(database, asked["name"])
    known = [{"id": project.id, "name": project.name, "process": project.process.name} for project in made]
    return {"name": asked["name"], "projects": known}


def _customise(world: World, call: Call, _rest: str) -> Any:
    asked = call.object()
    organization = asked.get("organization", _DEFAULT_ORGANIZATION)
    with world.store.transaction() as database:
        project = projects.find(database, organization, asked["project"], WEB_USER)
        projects.customise(database, project, asked["type"], asked["field"], asked.get("rule", {}))
    return {}


def _let_leave(_world: World, call: Call, _rest: str) -> Any:
    rules.leave(str(call.object()["mail"]))
    return {}


def _set_workflow(world: World, call: Call, _rest: str) -> Any:
    asked = call.object()
    organization = asked.get("organization", _DEFAULT_ORGANIZATION)
    with world.store.transaction() as database:
        project = projects.find(database, organization, asked["project"], WEB_USER)
        projects.set_workflow(database, project, asked["type"], asked["states"], asked.get("moves"))
    return {}


def _change_settings(world: World, call: Call, _rest: str) -> Any:
    world.settings.change(call.object())
    return world.settings.all()


def _show_settings(world: World, _call: Call, _rest: str) -> Any:
    return world.settings.all()


def _add_fault(world: World, call: Call, _rest: str) -> Any:
    world.faults.add(faults.read(call.object()))
    return {"faults": world.faults.waiting()}


def _show_faults(world: World, _call: Call, _rest: str) -> Any:
    return {"faults": world.faults.waiting(), "happened": world.faults.happened()}


def _release(world: World, _call: Call, _rest: str) -> Any:
    world.faults.release()
    return {}


def _clear_faults(world: World, _call: Call, _rest: str) -> Any:
    world.faults.clear()
    return {"faults": []}


def _show_requests(world: World, _call: Call, _rest: str) -> Any:
    return {"requests": world.requests.all()}


def _clear_requests(world: World, _call: Call, _rest: str) -> Any:
    world.requests.clear()
    return {"requests": []}


def _show_work_items(world: World, call: Call, _rest: str) -> Any:
    organization = call.text("organization")
    with world.store.transaction() as database:
        rows = database.execute(
            "SELECT * FROM items WHERE ? IN ('', organization) ORDER BY organization, id", (organization,)
        ).fetchall()
        comments = _comments(database)
    return {"work_items": [_shown(rendering.of_row(row), comments) for row in rows]}


def _comments(database: Database) -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = {}
    for row in database.execute("SELECT organization, item, text FROM comments ORDER BY id"):
        found.setdefault((row["organization"], row["item"]), []).append(row["text"])
    return found


def _shown(item: Item, comments: dict[tuple[str, int], list[str]]) -> dict[str, Any]:
    links = [relation["url"] for relation in item.relations if relation["rel"] == "Hyperlink"]
    return {
        "id": item.id,
        "organization": item.organization,
        "project": item.fields["System.TeamProject"],
        "type": item.type_name,
        "title": item.title,
        "state": item.fields["System.State"],
        "tags": [tag for tag in str(item.fields.get("System.Tags", "")).split("; ") if tag],
        "fields": item.fields,
        "relations": item.relations,
        "hyperlinks": links,
        "comments": comments.get((item.organization, item.id), []),
        "rev": item.rev,
        "deleted": item.deleted is not None,
        "created_at": item.fields["System.CreatedDate"],
        "changed_at": item.fields["System.ChangedDate"],
    }


def _act_as_person(world: World, call: Call, rest: str) -> Any:
    asked = call.object()
    organization = asked.get("organization") or call.text("organization", _DEFAULT_ORGANIZATION)
    by = identity.person(asked["by"]) if asked.get("by") else WEB_USER
    actor = Actor(by, f"{call.base}/{organization}", silent=bool(asked.get("silent")))
    with world.store.transaction() as database:
        item = acted(database, organization, int(rest), asked, actor)
        return _shown(item, _comments(database))


def acted(database: Database, organization: str, number: int, asked: dict[str, Any], actor: Actor) -> Item:
    """Do to a work item what a person asks for: `deleted`, `state`, `fields`, `comment`. Raises as the API would."""
    item = items.find(database, organization, [number], actor.identity).get(number)
    if item is None:
        raise errors.item_missing(number)
    if asked.get("deleted") is False and item.deleted:
        item = items.restore(database, item, actor)
    written = dict(asked.get("fields") or {})
    if asked.get("state"):
        written["System.State"] = asked["state"]
    if asked.get("comment"):
        written["System.History"] = asked["comment"]
    if written and not item.deleted:
        document = [{"op": "replace", "path": f"/fields/{name}", "value": text} for name, text in written.items()]
        item = items.change(database, item, patch.read(document), actor)
    if asked.get("deleted") is True and not item.deleted:
        item = items.delete(database, item, actor)
    return item


def _show_notifications(world: World, call: Call, _rest: str) -> Any:
    with world.store.transaction() as database:
        rows = database.execute(
            "SELECT * FROM notifications WHERE ? IN ('', organization) ORDER BY id", (call.text("organization"),)
        ).fetchall()
    kept = ("id", "organization", "subscription", "status", "result", "attempts", "created", "changed")
    return {"notifications": [{name: row[name] for name in kept} | {"event": json.loads(row["event"])} for row in rows]}


def _change_subscription(world: World, call: Call, subscription: str) -> Any:
    status = str(call.object()["status"])
    with world.store.transaction() as database:
        changed = database.execute("UPDATE subscriptions SET status = ? WHERE id = ?", (status, subscription)).rowcount
    return {"changed": changed}


def _show_deliveries(world: World, _call: Call, _rest: str) -> Any:
    with world.store.transaction() as database:
        return delivery.summary(database)


_ACTIONS: dict[tuple[str, str], _Action] = {
    ("POST", "personal-access-tokens"): _issue_token,
    ("PUT", "personal-access-tokens"): _change_token,
    ("DELETE", "personal-access-tokens"): _revoke_token,
    ("POST", "token-policies"): _change_token_policy,
    ("POST", "members"): _admit,
    ("POST", "repositories"): _commit,
    ("POST", "organizations"): _make_organization,
    ("POST", "rules"): _customise,
    ("POST", "workflows"): _set_workflow,
    ("POST", "leavers"): _let_leave,
    ("POST", "settings"): _change_settings,
    ("GET", "settings"): _show_settings,
    ("POST", "faults"): _add_fault,
    ("GET", "faults"): _show_faults,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "releases"): _release,
    ("GET", "requests"): _show_requests,
    ("DELETE", "requests"): _clear_requests,
    ("GET", "work-items"): _show_work_items,
    ("POST", "work-items"): _act_as_person,
    ("GET", "notifications"): _show_notifications,
    ("POST", "subscriptions"): _change_subscription,
    ("GET", "deliveries"): _show_deliveries,
}
