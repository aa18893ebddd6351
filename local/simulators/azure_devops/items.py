"""Work items in the database: made, changed, deleted, restored; each change is a revision, an update and events."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from local.simulators.azure_devops import dates, errors, events, projects, relations, rules, targets
from local.simulators.azure_devops.events import Change
from local.simulators.azure_devops.fields import find as find_field
from local.simulators.azure_devops.identity import Identity
from local.simulators.azure_devops.patch import Patch
from local.simulators.azure_devops.processes import WorkItemType
from local.simulators.azure_devops.projects import Project
from local.simulators.azure_devops.rendering import Item, of_row
from local.simulators.azure_devops.store import Database, packed

_LOOK_UP_SIZE = 500


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something, through which address, and with which of the service's options."""

    identity: Identity
    home: str
    bypass_rules: bool = False
    silent: bool = False


def load(database: Database, organization: str, number: int, identity: Identity) -> Item:
    """Return a work item that is there. Raises TF401232 for any other, and for one that may not be seen."""
    item = find(database, organization, [number], identity).get(number)
    if item is None or item.deleted:
        raise errors.item_missing(number)
    return item


def find(database: Database, organization: str, numbers: Sequence[int], identity: Identity) -> dict[int, Item]:
    """Return those of the work items that exist and may be seen, deleted ones too."""
    found: list[Any] = []
    for start in range(0, len(numbers), _LOOK_UP_SIZE):
        part = numbers[start : start + _LOOK_UP_SIZE]
        marks = ",".join("?" * len(part))
        statement = f"SELECT * FROM items WHERE organization = ? AND id IN ({marks})"
        found += database.execute(statement, (organization, *part)).fetchall()
    seen = (of_row(row) for row in found)
    return {item.id: item for item in seen if identity.may_see(item.fields["System.TeamProject"])}


def create(database: Database, project: Project, type_name: str, patch: Patch, actor: Actor) -> Item:
    """Make a work item. Raises where the project's rules refuse it."""
    known, moment = project.work_item_type(type_name), dates.now()
    start = rules.defaults(known, project.name, moment, actor.identity)
    values = rules.applied(start, patch, known, bypass=actor.bypass_rules)
    if not actor.bypass_rules:
        rules.check({}, values, known)
        _check_first_state(values, start)
    _check_paths(database, project.id, values, -1)
    comment = _take_comment(values)
    values["System.CommentCount"] = int(bool(comment))
    row = database.execute(
        "UPDATE organizations SET last_item = last_item + 1 WHERE name = ? RETURNING last_item",
        (project.organization,),
    ).fetchone()
    patch.added = targets.completed(database, project.organization, [], patch.added)
    found = relations.applied([], patch, moment)
    item = Item(project.organization, row["last_item"], project.id, 1, 0, values, found, _formats({}, patch))
    return _record(database, Change("created", None, item, actor.identity, actor.home, comment, actor.silent))


def _check_first_state(values: dict[str, Any], start: dict[str, Any]) -> None:
    field = find_field("System.State")
    if field and values["System.State"] != start["System.State"]:
        raise errors.broken_rules([rules.not_listed(field, values["System.State"])])


def change(database: Database, before: Item, patch: Patch, actor: Actor) -> Item:
    """Apply a patch; one that changes nothing makes no revision. Raises where a test or a rule refuses it."""
    if patch.revision is not None and patch.revision != before.rev:
        raise rules.test_failed("/rev")
    project = projects.find(database, before.organization, before.project, actor.identity)
    known, moment = project.work_item_type(before.type_name), dates.now()
    values = rules.applied(before.fields, patch, known, bypass=actor.bypass_rules)
    project = _moved(database, project, before, values, actor)
    known = project.work_item_type(values["System.WorkItemType"])
    values["System.WorkItemType"] = known.name
    if (project.id, known.name) != (before.project, before.type_name):
        _begin_anew(values, known)
    if not actor.bypass_rules:
        rules.check(before.fields, values, known)
    _check_paths(database, project.id, values, before.id)
    comment = _take_comment(values)
    patch.added = targets.completed(database, before.organization, before.relations, patch.added)
    found = relations.applied(before.relations, patch, moment)
    after = replace(before, project=project.id, fields=values, relations=found, formats=_formats(before.formats, patch))
    if after == before and not comment:
        return before
    rules.follow_state(before.fields, values, known, moment, actor.identity)
    return _revised(database, before, after, actor, comment, moment)


def _revised(database: Database, before: Item, after: Item, actor: Actor, comment: str, moment: str) -> Item:
    links = relations.changes(before.relations, after.relations)
    if comment or after.fields != before.fields or relations.make_revision(links):
        stamp = {"System.ChangedDate": moment, "System.ChangedBy": actor.identity.combined}
        stamp["System.CommentCount"] = before.fields["System.CommentCount"] + bool(comment)
        after = replace(after, rev=before.rev + 1, fields=after.fields | stamp)
    return _record(database, Change("updated", before, after, actor.identity, actor.home, comment, actor.silent))


