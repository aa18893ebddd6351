"""Organisations and their projects: what is there from the start, how they are found, and what they answer."""

import json
import uuid
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from local.simulators.azure_devops import dates, errors
from local.simulators.azure_devops.identity import Identity, identifiers
from local.simulators.azure_devops.processes import PROCESSES, Process, TypeField, WorkItemType, state_of
from local.simulators.azure_devops.store import Database, packed
from local.simulators.azure_devops.web import Answer, Call, Route
from local.simulators.azure_devops.world import World

_STANDARD_PROJECTS = {"Web Shop": "Basic", "Mobile": "Agile", "Platform": "Scrum", "Compliance": "CMMI"}
_AREAS = ("Backend", "Backend\\Payments", "Frontend")
_ITERATIONS = ("Iteration 1", "Iteration 2", "Iteration 3")
_DEFAULT_PAGE = 100


@dataclass(frozen=True, slots=True)
class Project:
    """One project with the process that its work items follow, custom fields included."""

    id: str
    organization: str
    name: str
    process: Process
    revision: int
    changed: str

    def work_item_type(self, name: str) -> WorkItemType:
        """Return one of the project's types. Raises VS402323."""
        found = self.process.types.get(name.lower())
        if found is None:
            raise errors.type_missing(name, self.name)
        return found


def make_organization(database: Database, name: str, projects: dict[str, str] | None = None) -> None:
    """Make an organisation with the standard projects, or with these (name → process); twice is once."""
    row = (name, str(uuid.uuid5(uuid.NAMESPACE_DNS, name.lower())))
    if database.execute("INSERT OR IGNORE INTO organizations (name, id) VALUES (?, ?)", row).rowcount == 0:
        return
    for project, process in (_STANDARD_PROJECTS if projects is None else projects).items():
        make_project(database, name, project, process)


def make_project(database: Database, organization: str, name: str, process: str) -> str:
    """Make a project with areas, iterations and an empty repository of its name, and return its id."""
    identifier = str(uuid.uuid4())
    row = (identifier, organization, name, PROCESSES[process].name, 1, dates.now())
    database.execute("INSERT INTO projects VALUES (?, ?, ?, ?, ?, ?)", row)
    repository = (str(uuid.uuid4()), organization, identifier, name)
    database.execute("INSERT INTO repositories (id, organization, project, name) VALUES (?, ?, ?, ?)", repository)
    for structure, children in (("area", _AREAS), ("iteration", _ITERATIONS)):
        add_node(database, identifier, structure, name)
        for child in children:
            add_node(database, identifier, structure, f"{name}\\{child}")
    return identifier


def add_node(database: Database, project: str, structure: str, path: str) -> None:
    """Add an area or an iteration; `path` starts with the project's name."""
    database.execute(
        "INSERT OR IGNORE INTO nodes (project, structure, path, identifier) VALUES (?, ?, ?, ?)",
        (project, structure, path, str(uuid.uuid4())),
    )


