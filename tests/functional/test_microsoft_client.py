"""Microsoft's own Python client, which nobody here wrote, against the simulator.

https://pypi.org/project/azure-devops/
"""

import gc
import io
import os
import tempfile
import warnings
import zipfile
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.simulated_azure_devops import Organization, simulator

# Else it makes a folder in the home directory as soon as it is imported.
os.environ.setdefault("AZURE_DEVOPS_CACHE_DIR", tempfile.gettempdir())
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own affair
    from azure.devops import client, connection
    from azure.devops.exceptions import AzureDevOpsAuthenticationError, AzureDevOpsServiceError
    from azure.devops.v7_1.git.models import GitVersionDescriptor
    from azure.devops.v7_1.service_hooks.models import Subscription
    from azure.devops.v7_1.work_item_tracking.models import JsonPatchOperation, Wiql, WorkItemBatchGetRequest
    from msrest.authentication import BasicAuthentication

PROJECT = "Mobile"
BINARY = bytes(range(256))


@pytest.fixture
def organization(tmp_path: Path) -> Iterator[Organization]:
    with simulator(tmp_path / "state.db") as base, Organization(base) as found:
        yield found


@pytest.fixture
def connect(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], connection.Connection]]:
    """Sign in with a token; what the client would keep on the disk it keeps for the test only."""
    monkeypatch.setattr(client, "OPTIONS_FILE_CACHE", defaultdict(lambda: None))
    monkeypatch.setattr(connection, "RESOURCE_FILE_CACHE", defaultdict(lambda: None))

    def signed_in(token: str) -> connection.Connection:
        url = f"{organization.base}/{organization.name}"
        return connection.Connection(base_url=url, creds=BasicAuthentication("", token))

    yield signed_in
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its sessions open
        gc.collect()


@pytest.fixture
def signed_in(connect: Callable[[str], connection.Connection], organization: Organization) -> connection.Connection:
    return connect(organization.token())


@pytest.fixture
def tracking(signed_in: connection.Connection) -> Any:
    return signed_in.clients_v7_1.get_work_item_tracking_client()


def add(field: str, value: Any) -> JsonPatchOperation:
    return JsonPatchOperation(op="add", path=f"/fields/{field}", value=value)


def test_a_work_item_lives_dies_and_lives_again(tracking: Any) -> None:
    made = tracking.create_work_item([add("System.Title", "Log4Shell"), add("System.Tags", "a; b")], PROJECT, "Bug")
    read = tracking.get_work_item(made.id, project=PROJECT, expand="All")
    changed = tracking.update_work_item([add("System.State", "Active")], made.id)
    found = tracking.query_by_wiql(Wiql("SELECT [System.Id] FROM WorkItems WHERE [System.Tags] CONTAINS 'a'"))
    listed = tracking.get_work_items_batch(WorkItemBatchGetRequest(ids=[made.id], fields=["System.Title"]))
    tracking.delete_work_item(made.id, project=PROJECT)
    with pytest.raises(AzureDevOpsServiceError, match="TF401232"):
        tracking.get_work_item(made.id)
    binned = tracking.get_deleted_work_item(made.id, project=PROJECT)
    shallow = tracking.get_deleted_work_item_shallow_references(project=PROJECT)
    restored = tracking.restore_work_item({"isDeleted": False}, made.id, project=PROJECT)

    assert (read.rev, read.fields["System.Title"]) == (1, "Log4Shell")
    assert changed.fields["System.State"] == "Active"
    assert [item.id for item in found.work_items] == [made.id]
    assert listed[0].fields["System.Title"] == "Log4Shell"
    assert (binned.id, binned.name) == (made.id, "Log4Shell")
    assert [int(entry.id) for entry in shallow] == [made.id]
    assert restored.id == made.id
    assert tracking.get_work_item(made.id).fields["System.State"] == "Active"


def test_comments_history_and_the_feed(tracking: Any) -> None:
    made = tracking.create_work_item([add("System.Title", "x")], PROJECT, "Bug")
    comment = tracking.add_comment({"text": "seen"}, PROJECT, made.id)
    tracking.update_work_item([add("System.Title", "y")], made.id)
    comments = tracking.get_comments(PROJECT, made.id)
    updates = tracking.get_updates(made.id, project=PROJECT)
    revisions = tracking.get_revisions(made.id, project=PROJECT)
    tracking.read_reporting_revisions_get(project=PROJECT, include_deleted=True)  # its model of the answer is empty

    assert [each.text for each in comments.comments] == ["seen"]
    assert comment.id == comments.comments[0].id
    assert updates[-1].fields["System.Title"].new_value == "y"
    assert revisions[-1].fields["System.Title"] == "y"


