"""What the code of each app calls, and what the templates let its identity do: the same, no less and no more.

Built-in roles and their actions: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import grimp
import pytest

from local.storage import CONTAINER
from local.storage import QUEUES as OTHERS_MAY_USE_FIRST
from shared.registries.keeping.shelf import CONTAINER as REGISTRIES
from shared.tickets.failed_messages.poisoned import QUEUES as WITH_POISON
from tests.unit.bicep import REPOSITORY, strings, templates, text

TEMPLATES = templates()
ACCESS = TEMPLATES["access.bicep"]
BRIDGE = TEMPLATES["bridge.bicep"]
GRAPH = grimp.build_graph("shared", cache_dir=None)

# What each call of an SDK's client needs, or of ours where we speak to a table without it, as "service: action".
NEEDS = {
    "send_message": "queue: messages/add",
    "receive_messages": "queue: messages/process",
    "delete_message": "queue: messages/process",
    "download_blob": "blob: blobs/read",
    "list_blob_names": "blob: blobs/read",
    "upload_blob": "blob: blobs/write",
    "delete_blob": "blob: blobs/write",
    "make_table": "table: tables/write",
    "write_entity": "table: entities/write",
    "write_entities": "table: entities/write",
    "read_entity": "table: entities/read",
    "read_page": "table: entities/read",
    "get_secret": "vault: secrets/read",
    "set_secret": "vault: secrets/write",
    "update_secret_properties": "vault: secrets/write",
    "begin_delete_secret": "vault: secrets/write",
    "list_properties_of_secrets": "vault: secrets/list",
    "list_properties_of_secret_versions": "vault: secrets/list",
}
# Calls that nothing in Azure comes to, since the templates make what they would make.
MADE_BY_THE_TEMPLATES = {"create_queue", "create_container"}
SENDS_TELEMETRY = "telemetry: write"
# https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
HOST = {"own blobs: owner", SENDS_TELEMETRY}
# Renewing a message (Update Message) needs messages/write: https://learn.microsoft.com/rest/api/storageservices/update-message
OF_TRIGGERS = {"queue: queues/read", "queue: messages/process", "queue: messages/write", "queue: messages/add"}
HOOK_KEY = "vault, hook key: secrets/read"
# Nothing else speaks to a table.
ASKING = {"make_table", "write_entity", "write_entities", "read_entity", "read_page"}

ROLES = {
    "blobDataOwner": {"own blobs: owner", "blob: blobs/read", "blob: blobs/write"},
    "blobDataContributor": {"blob: blobs/read", "blob: blobs/write"},
    "blobDataReader": {"blob: blobs/read"},
    "queueDataContributor": {
        *("queue: queues/read", "queue: queues/write"),
        *("queue: messages/read", "queue: messages/write", "queue: messages/add", "queue: messages/process"),
    },
    "queueDataReader": {"queue: queues/read", "queue: messages/read"},
    "queueDataMessageSender": {"queue: messages/add"},
    "queueDataMessageProcessor": {"queue: messages/read", "queue: messages/process"},
    "tableDataContributor": {"table: tables/write", "table: entities/read", "table: entities/write"},
    "tableDataReader": {"table: entities/read"},
    "secretsOfficer": {"vault: secrets/read", "vault: secrets/write", "vault: secrets/list", HOOK_KEY},
    "secretsUser": {"vault: secrets/read", HOOK_KEY},
    "metricsPublisher": {SENDS_TELEMETRY},
}


@dataclass(frozen=True)
class Assignment:
    symbol: str
    role: str
    scope: str
    description: str

    @property
    def gives(self) -> set[str]:
        actions = ROLES[self.role]
        # One secret's reader reads that one; whoever has an account of its own has nothing of the other's.
        if self.scope == "vault::hookKey":
            return {HOOK_KEY} & actions
        return actions - {"blob: blobs/read", "blob: blobs/write"} if self.scope == "edgeStorage" else actions


def assignments(principal: str) -> list[Assignment]:
    found = []
    for symbol, resource in ACCESS.resources.items():
        if resource.value("properties", "principalId") == principal:
            role = resource.value("properties", "roleDefinitionId").rpartition(", ")[2].rstrip(")")
            scope, description = resource.value("scope"), resource.value("properties", "description")
            found.append(Assignment(symbol, role, scope, description))
    return found


def calls(role: str) -> set[str]:
    """The methods of the SDKs' clients, and of ours, that are called in anything that an app of this role imports."""
    start = f"shared.triggers.{role}"
    modules = {start, *GRAPH.find_upstream_modules(start)}
    return {name for module in modules for name in _called(module) if name in NEEDS or name in MADE_BY_THE_TEMPLATES}


def _called(module: str) -> Iterator[str]:
    return (node.attr for node in _attributes(module))


def _functions_that_call(module: str, name: str) -> Iterator[str]:
    """In whatever way it is called."""
    if not module.startswith("shared.storage."):
        assert "table_service" not in _source(module) or module == "shared.backup.running", module
        return
    for function in ast.walk(ast.parse(_source(module))):
        if isinstance(function, ast.FunctionDef):
            called = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
            if any(name in (getattr(one, "attr", ""), getattr(one, "id", "")) for one in called):
                yield function.name


def _attributes(module: str) -> Iterator[ast.Attribute]:
    return (node for node in ast.walk(ast.parse(_source(module))) if isinstance(node, ast.Attribute))