def organization_id(database: Database, name: str) -> str | None:
    """Return the organisation's id, or None where there is no such organisation."""
    row = database.execute("SELECT id FROM organizations WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row["id"])


def find(database: Database, organization: str, name_or_id: str, identity: Identity) -> Project:
    """Return a project by name or id. Raises TF200016 where there is none that `identity` may see."""
    row = database.execute(
        "SELECT * FROM projects WHERE organization = ? AND (name = ? OR id = ?)",
        (organization, name_or_id, name_or_id.lower()),
    ).fetchone()
    if row is None or not identity.may_see(row["name"]):
        raise errors.project_missing(name_or_id)
    return _project(database, row)


def every(database: Database, organization: str) -> list[Project]:
    """Return the organisation's projects by name."""
    rows = database.execute("SELECT * FROM projects WHERE organization = ? ORDER BY name", (organization,))
    return [_project(database, row) for row in rows.fetchall()]


def _project(database: Database, row: Any) -> Project:
    rules = database.execute(
        "SELECT type, reference, rule FROM custom_fields WHERE project = ? ORDER BY type, reference", (row["id"],)
    ).fetchall()
    workflows = database.execute(
        "SELECT type, states, moves FROM custom_workflows WHERE project = ? ORDER BY type", (row["id"],)
    ).fetchall()
    process = _customised(row["process"], tuple(map(tuple, rules)), tuple(map(tuple, workflows)))
    return Project(row["id"], row["organization"], row["name"], process, row["revision"], row["changed"])


@lru_cache(maxsize=256)
def _customised(
    process: str, rules: tuple[tuple[str, str, str], ...], workflows: tuple[tuple[str, str, str], ...]
) -> Process:
    standard = PROCESSES[process]
    types = dict(standard.types)
    for type_name, reference, rule in rules:
        known = types[type_name.lower()]
        fields = [used for used in known.fields if used.reference.lower() != reference.lower()]
        types[type_name.lower()] = replace(known, fields=(*fields, _type_field(reference, json.loads(rule))))
    for type_name, states, moves in workflows:
        known = types[type_name.lower()]
        own = tuple(state_of(name, category) for name, category in json.loads(states).items())
        state_field = TypeField("System.State", required=True, allowed=tuple(state.name for state in own))
        fields = [used for used in known.fields if used.reference != "System.State"]
        types[type_name.lower()] = replace(known, states=own, fields=(*fields, state_field), moves=json.loads(moves))
    return replace(standard, types=types)


def _type_field(reference: str, rule: dict[str, Any]) -> TypeField:
    allowed = tuple(rule.get("allowed_values", ()))
    return TypeField(reference, bool(rule.get("required")), rule.get("default"), allowed)


def customise(database: Database, project: Project, type_name: str, reference: str, rule: dict[str, Any]) -> None:
    """Give a type of one project a field, or another rule for a field that it has."""
    known = project.work_item_type(type_name)
    row = (project.id, known.name, reference, packed(rule))
    database.execute("INSERT OR REPLACE INTO custom_fields VALUES (?, ?, ?, ?)", row)


def set_workflow(
    database: Database, project: Project, type_name: str, states: dict[str, str], moves: dict[str, list[str]] | None
) -> None:
    """Give a type of one project states of its own (name → category, the first is a new item's), and ways between."""
    row = (project.id, project.work_item_type(type_name).name, packed(states), packed(moves))
    database.execute("INSERT OR REPLACE INTO custom_workflows VALUES (?, ?, ?, ?)", row)


def connection_data(world: World, call: Call) -> Answer:
    """GET _apis/connectionData: who am I, and which organisation is this."""
    with world.store.transaction() as database:
        instance = organization_id(database, call.organization)
    identifier, descriptor = identifiers(call.identity.combined)
    who = {
        "id": identifier,
        "descriptor": f"Microsoft.IdentityModel.Claims.ClaimsIdentity;{instance}\\{call.identity.mail}",
        "subjectDescriptor": descriptor,
        "providerDisplayName": call.identity.name,
        "isActive": True,
        "properties": {"Account": {"$type": "System.String", "$value": call.identity.mail}},
        "resourceVersion": 2,
        "metaTypeId": 0,
    }
    location = {
        "serviceOwner": "00025394-6065-48ca-87d9-7f5672854ef7",
        "defaultAccessMappingMoniker": "PublicAccessMapping",
        "lastChangeId": 1,
        "lastChangeId64": 1,
    }
    return Answer(
        {
            "authenticatedUser": who,
            "authorizedUser": who,
            "instanceId": instance,
            "deploymentId": instance,
            "deploymentType": "hosted",
            "locationServiceData": location,
        }
    )


def list_projects(world: World, call: Call) -> Answer:
    """GET _apis/projects: one page of those that the caller may see."""
    with world.store.transaction() as database:
        seen = [p for p in every(database, call.organization) if call.identity.may_see(p.name)]
    start = call.number("continuationToken", 0) or call.number("$skip", 0)
    end = start + call.number("$top", _DEFAULT_PAGE)
    page = [summary(project, call.home) for project in seen[start:end]]
    headers = {"x-ms-continuationtoken": str(end)} if end < len(seen) else {}
    return Answer({"count": len(page), "value": page}, headers=headers)


def show_project(world: World, call: Call) -> Answer:
    """GET _apis/projects/{name or id}."""
    with world.store.transaction() as database:
        project = find(database, call.organization, call.names["name"], call.identity)
        collection = organization_id(database, call.organization)
    answer = summary(project, call.home)
    if call.flag("includeCapabilities"):
        answer["capabilities"] = _capabilities(project)
    team = str(uuid.uuid5(uuid.UUID(project.id), "team"))
    answer["_links"] = {
        "self": {"href": answer["url"]},
        "collection": {"href": f"{call.home}/_apis/projectCollections/{collection}"},
        "web": {"href": f"{call.home}/{project.name}"},
    }
    team_url = f"{answer['url']}/teams/{team}"
    answer["defaultTeam"] = {"id": team, "name": f"{project.name} Team", "url": team_url}
    return Answer(answer)


def summary(project: Project, home: str) -> dict[str, Any]:
    """Return a project as lists and its repositories show it."""
    return {
        "id": project.id,
        "name": project.name,
        "url": f"{home}/_apis/projects/{project.id}",
        "state": "wellFormed",
        "revision": project.revision,
        "visibility": "private",
        "lastUpdateTime": dates.shown(project.changed),
    }


def _capabilities(project: Project) -> dict[str, Any]:
    return {
        "processTemplate": {"templateName": project.process.name, "templateTypeId": project.process.id},
        "versioncontrol": {"sourceControlType": "Git", "gitEnabled": "True", "tfvcEnabled": "False"},
    }


ROUTES = (
    Route("GET", "/{organization}/_apis/connectionData", connection_data, preview=True),
    Route("GET", "/{organization}/_apis/projects", list_projects),
    Route("GET", "/{organization}/_apis/projects/{name}", show_project),
)