def test_a_stale_change_and_a_refused_one(tracking: Any) -> None:
    made = tracking.create_work_item([add("System.Title", "x")], PROJECT, "Bug")
    tracking.update_work_item([add("System.Title", "y")], made.id)

    stale = [JsonPatchOperation(op="test", path="/rev", value=1), add("System.Title", "z")]
    with pytest.raises(AzureDevOpsServiceError, match="VS403351"):
        tracking.update_work_item(stale, made.id)
    with pytest.raises(AzureDevOpsServiceError, match="TF401320"):
        tracking.update_work_item([add("System.State", "Nonsense")], made.id)
    with pytest.raises(AzureDevOpsServiceError, match="TF200016"):
        tracking.create_work_item([add("System.Title", "x")], "Nowhere", "Bug")


def test_projects_types_states_fields_and_places(signed_in: connection.Connection, tracking: Any) -> None:
    core = signed_in.clients_v7_1.get_core_client()
    listed = core.get_projects()
    project = core.get_project(PROJECT)
    types = tracking.get_work_item_types(PROJECT)
    states = tracking.get_work_item_type_states(PROJECT, "Bug")
    fields = tracking.get_work_item_type_fields_with_references(PROJECT, "Bug")
    areas = tracking.get_classification_node(PROJECT, "areas", depth=2)
    tags = tracking.get_tags(PROJECT)

    assert project.id in {each.id for each in listed}
    assert "Bug" in {each.name for each in types}
    assert "Completed" in {each.category for each in states}
    assert "System.Title" in {each.reference_name for each in fields}
    assert areas.name == PROJECT
    assert isinstance(tags, list)


def test_a_subscription_is_managed(signed_in: connection.Connection, organization: Organization) -> None:
    hooks = signed_in.clients_v7_1.get_service_hooks_client()
    asked = Subscription(
        publisher_id="tfs",
        event_type="workitem.created",
        resource_version="1.0",
        consumer_id="webHooks",
        consumer_action_id="httpRequest",
        publisher_inputs={"projectId": organization.project_id(PROJECT)},
        consumer_inputs={"url": "http://127.0.0.1:9/hooks", "basicAuthUsername": "a", "basicAuthPassword": "secret"},
    )
    made = hooks.create_subscription(asked)
    made.event_type = "workitem.updated"
    replaced = hooks.replace_subscription(made, made.id)
    listed = hooks.list_subscriptions(publisher_id="tfs")
    consumer = hooks.get_consumer("webHooks")
    notifications = hooks.get_notifications(made.id)
    hooks.delete_subscription(made.id)

    assert made.status == "enabled"
    assert made.consumer_inputs["basicAuthPassword"] != "secret"
    assert replaced.event_type == "workitem.updated"
    assert [each.id for each in listed] == [made.id]
    assert consumer.id == "webHooks"
    assert notifications == []
    assert hooks.list_subscriptions(publisher_id="tfs") == []


def test_repositories_are_listed_and_files_read(signed_in: connection.Connection, organization: Organization) -> None:
    files = {"src/app.ts": "export const a = 1;\n", "logo.png": {"base64": b64encode(BINARY).decode()}}
    asked = {"organization": organization.name, "project": PROJECT, "name": "shop", "files": files, "tag": "v1.0"}
    made = organization.control("POST", "repositories", asked)
    git = signed_in.clients_v7_1.get_git_client()
    main = GitVersionDescriptor(version="main", version_type="branch")

    empty, listed = git.get_repositories(PROJECT)
    refs = git.get_refs(listed.id, PROJECT)
    items = git.get_items(listed.id, PROJECT, scope_path="/", recursion_level="full", version_descriptor=main)
    by_path = {item.path: item for item in items}
    described = git.get_item(listed.id, "/src/app.ts", PROJECT, include_content=True)

    assert (empty.name, empty.default_branch) == (PROJECT, None)
    assert (listed.id, listed.name, listed.default_branch) == (made["id"], "shop", "refs/heads/main")
    assert git.get_repository("shop", PROJECT).id == listed.id
    assert [(ref.name, ref.object_id) for ref in refs] == [
        ("refs/heads/main", made["commit"]),
        ("refs/tags/v1.0", made["commit"]),
    ]
    assert set(by_path) == {"/", "/src", "/src/app.ts", "/logo.png"}
    assert described.content == files["src/app.ts"]
    assert read(git.get_item_content(listed.id, "/logo.png", PROJECT, version_descriptor=main)) == BINARY
    assert read(git.get_blob_content(listed.id, by_path["/logo.png"].object_id, PROJECT)) == BINARY
    archive = zipfile.ZipFile(io.BytesIO(read(git.get_item_zip(listed.id, "/", PROJECT))))
    assert archive.read("logo.png") == BINARY
    with pytest.raises(AzureDevOpsServiceError, match="TF401174"):
        git.get_item(listed.id, "/none", PROJECT)


def read(parts: Iterator[bytes]) -> bytes:
    return b"".join(parts)


def test_a_wrong_token_is_told(connect: Callable[[str], connection.Connection]) -> None:
    refused = connect("x" * 52)

    with pytest.raises(AzureDevOpsAuthenticationError, match="requires user authentication"):
        refused.clients_v7_1.get_core_client().get_projects()
