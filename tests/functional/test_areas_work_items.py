"""The client's areas around work items, against the simulator."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.azure_devops import (
    attachments,
    classification_nodes,
    comments,
    consumers,
    fields,
    notifications,
    projects,
    revisions,
    subscriptions,
    tags,
    work_items,
)
from shared.azure_devops.paging import every
from shared.errors import NotFoundError
from tests.functional.azure_devops_client import Client, azure_devops, client
from tests.functional.simulated_azure_devops import receiver, until

PROJECT = "Mobile"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with azure_devops(tmp_path_factory.mktemp("areas") / "state.db") as address:
        yield address


@pytest.fixture
def contoso(base: str) -> Iterator[Client]:
    with client(base) as made:
        yield made


def create(contoso: Client, **more: Any) -> work_items.WorkItem:
    patch = work_items.add_fields({"System.Title": "Log4Shell", **more})
    return contoso.do(work_items.create(PROJECT, "Bug", patch))


def test_all_projects_are_listed_however_many_pages_they_fill(contoso: Client) -> None:
    names = {f"P{number:03}": "Basic" for number in range(230)}
    contoso.control("POST", "organizations", {"name": f"{contoso.name}-large", "projects": names})
    large = contoso.at(f"{contoso.organization.base}/{contoso.name}-large", "Bearer ada")

    found = list(every(large, projects.list_projects))

    assert [project.name for project in found] == sorted(names)


def test_a_required_field_with_its_values_is_seen(contoso: Client) -> None:
    rule = {"required": True, "default": "web", "allowed_values": ["web", "app"]}
    asked = {"organization": contoso.name, "project": PROJECT, "type": "Bug", "field": "Custom.Channel", "rule": rule}
    contoso.control("POST", "rules", asked)

    found = {field.name: field for field in contoso.do(fields.type_fields(PROJECT, "Bug"))}

    assert found["Custom.Channel"] == fields.TypeField("Custom.Channel", "Channel", True, "web", ("web", "app"))
    assert found["System.Title"].required
    assert not found["System.Description"].required


def test_fields_that_only_the_service_writes_are_known(contoso: Client) -> None:
    found = {field.name: field for field in contoso.do(fields.fields(PROJECT))}

    assert found["System.CreatedDate"].read_only
    assert not found["System.Title"].read_only
    assert found["System.Description"].kind == "html"


@pytest.mark.thorough
def test_comments_are_read_back_over_several_pages(contoso: Client) -> None:
    item = create(contoso).id
    texts = [f"comment {number}" for number in range(203)]
    for text in texts:
        contoso.do(comments.add_comment(PROJECT, item, text))

    found = list(every(contoso.as_bearer("ada"), lambda token: comments.list_comments(PROJECT, item, token)))

    assert [comment.text for comment in found] == texts
    assert {comment.author for comment in found} == {"Ada"}


def test_an_attachment_is_uploaded_and_linked(contoso: Client) -> None:
    content = bytes(range(256)) * 100
    item = create(contoso)
    attachment = contoso.do(attachments.upload(PROJECT, "proof & more.bin", content))

    contoso.do(work_items.change(item.id, [attachments.attach(attachment, "the proof")]))

    [shown] = contoso.control("GET", f"work-items?organization={contoso.name}")["work_items"]
    assert [link["rel"] for link in shown["relations"]] == ["AttachedFile"]
    assert contoso.organization.session.get(attachment.url, timeout=10).content == content


def test_tags_and_paths_are_those_that_work_items_carry(contoso: Client) -> None:
    create(contoso, **{"System.Tags": "Phoenix_Security; urgent"})

    assert set(contoso.do(tags.list_tags(PROJECT))) == {"Phoenix_Security", "urgent"}
    areas = contoso.do(classification_nodes.area_paths(PROJECT))
    assert areas == ["Mobile", "Mobile\\Backend", "Mobile\\Backend\\Payments", "Mobile\\Frontend"]
    assert contoso.do(classification_nodes.area_paths(PROJECT, 1))[:2] == ["Mobile", "Mobile\\Backend"]
    assert "Mobile\\Iteration 1" in contoso.do(classification_nodes.iteration_paths(PROJECT))
    for area in areas:
        assert create(contoso, **{"System.AreaPath": area}).fields["System.AreaPath"] == area


def test_the_feed_goes_on_where_it_stopped_and_has_the_deleted(contoso: Client) -> None:
    first, second = create(contoso), create(contoso)
    seen = contoso.do(revisions.read_revisions(PROJECT))
    assert (seen.last, {revision.item for revision in seen.revisions}) == (True, {first.id, second.id})

    contoso.do(work_items.delete(second.id))

    news = contoso.do(revisions.read_revisions(PROJECT, seen.continuation))
    assert {(revision.item, revision.deleted) for revision in news.revisions} == {(second.id, True)}
    nothing = contoso.do(revisions.read_revisions(PROJECT, news.continuation))
    assert (nothing.revisions, nothing.last) == ([], True)


def test_a_work_item_goes_to_the_recycle_bin_and_comes_back(contoso: Client) -> None:
    item = create(contoso).id
    contoso.do(work_items.delete(item))
    assert contoso.do(work_items.get_many([item])) == {}
    assert contoso.do(work_items.recycle_bin(PROJECT)) == [item]

    contoso.do(work_items.restore(PROJECT, item))

    assert contoso.do(work_items.get_many([item]))[item].fields["System.Title"] == "Log4Shell"
    with pytest.raises(NotFoundError):
        contoso.do(work_items.restore(PROJECT, item))


def test_a_destroyed_work_item_is_nowhere(contoso: Client) -> None:
    item = create(contoso).id

    contoso.do(work_items.destroy(item))

    assert contoso.do(work_items.recycle_bin(PROJECT)) == []
    with pytest.raises(NotFoundError):
        contoso.do(work_items.destroy(item))


def test_the_web_hook_consumer_says_what_it_takes(contoso: Client) -> None:
    inputs = {found.id: found for found in contoso.do(consumers.web_hook_inputs())}

    assert inputs["url"].required
    assert inputs["basicAuthPassword"].confidential
    assert not inputs["httpHeaders"].confidential


def test_a_subscription_and_what_it_delivered_are_read(contoso: Client) -> None:
    project = contoso.do(projects.get_project(PROJECT)).id
    with receiver() as hook:
        made = contoso.do(
            subscriptions.subscribe(
                event="workitem.created", project=project, only={}, url=hook.url, user_name="u", password="secret"
            )
        )
        assert contoso.do(subscriptions.get_subscription(made.id)) == made
        asked = {
            "publisherId": "tfs",
            "eventType": "workitem.created",
            "resourceVersion": "1.0",
            "consumerId": "webHooks",
            "consumerActionId": "httpRequest",
            "publisherInputs": {"projectId": project},
            "consumerInputs": {"url": hook.url},
        }
        sent = contoso.do(notifications.send_test(asked))

        assert (sent.status, sent.result) == ("completed", "succeeded")
        assert [event["id"] for event in hook.events()] == [sent.event["id"]]

    contoso.do(subscriptions.unsubscribe(made.id))
    with pytest.raises(NotFoundError):
        contoso.do(notifications.list_notifications(made.id))


def test_a_failed_delivery_is_found_by_its_result(contoso: Client) -> None:
    project = contoso.do(projects.get_project(PROJECT)).id
    with receiver(410) as hook:
        made = contoso.do(
            subscriptions.subscribe(
                event="workitem.created", project=project, only={}, url=hook.url, user_name="u", password="secret"
            )
        )
        create(contoso)
        [failed] = until(lambda: contoso.do(notifications.list_notifications(made.id, result="failed")))

    assert (failed.result, failed.event["eventType"]) == ("failed", "workitem.created")
    assert contoso.do(notifications.list_notifications(made.id, result="succeeded")) == []