def _moved(database: Database, project: Project, before: Item, values: dict[str, Any], actor: Actor) -> Project:
    """Return the project that the item belongs to after the change; a move also needs paths that exist there."""
    name = values["System.TeamProject"]
    if name.lower() == project.name.lower():
        return project
    target = projects.find(database, before.organization, name, actor.identity)
    values["System.TeamProject"] = target.name
    for path in ("System.AreaPath", "System.IterationPath"):
        if values[path] == before.fields[path]:
            values[path] = target.name
    return target


def _begin_anew(values: dict[str, Any], known: WorkItemType) -> None:
    """Where the state of an item is not known it is a new one."""
    if values["System.State"] not in {state.name for state in known.states}:
        values["System.State"] = known.states[0].name


def _check_paths(database: Database, project: str, values: dict[str, Any], number: int) -> None:
    for structure, name in (("area", "System.AreaPath"), ("iteration", "System.IterationPath")):
        statement = "SELECT path FROM nodes WHERE project = ? AND structure = ? AND path = ?"
        row = database.execute(statement, (project, structure, values.get(name, ""))).fetchone()
        if row is None:
            message = f"TF401347: Invalid tree name given for work item {number}, field '{name}'."
            raise errors.ServiceError(400, message, "WorkItemFieldInvalidTreeNameException", event_id=3200)
        values[name] = row["path"]


def _take_comment(values: dict[str, Any]) -> str:
    return str(values.pop("System.History", ""))


def _formats(before: dict[str, str], patch: Patch) -> dict[str, str]:
    return before | {name: kind for name, kind in patch.formats.items() if kind in {"markdown", "html"}}


def delete(database: Database, item: Item, actor: Actor) -> Item:
    """Move a work item to the recycle bin; that is a revision too."""
    moment = dates.now()
    stamp = {"System.ChangedDate": moment, "System.ChangedBy": actor.identity.combined, "System.IsDeleted": True}
    after = replace(
        item,
        rev=item.rev + 1,
        fields=item.fields | stamp,
        deleted=moment,
        deleted_by=actor.identity.combined,
    )
    return _record(database, Change("deleted", item, after, actor.identity, actor.home, "", actor.silent))


def restore(database: Database, item: Item, actor: Actor) -> Item:
    """Take a work item out of the recycle bin; that is a revision too."""
    stamp = {"System.ChangedDate": dates.now(), "System.ChangedBy": actor.identity.combined}
    fields = {name: value for name, value in item.fields.items() if name != "System.IsDeleted"}
    after = replace(item, rev=item.rev + 1, fields=fields | stamp, deleted=None, deleted_by=None)
    return _record(database, Change("restored", item, after, actor.identity, actor.home, "", actor.silent))


def destroy(database: Database, item: Item) -> None:
    """Remove every trace of a work item."""
    own = (item.organization, item.id)
    database.execute("DELETE FROM items WHERE organization = ? AND id = ?", own)
    for table in ("item_tags", "revisions", "updates", "comments"):
        database.execute(f"DELETE FROM {table} WHERE organization = ? AND item = ?", own)


def _record(database: Database, made: Change) -> Item:
    item = replace(made.after, updates=made.after.updates + 1)
    made = replace(made, after=item)
    own = (item.organization, item.id)
    _write_item(database, item)
    if made.before is None or item.rev != made.before.rev:
        values = packed(item.fields)
        changed = item.fields["System.ChangedDate"]
        database.execute(
            "INSERT INTO revisions (organization, item, rev, project, changed, fields, relations)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*own, item.rev, item.project, changed, values, packed(item.relations)),
        )
    database.execute("INSERT INTO updates VALUES (?, ?, ?, ?)", (*own, item.updates, packed(made.update())))
    if made.comment:
        database.execute(
            "INSERT INTO comments (organization, item, text, author, created) VALUES (?, ?, ?, ?, ?)",
            (*own, made.comment, made.actor.combined, item.fields["System.ChangedDate"]),
        )
    _index_tags(database, made)
    events.announce(database, made)
    return item


def _write_item(database: Database, item: Item) -> None:
    database.execute(
        "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            item.organization,
            item.id,
            item.project,
            item.rev,
            item.updates,
            packed(item.fields),
            packed(item.relations),
            packed(item.formats),
            item.deleted,
            item.deleted_by,
        ),
    )


def _index_tags(database: Database, made: Change) -> None:
    item = made.after
    tags = rules.tags_of(item.fields)
    if made.before is not None and tags == rules.tags_of(made.before.fields):
        return
    database.execute("DELETE FROM item_tags WHERE organization = ? AND item = ?", (item.organization, item.id))
    database.executemany("INSERT INTO item_tags VALUES (?, ?, ?)", [(item.organization, tag, item.id) for tag in tags])
    moment = item.fields["System.ChangedDate"]
    database.executemany(
        "INSERT OR IGNORE INTO tags VALUES (?, ?, ?, ?)",
        [(item.project, tag, str(uuid.uuid4()), moment) for tag in tags],
    )


def updates_of(database: Database, item: Item) -> list[dict[str, Any]]:
    """Return the work item's updates, oldest first, as they were recorded."""
    statement = "SELECT body FROM updates WHERE organization = ? AND item = ? ORDER BY number"
    return [json.loads(row["body"]) for row in database.execute(statement, (item.organization, item.id))]
