"""What a project's process looks like from outside: types, states, fields; areas, iterations and tags."""

from typing import Any
from urllib.parse import quote

from local.simulators.azure_devops import dates, errors, fields, projects
from local.simulators.azure_devops.processes import State, TypeField, WorkItemType
from local.simulators.azure_devops.projects import Project
from local.simulators.azure_devops.store import Database
from local.simulators.azure_devops.web import Answer, Call, Route
from local.simulators.azure_devops.world import World


def _project(world: World, call: Call) -> Project:
    with world.store.transaction() as database:
        return projects.find(database, call.organization, call.names["project"], call.identity)


def _counted(values: list[Any]) -> Answer:
    return Answer({"count": len(values), "value": values})


def list_types(world: World, call: Call) -> Answer:
    """GET wit/workitemtypes."""
    project = _project(world, call)
    return _counted([_shown(known, project, call) for known in project.process.types.values()])


def show_type(world: World, call: Call) -> Answer:
    """GET wit/workitemtypes/{type}."""
    project = _project(world, call)
    return Answer(_shown(project.work_item_type(call.names["type"]), project, call))


def list_states(world: World, call: Call) -> Answer:
    """GET wit/workitemtypes/{type}/states: names with their categories."""
    return _counted([_state(state) for state in _project(world, call).work_item_type(call.names["type"]).states])


def list_fields(world: World, call: Call) -> Answer:
    """GET wit/workitemtypes/{type}/fields; allowed values only with `$expand`."""
    known = _project(world, call).work_item_type(call.names["type"])
    return _counted([_field(used, call) for used in known.fields])


def show_field(world: World, call: Call) -> Answer:
    """GET wit/workitemtypes/{type}/fields/{field}."""
    known = _project(world, call).work_item_type(call.names["type"])
    used = known.field(call.names["field"])
    if used is None:
        raise errors.field_missing(call.names["field"])
    return Answer(_field(used, call))


def _state(state: State) -> dict[str, str]:
    return {"name": state.name, "color": state.color, "category": state.category}


def _shown(known: WorkItemType, project: Project, call: Call) -> dict[str, Any]:
    icon = f"{call.home}/_apis/wit/workItemIcons/{known.icon}?color={known.color}&v=2"
    states = known.states
    return {
        "name": known.name,
        "referenceName": known.reference,
        "description": f"Tracks one {known.name.lower()}.",
        "color": known.color,
        "icon": {"id": known.icon, "url": icon},
        "isDisabled": False,
        "fields": [_field(used, call) for used in known.fields],
        "fieldInstances": [_field(used, call) for used in known.fields],
        "transitions": _transitions(known),
        "states": [_state(state) for state in states],
        "url": f"{call.home}/{project.id}/_apis/wit/workItemTypes/{quote(known.name)}",
    }


def _transitions(known: WorkItemType) -> dict[str, list[dict[str, Any]]]:
    names = [state.name for state in known.states]
    among = {name: [{"to": other, "actions": None} for other in names if known.allows(name, other)] for name in names}
    return {"": [{"to": names[0], "actions": None}], **among}


def _field(used: TypeField, call: Call) -> dict[str, Any]:
    known = fields.find(used.reference) or fields.Field(used.reference, used.reference, "string")
    answer: dict[str, Any] = {
        "alwaysRequired": used.required,
        "defaultValue": None if used.default is None else str(used.default),
        "referenceName": known.reference,
        "name": known.name,
        "url": f"{call.home}/_apis/wit/fields/{known.reference}",
    }
    if call.text("$expand").lower() in {"all", "allowedvalues"}:
        answer["allowedValues"] = [str(value) for value in used.allowed]
        answer["dependentFields"] = []
    return answer


def list_known_fields(world: World, call: Call) -> Answer:
    """GET wit/fields: the standard ones and those that a type of the project has besides."""
    project = _project(world, call)
    used = {name.reference.lower(): name.reference for kind in project.process.types.values() for name in kind.fields}
    known = {name: fields.find(reference) for name, reference in used.items()} | dict(fields.STANDARD)
    return _counted([_definition(field, project, call) for field in known.values() if field])


def _definition(field: fields.Field, project: Project, call: Call) -> dict[str, Any]:
    identity = field.kind == "identity"
    return {
        "name": field.name,
        "referenceName": field.reference,
        "type": "string" if identity else field.kind,
        "usage": "workItem",
        "readOnly": field.read_only,
        "canSortBy": field.kind not in fields.LONG_TEXT,
        "isQueryable": True,
        "isIdentity": identity,
        "isPicklist": False,
        "isPicklistSuggested": False,
        "url": f"{call.home}/{project.id}/_apis/wit/fields/{field.reference}",
    }


_STRUCTURES = {"areas": "area", "iterations": "iteration"}


