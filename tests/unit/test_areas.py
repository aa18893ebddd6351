"""The areas of the client read the answers of the official examples, and survive all others."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.azure_devops import (
    attachments,
    classification_nodes,
    comments,
    consumers,
    entitlements,
    fields,
    notifications,
    profiles,
    projects,
    repositories,
    revisions,
    sources,
    subscriptions,
    tags,
    updates,
    work_items,
)
from shared.azure_devops import personal_access_tokens as pats
from shared.azure_devops.organisation import TOO_LARGE, Call
from shared.azure_devops.paging import every
from shared.azure_devops.sources import Version
from shared.errors import BridgeError, CredentialError, RefusedError, TransientError, UnknownError
from tests.thorough import examples
from tests.unit.canned import JSON, Answering, example, ok

MAIN = Version("branch", "main")
TYPES = "wit/7.1/workItemTypesField/GET__workItemType"
SINCE = datetime(2026, 11, 20, tzinfo=UTC)
CALLS: list[Call[Any]] = [
    attachments.upload("P", "a.txt", b"x"),
    classification_nodes.area_paths("P"),
    comments.list_comments("P", 1),
    comments.add_comment("P", 1, "x"),
    consumers.web_hook_inputs(),
    entitlements.add_service_principal("x"),
    entitlements.get_service_principal("x"),
    entitlements.remove_service_principal("x"),
    fields.type_fields("P", "Bug"),
    fields.fields("P"),
    notifications.list_notifications("x"),
    notifications.send_test({}),
    pats.list_tokens(),
    pats.get_token("x"),
    pats.create_token("x", ("vso.work",), SINCE),
    pats.update_token("x", name="y"),
    pats.revoke_token("x"),
    profiles.my_profile(),
    projects.list_projects(),
    repositories.list_repositories("P"),
    repositories.get_repository("P", "x"),
    repositories.list_refs("P", "x"),
    revisions.read_revisions("P", since=SINCE),
    sources.list_items("P", "x", MAIN),
    sources.read_file("P", "x", MAIN, "/a", max_bytes=1000),
    sources.read_archive("P", "x", MAIN, max_bytes=1000),
    sources.read_blob("P", "x", "0", max_bytes=1000),
    subscriptions.get_subscription("x"),
    tags.list_tags("P"),
    updates.list_updates("P", 1, 0),
    work_items.search("P", "x", 50),
    work_items.delete(1),
    work_items.destroy(1),
    work_items.restore("P", 1),
]


def read[T](call: Call[T], path: str) -> T:
    found: T = Answering(example(path)).do(call)
    return found


def test_fields_of_a_type() -> None:
    found = {field.name: field for field in read(fields.type_fields("P", "Bug"), f"{TYPES}_fields_expand")}

    assert found["System.IterationId"].required
    assert not found["System.IterationPath"].required
    assert found["System.IterationPath"].allowed == ()


def test_values_of_an_identity_field_are_names_with_addresses() -> None:
    status, headers, body = example(f"{TYPES}_field_expand")
    [field] = Answering((status, headers, b'{"value": [' + body + b"]}")).do(fields.type_fields("P", "Bug"))

    assert field.allowed[0] == "Jamal Hartnett <fabrikamfiber4@hotmail.com>"


def test_fields_of_the_organisation() -> None:
    found = {field.name: field for field in read(fields.fields("P"), "wit/7.1/fields/GET__wit_fields")}

    assert (found["System.Links.LinkType"].kind, found["System.Links.LinkType"].read_only) == ("integer", True)
    assert not found["System.Title"].read_only


def test_projects() -> None:
    page = read(projects.list_projects(), "core/7.1/projects/GET__projects")

    assert [project.name for project in page.entries][:2] == ["Fabrikam-Fiber-TFVC", "Fabrikam-Fiber-Git"]
    assert page.continuation == ""


def test_comments() -> None:
    page = read(comments.list_comments("P", 299), "wit/7.1/comments/GET__wit_workitems__issueId__comments_1")
    made = read(comments.add_comment("P", 299, "x"), "wit/7.1/comments/POST__wit_workitems__taskId__comments_create")

    assert page.entries[0].text == "Johnnie is going to take this work over."
    assert made == comments.Comment(50, "Moving to the right area path", "Jamal Hartnett", "2019-01-16T03:03:28.97Z")


def test_an_attachment_is_sent_as_it_is() -> None:
    service = Answering(example("wit/7.1/attachments/POST__wit_attachments_fileName-_binaryFile_"))

    made = service.do(attachments.upload("P", "a b.png", b"\x89PNG\xff"))

    assert made.id == "a5cedde4-2dd5-4fcf-befe-fd0977dd3433"
    assert attachments.attach(made, "c")["value"]["url"] == made.url
    [asked] = service.asked
    assert (asked.body, asked.headers["Content-Type"]) == (b"\x89PNG\xff", "application/octet-stream")
    assert str(asked.url).endswith("/P/_apis/wit/attachments?api-version=7.1&fileName=a+b.png")
    with pytest.raises(ValueError, match="at most"):
        attachments.upload("P", "a", b"x" * (attachments.MAX_BYTES + 1))


def test_tags() -> None:
    status, headers, body = example("wit/7.1/tags/GET__list_of_wit_tags")
    [value] = json.loads(body)  # the example has the answer in a list

    assert Answering((status, headers, json.dumps(value).encode())).do(tags.list_tags("P")) == [
        "my-first-tag",
        "my-second-tag",
    ]


def test_area_paths_are_those_of_work_items() -> None:
    path = "wit/7.1/classificationNodes/GET__wit_classificationNodes_areas__depth-2"
    found = read(classification_nodes.area_paths("P", 2), path)

    root = "Fabrikam-Fiber-Git"
    assert found[:3] == [root, rf"{root}\Devices", rf"{root}\Devices\Windows Phone"]
    assert rf"{root}\Website" in found


def test_the_feed() -> None:
    path = "wit/7.1/workItemRevisions/GET__wit_reporting_workItemRevisions"
    batch = read(revisions.read_revisions("P"), path)
    later = read(revisions.read_revisions("P"), f"{path}_includeIdentityRef-true_watermark-794")

    assert (batch.revisions[0].item, batch.revisions[1].revision) == (1, 2)
    assert batch.last
    assert (batch.continuation, later.continuation) == ("3;2;1", "813;350;1")


def test_a_feed_that_does_not_say_where_to_go_on_does_not_start_again() -> None:
    with pytest.raises(TransientError):
        Answering(ok({"values": [], "isLastBatch": True})).do(revisions.read_revisions("P"))


def test_the_feed_starts_at_a_moment_and_goes_on_at_a_token() -> None:
    assert revisions.read_revisions("P", since=SINCE).query["startDateTime"] == "2026-11-20T00:00:00Z"
    assert "startDateTime" not in revisions.read_revisions("P", "9;1;1", since=SINCE).query
    assert revisions.read_revisions("P", "9;1;1").query["includeDeleted"] == "true"


def test_work_items_are_deleted_and_restored() -> None:
    read(work_items.delete(1), "wit/7.1/workItems/DELETE__wit_workitems_id_")
    read(work_items.restore("P", 403), "wit/7.1/recycleBin/PATCH__wit_recyclebin_restore")


def test_inputs_of_the_web_hook() -> None:
    status, headers, body = example("hooks/7.1/consumers/GET__hooks_consumers")
    [consumer] = [found for found in json.loads(body)["value"] if found["id"] == "webHooks"]
    found = Answering((status, headers, json.dumps(consumer).encode())).do(consumers.web_hook_inputs())
    inputs = {found.id: found for found in found}

    assert inputs["url"].required
    assert inputs["basicAuthPassword"].confidential
    assert (inputs["basicAuthPassword"].pattern, inputs["basicAuthPassword"].max_length) == (r"^[\S]+$", 256)


def test_a_subscription() -> None:
    found = read(
        subscriptions.get_subscription("8dea9aba-3a9a-4ad0-860f-2a5c7379e3eb"),
        "hooks/7.1/subscriptions/GET__hooks_subscriptions__subscriptionId_",
    )

    assert (found.event, found.status) == ("build.complete", "enabled")


def test_a_member() -> None:
    path = "memberEntitlementManagement/7.1/ServicePrincipalEntitlements"
    name = f"{path}/POST__memberEntitlementManagement_ServicePrincipalEntitlement"
    member = read(entitlements.add_service_principal("92e26ce8-8e7c-4555-bdab-813b34b8e53a", "earlyAdopter"), name)
    name = f"{path}/GET__memberEntitlementManagement_ServicePrincipalEntitlementById"
    found = read(entitlements.get_service_principal("x"), name)

    assert (member.object_id, member.access_level) == ("92e26ce8-8e7c-4555-bdab-813b34b8e53a", "earlyAdopter")
    assert found.id == "593F6716-627C-6CCB-833E-77A7F9CA422F"


def test_a_profile() -> None:
    found = read(profiles.my_profile(), "profile/7.1/profiles/GET__profile_profiles_me")

    assert (found.name, found.mail) == ("Normal Paulk", "fabrikamfiber16@hotmail.com")


def test_repositories_and_refs() -> None:
    found = read(repositories.list_repositories("P"), "git/7.1/repositories/GET__git_repositories")
    refs = read(
        repositories.list_refs("P", "x", "tags/"), "git/7.1/refs/GET__git_repositories__repositoryId__refs_tags"
    )

    assert [repository.default_branch for repository in found[:2]] == ["", "refs/heads/master"]
    assert not found[0].disabled
    assert refs.entries[0].name == "refs/tags/v0.1"


def test_items() -> None:
    path = "git/7.1/items/GET__git_repositories__repositoryId__items_scopePath-_folderPath__recursionLevel-Full"
    found = read(sources.list_items("P", "x", MAIN), f"{path}_includeContentMetadata-true")

    assert (found[0].path, found[0].folder) == ("/MyWebSite/MyWebSite/Views", True)
    assert any(not item.folder for item in found)


class TestPaging:
    def test_the_token_of_a_header_continues_a_list(self) -> None:
        service = Answering(
            ok({"value": [{"id": "1", "name": "a"}]}, x_ms_continuationtoken="to ken/2"),
            ok({"value": [{"id": "2", "name": "b"}]}),
        )

        assert [project.name for project in every(service.organisation, projects.list_projects)] == ["a", "b"]
        assert str(service.asked[1].url).endswith("continuationToken=to+ken%2F2")

    def test_a_token_that_comes_again_ends_the_list_with_an_error(self) -> None:
        service = Answering(ok({"value": []}, x_ms_continuationtoken="2"))

        with pytest.raises(TransientError, match="read already"):
            list(every(service.organisation, projects.list_projects))
        assert len(service.asked) == 2

    def test_pages_are_fetched_as_they_are_needed(self) -> None:
        service = Answering(ok({"value": [{"id": "1", "name": "a"}]}, x_ms_continuationtoken="2"))

        next(every(service.organisation, projects.list_projects))

        assert len(service.asked) == 1


class TestFiles:
    CALL = sources.read_file("P", "x", MAIN, "/a", max_bytes=100)

    def test_bytes_come_as_they_are(self) -> None:
        service = Answering((200, {"content-type": "application/octet-stream"}, b"\xef\xbb\xbf{"))

        assert service.do(self.CALL) == b"\xef\xbb\xbf{"
        assert service.asked[0].headers["Accept"] == "application/octet-stream"

    def test_a_sign_in_page_is_no_file(self) -> None:
        for status in (200, 203):
            with pytest.raises(CredentialError):
                Answering((status, {"content-type": "text/html; charset=utf-8"}, b"<html>")).do(self.CALL)

    def test_no_content_is_no_file(self) -> None:
        with pytest.raises(TransientError):
            Answering((204, {}, b"")).do(self.CALL)

    def test_an_empty_file_is_one(self) -> None:
        assert Answering((200, {"content-type": "application/octet-stream"}, b"")).do(self.CALL) == b""

    def test_the_bound_is_exact(self) -> None:
        assert len(Answering((200, {}, b"x" * 100)).do(self.CALL)) == 100
        with pytest.raises(RefusedError) as refused:
            Answering((200, {}, b"x" * 101)).do(self.CALL)
        assert refused.value.rule == TOO_LARGE


def test_a_change_with_too_long_an_answer_may_have_been_carried_out() -> None:
    call = Call("POST", "x", lambda value: value, changes=True, max_bytes=3)

    with pytest.raises(UnknownError):
        Answering(ok({"id": 1})).do(call)


KEYS = ["value", "id", "name", "continuationToken", "patTokens", "patToken", "patTokenError", "comments", "children"]
KEYS += ["values", "isLastBatch", "rev", "fields", "servicePrincipal", "operationResult", "isSuccess", "actions"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
BODIES = VALUES.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60)
STATUSES = st.sampled_from([200, 201, 203, 204, 206, 302, 304, 400, 401, 403, 404, 409, 412, 429, 500, 503])


@settings(max_examples=examples(400), deadline=None)
@given(
    call=st.sampled_from(CALLS),
    status=STATUSES,
    kind=st.sampled_from(["application/json", "text/html", "text/plain", ""]),
    body=BODIES,
)
def test_no_answer_makes_an_area_raise_anything_but_our_errors(
    call: Call[Any], status: int, kind: str, body: bytes
) -> None:
    with suppress(BridgeError):
        Answering((status, {"content-type": kind}, body)).do(call)


def test_numbers_and_depths_beyond_reason_are_our_errors_too() -> None:
    deep = b'{"name": "a", "children": [' * 2000 + b"]}" * 2000
    with pytest.raises(TransientError):
        Answering((200, JSON, deep)).do(classification_nodes.area_paths("P"))
    with pytest.raises(TransientError):
        Answering((200, JSON, b'{"comments": [{"id": 1e999, "text": ""}]}')).do(comments.list_comments("P", 1))


def test_what_was_said_stands_in_the_updates() -> None:
    found = read(updates.list_updates("P", 1, 0), "wit/7.1/updates/GET__list_of_workitem_updates")

    said = [one for one in found if one.comment]
    assert said
    assert all(one.author == "Jamal Hartnett" for one in said)
    assert [one.revision for one in found] == sorted(one.revision for one in found)