def _source(module: str) -> str:
    path = REPOSITORY / module.replace(".", "/")
    file = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
    return file.read_text()


def needs(role: str) -> set[str]:
    called = {NEEDS[name] for name in calls(role) - MADE_BY_THE_TEMPLATES}
    return called | HOST | {HOOK_KEY} | (OF_TRIGGERS if role == "core" else set())


@pytest.mark.parametrize("role", ["edge", "core"])
def test_an_app_may_do_what_its_calls_need(role: str) -> None:
    given = set().union(*(one.gives for one in assignments(f"{role}PrincipalId")))

    assert needs(role) - given == set()


@pytest.mark.parametrize("role", ["edge", "core"])
def test_no_assignment_is_more_than_an_app_needs(role: str) -> None:
    """Without it something could not be done, and no narrower role would do."""
    every = assignments(f"{role}PrincipalId")
    for one in every:
        others = set().union(*(other.gives for other in every if other is not one))
        for_it = needs(role) & one.gives - others
        narrower = [name for name, actions in ROLES.items() if for_it <= actions < ROLES[one.role]]

        assert for_it, one.symbol
        assert narrower == [], one.symbol


def test_the_edge_calls_one_thing_and_reaches_one_queue_and_one_secret_of_the_core() -> None:
    assert calls("edge") == {"send_message", "create_queue"}
    assert {one.scope for one in assignments("edgePrincipalId")} == {
        "edgeStorage",
        "coreStorage::queues::hookEvents",
        "vault::hookKey",
        "insights",
    }
    assert ACCESS.resources["coreStorage::queues::hookEvents"].value("name") == "service-hook-events"


def test_nothing_assigns_a_right_anywhere_else() -> None:
    elsewhere = [
        template.name
        for template in TEMPLATES.values()
        for resource in template.resources.values()
        if resource.type == "Microsoft.Authorization/roleAssignments" and template is not ACCESS
    ]

    assert elsewhere == []


def test_every_assignment_says_why_and_is_of_a_role_that_is_known() -> None:
    every = [one for who in ("core", "edge", "platform") for one in assignments(f"{who}PrincipalId")]

    assert len(every) == sum("roleAssignments" in one.type for one in ACCESS.resources.values())
    assert [one.symbol for one in every if len(one.description) < 20] == []
    assert {one.role for one in every} == set(ACCESS.variables)
    assert [
        one
        for one in map(text, ACCESS.variables.values())
        if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one)
    ] == []


def test_the_platform_reaches_its_ends_of_queues_and_nothing_else() -> None:
    assert {(one.scope, one.role) for one in assignments("platformPrincipalId")} == {
        ("coreStorage::queues::requests", "queueDataMessageSender"),
        ("coreStorage::blobs::requests", "blobDataContributor"),
        ("coreStorage::queues::updates", "queueDataMessageProcessor"),
        ("coreStorage::queues::alerts", "queueDataMessageProcessor"),
    }


def test_the_templates_make_every_queue_table_and_container_that_the_code_names() -> None:
    source = "".join(file.read_text() for file in (REPOSITORY / "shared").rglob("*.py"))
    tables = set(re.findall(r'Table\(self\._account, "(\w+)"\)', source))
    made = properties_of("coreStorage")

    assert made["queues"] == {*OTHERS_MAY_USE_FIRST, *WITH_POISON, *(f"{name}-poison" for name in WITH_POISON)}
    assert made["tables"] == tables
    assert made["containers"] == {"deployments", CONTAINER, REGISTRIES}
    assert properties_of("edgeStorage") == {"queues": set(), "tables": set(), "containers": {"deployments"}}


def properties_of(account: str) -> dict[str, set[str]]:
    given = BRIDGE.modules[account].parameters
    deployments = text(BRIDGE.variables["deployments"])
    found = {name: set(strings(given[name])) for name in ("queues", "tables", "containers")}
    assert "deployments" in text(given["containers"])
    return {**found, "containers": found["containers"] | {deployments}}


def test_what_is_called_is_what_the_clients_of_the_sdks_have() -> None:
    """A call that is not in the table above would be left out of account."""
    from azure.data.tables import TableClient  # noqa: PLC0415
    from azure.keyvault.secrets import SecretClient  # noqa: PLC0415
    from azure.storage.blob import BlobClient, ContainerClient  # noqa: PLC0415
    from azure.storage.queue import QueueClient, QueueServiceClient  # noqa: PLC0415

    clients = (TableClient, SecretClient, BlobClient, ContainerClient, QueueClient, QueueServiceClient)
    known = {name for client in clients for name in vars(client) if not name.startswith("_")}
    known |= ASKING
    assert {name for module in GRAPH.modules for name in _functions_that_call(module, "ask")} == ASKING
    assert {name for module in GRAPH.modules for name in _functions_that_call(module, "send_request")} == {"_answer"}
    assert {name for module in GRAPH.modules for name in _functions_that_call(module, "_answer")} == {"ask"}
    opened = {
        "from_connection_string",
        "close",
        "get_queue_client",
        "get_blob_client",
        "url",
        "table_name",
        "queue_name",
    }
    modules = [one for one in GRAPH.modules if one.startswith("shared.storage.")]
    called = {name for module in modules for name in _called(module) if name in known - opened}

    assert called - set(NEEDS) - MADE_BY_THE_TEMPLATES == set()
    assert set(NEEDS) - called == set()