def _structure(call: Call) -> str:
    structure = _STRUCTURES.get(call.names["group"].lower())
    if structure is None:
        raise errors.no_such_resource(call.path)
    return structure


def show_nodes(world: World, call: Call) -> Answer:
    """GET wit/classificationnodes/{areas|iterations}[/path]: one node and `$depth` levels below it."""
    structure = _structure(call)
    with world.store.transaction() as database:
        project = projects.find(database, call.organization, call.names["project"], call.identity)
        rows = _nodes(database, project, structure)
    path = "\\".join([project.name, *call.names.get("path", "").strip("/").split("/")]).rstrip("\\")
    node = next((row for row in rows if row["path"].lower() == path.lower()), None)
    if node is None:
        raise errors.ServiceError(
            404,
            f"VS402485: The classification node name {path} is not recognized.",
            "ClassificationNodeNotFoundException",
        )
    return Answer(_node(node, rows, project, call, call.number("$depth", 0)))


def list_roots(world: World, call: Call) -> Answer:
    """GET wit/classificationnodes: the root area and the root iteration."""
    with world.store.transaction() as database:
        project = projects.find(database, call.organization, call.names["project"], call.identity)
        kinds = [_nodes(database, project, structure) for structure in ("area", "iteration")]
    depth = call.number("$depth", 0)
    return _counted([_node(rows[0], rows, project, call, depth) for rows in kinds])


def add_node(world: World, call: Call) -> Answer:
    """POST wit/classificationnodes/{areas|iterations}[/parent]: a new node."""
    structure = _structure(call)
    name = str(call.object().get("name", ""))
    with world.store.transaction() as database:
        project = projects.find(database, call.organization, call.names["project"], call.identity)
        parent = call.names.get("path", "").strip("/").replace("/", "\\")
        path = "\\".join(part for part in (project.name, parent, name) if part)
        projects.add_node(database, project.id, structure, path)
        rows = _nodes(database, project, structure)
    return Answer(_node(next(row for row in rows if row["path"] == path), rows, project, call, 0), status=201)


def _nodes(database: Database, project: Project, structure: str) -> list[Any]:
    statement = "SELECT * FROM nodes WHERE project = ? AND structure = ? ORDER BY path"
    return database.execute(statement, (project.id, structure)).fetchall()


def _node(row: Any, rows: list[Any], project: Project, call: Call, depth: int) -> dict[str, Any]:
    below = row["path"].count("\\") + 1
    prefix = row["path"].lower() + "\\"
    children = [r for r in rows if r["path"].lower().startswith(prefix) and r["path"].count("\\") == below]
    root, _, rest = row["path"].partition("\\")
    kind = row["structure"].capitalize()
    group = f"{call.home}/{project.id}/_apis/wit/classificationNodes/{kind}s"
    url = "/".join([group, *(quote(part) for part in rest.split("\\") if part)])
    answer = {
        "id": row["id"],
        "identifier": row["identifier"],
        "name": row["path"].rpartition("\\")[2],
        "structureType": row["structure"],
        "hasChildren": bool(children),
        "path": "\\" + "\\".join(part for part in (root, kind, rest) if part),
        "_links": {"self": {"href": url}},
        "url": url,
    }
    if depth > 0 and children:
        answer["children"] = [_node(child, rows, project, call, depth - 1) for child in children]
    return answer


def list_tags(world: World, call: Call) -> Answer:
    """GET wit/tags: every tag that the project has used."""
    with world.store.transaction() as database:
        project = projects.find(database, call.organization, call.names["project"], call.identity)
        rows = database.execute("SELECT * FROM tags WHERE project = ? ORDER BY name", (project.id,)).fetchall()
    url = f"{call.home}/{project.id}/_apis/wit/tags"
    return _counted(
        [
            {
                "id": row["id"],
                "name": row["name"],
                "url": f"{url}/{row['id']}",
                "lastUpdated": dates.shown(row["changed"]),
            }
            for row in rows
        ]
    )


_WIT = "/{organization}/{project}/_apis/wit"
_NODES = _WIT + "/classificationnodes"
ROUTES = (
    Route("GET", _WIT + "/workitemtypes", list_types),
    Route("GET", _WIT + "/workitemtypes/{type}", show_type),
    Route("GET", _WIT + "/workitemtypes/{type}/states", list_states),
    Route("GET", _WIT + "/workitemtypes/{type}/fields", list_fields),
    Route("GET", _WIT + "/workitemtypes/{type}/fields/{field}", show_field),
    Route("GET", _WIT + "/fields", list_known_fields),
    Route("GET", _NODES, list_roots),
    Route("GET", _NODES + "/{group}", show_nodes),
    Route("GET", _NODES + "/{group}/{path+}", show_nodes),
    Route("POST", _NODES + "/{group}", add_node),
    Route("POST", _NODES + "/{group}/{path+}", add_node),
    Route("GET", _WIT + "/tags", list_tags),
)
