"""hook_events: every oddity of the payloads in which Azure DevOps tells of a change."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.azure_devops.revisions import Revision
from shared.storage.queues import MAX_MESSAGE_BYTES
from shared.tickets.observing.hook_events import HookEvent, has_tag, is_test, read_event, read_message, read_revision

RECORDED = Path(__file__).parents[3] / "shared/reference/payloads"


def updated(**changes: Any) -> dict[str, Any]:
    resource = {
        "id": 2,
        "workItemId": 41,
        "rev": 5,
        "revisedBy": {"displayName": "Jamal Hartnett", "uniqueName": "jamal@contoso.example"},
        "fields": {"System.State": {"oldValue": "To Do", "newValue": "Done"}},
        "revision": {
            "id": 41,
            "rev": 5,
            "fields": {
                "System.State": "Done",
                "System.WorkItemType": "Issue",
                "System.TeamProject": "Web Shop",
                "System.AssignedTo": "Jamal Hartnett <jamal@contoso.example>",
                "System.Tags": "Phoenix_Security; other",
            },
        },
        **changes,
    }
    return {"eventType": "workitem.updated", "resource": resource}


def read(payload: dict[str, Any]) -> HookEvent:
    event = read_event("contoso", payload)
    assert event is not None
    return event


def test_an_update_carries_the_new_revision() -> None:
    assert read(updated()) == HookEvent(
        connection="contoso",
        change="updated",
        work_item=41,
        revision=5,
        project="Web Shop",
        by="Jamal Hartnett",
        type="Issue",
        state="Done",
        assigned_to="Jamal Hartnett",
        tags="Phoenix_Security; other",
    )


def test_the_number_of_an_update_is_not_the_work_item() -> None:
    assert read(updated(workItemId=0)).work_item == 41  # from the revision: test notifications send 0


def test_an_update_that_names_no_work_item_is_nobodys() -> None:
    assert read_event("contoso", updated(workItemId=0, revision={})) is None


def test_a_person_may_be_missing() -> None:
    assert read(updated(revisedBy=None)).by == ""


@pytest.mark.parametrize("change", ["deleted", "restored"])
def test_deleted_and_restored_have_the_work_item_as_their_id(change: str) -> None:
    fields = {"System.State": "Done", "System.Tags": "Phoenix_Security"}
    payload = {"eventType": f"workitem.{change}", "resource": {"id": 41, "rev": 6, "fields": fields}}

    event = read(payload)

    assert (event.change, event.work_item, event.revision, event.state) == (change, 41, 6, "Done")


FLAT = {
    "System.State": "Done",
    "System.WorkItemType": "Issue",
    "System.TeamProject": "Web Shop",
    "System.AssignedTo": "Jamal Hartnett <jamal@contoso.example>",
    "System.Tags": "Phoenix_Security; other",
}
NOBODY = "00000000-0000-0000-0000-000000000000"
UNDELIVERED = {"subscriptionId": NOBODY, "notificationId": 8}


def flat(change: str, fields: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    resource = {"id": 41, "rev": 5, "fields": FLAT if fields is None else fields, **changes}
    return {"eventType": f"workitem.{change}", "resource": resource}


def without_deltas(**changes: Any) -> dict[str, Any]:
    return flat("updated", **changes)


def person(**identity: str) -> dict[str, Any]:
    payload = updated(revisedBy=identity)
    payload["resource"]["revision"]["fields"]["System.AssignedTo"] = identity
    return payload


def pascal() -> dict[str, Any]:
    payload = {**updated(), "subscriptionId": "8dea9aba-3a9a-4ad0-860f-2a5c7379e3eb"}
    return {name[:1].upper() + name[1:]: value for name, value in payload.items()}


# Each number is one of the list of oddities in what Azure DevOps has been seen to send. The thirteenth is of answers.
ODDITIES: list[tuple[str, dict[str, Any], dict[str, Any] | None]] = [
    ("1: the id of an update is the update's", updated(id=999), {"work_item": 41, "revision": 5}),
    ("1: that of a deletion is the item's", flat("deleted"), {"work_item": 41, "change": "deleted"}),
    ("1: that of a restoring, too", flat("restored"), {"work_item": 41, "change": "restored"}),
    ("1: that of a comment, too", flat("commented"), {"work_item": 41, "revision": 5, "change": "updated"}),
    ("1: a creation tells nothing that we do not know", flat("created"), None),
    ("2: an update of work item 0", updated(workItemId=0), {"work_item": 41}),
    ("2: of nothing at all", updated(workItemId=0, revision={}), None),
    ("2: by nobody", updated(revisedBy=None), {"by": ""}),
    ("2: in the year 1", updated(revisedDate="0001-01-01T00:00:00"), {"revision": 5}),
    ("3: an update as documented in 2025", without_deltas(), {"work_item": 41, "revision": 5, "state": "Done"}),
    ("4: deltas only", updated(revision={"id": 41, "rev": 5}), {"state": "Done", "type": ""}),
    (
        "4: a field that was cleared",
        updated(fields={"System.AssignedTo": {"oldValue": "Jamal"}}, revision={"id": 41, "rev": 5}),
        {"assigned_to": ""},
    ),
    (
        "4: a field that was empty",
        updated(fields={"System.AssignedTo": {"newValue": "Ada <ada@contoso.example>"}}, revision={"rev": 5}),
        {"assigned_to": "Ada"},
    ),
    ("4: numbers as texts", updated(workItemId="41", revision={"id": "41", "rev": "5"}), {"revision": 5}),
    ("5: a person as text", flat("deleted"), {"assigned_to": "Jamal Hartnett"}),
    ("5: in version 3.1", person(name="Ada <ada@x>", displayName="Ada", uniqueName="ada@x"), {"assigned_to": "Ada"}),
    ("5: in version 5.1", person(displayName="Ada", id="1", descriptor="aad.x"), {"by": "Ada", "assigned_to": "Ada"}),
    ("5: with a unique name only", person(uniqueName="ada@x"), {"by": "ada@x"}),
    ("6: outer names in Pascal case", pascal(), {"work_item": 41, "state": "Done"}),
    ("7: links changed", updated(relations={"added": [{"rel": "Hyperlink", "url": "https://x"}]}), {"work_item": 41}),
    ("7: links are there", flat("restored", relations=[{"rel": "Hyperlink"}]), {"work_item": 41}),
    ("8: no messages", {**updated(), "message": None, "detailedMessage": None}, {"work_item": 41}),
    ("8: a scope", {**updated(), "scope": "all"}, {"work_item": 41}),
    ("9: containers", {**updated(), "resourceContainers": {"server": {"id": "x", "baseUrl": "y"}}}, {"work_item": 41}),
    ("9: no containers", {**updated(), "resourceContainers": None}, {"work_item": 41}),
    (
        "10: a field with a wrong name",
        flat("deleted", {**FLAT, "Microsoft.Azure DevOps Services.Common.Severity": "3 - Medium"}),
        {"state": "Done"},
    ),
    ("11: in the year 9999", updated(revisedDate="9999-01-01T00:00:00Z"), {"revision": 5}),
    ("11: at no time", updated(revisedDate="2020-01-01T00:00:00.493            Z"), {"revision": 5}),
    (
        "12: a deleted item has its address in the recycle bin",
        flat("deleted", url="https://dev.azure.com/contoso/_apis/wit/recyclebin/41"),
        {"work_item": 41, "change": "deleted"},
    ),
    ("a subscription may send the least", updated(fields=None, revision=None), {"work_item": 41, "state": ""}),
    ("or no resource", {**updated(), "resource": None}, None),
]


@pytest.mark.parametrize(("payload", "expected"), [case[1:] for case in ODDITIES], ids=[case[0] for case in ODDITIES])
def test_oddities(payload: dict[str, Any], expected: dict[str, Any] | None) -> None:
    event = read_event("contoso", payload)

    if expected is None:
        assert event is None
    else:
        assert event is not None
        assert {name: getattr(event, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (UNDELIVERED | updated(workItemId=0, revision={"id": 5, "rev": 2, "fields": {"System.State": "New"}}), True),
        (UNDELIVERED | flat("deleted", {"System.State": "New"}), True),
        ({name[:1].upper() + name[1:]: value for name, value in (UNDELIVERED | flat("deleted", {})).items()}, True),
        (UNDELIVERED | updated(), False),  # a test with real data
        (updated(), False),
        (flat("deleted", {}) | {"subscriptionId": "8dea9aba-3a9a-4ad0-860f-2a5c7379e3eb"}, False),
    ],
)
def test_samples_are_told_from_what_happened(payload: dict[str, Any], expected: bool) -> None:
    """Number 2: their subscription is none."""
    assert is_test(payload) is expected


@pytest.mark.parametrize("character", ["x", "\x01", '"', "\\", "\u00e9", "\u4e2d", "\U0001f600", "\ud83d"])
def test_the_largest_event_fits_a_message(character: str) -> None:
    payload = updated(revisedBy={"displayName": character * 10_000})
    for name in FLAT:
        payload["resource"]["revision"]["fields"][name] = character * 1_000_000

    message = json.dumps(read(payload).message(), separators=(",", ":"), ensure_ascii=False)

    assert len(message.encode()) <= MAX_MESSAGE_BYTES


@pytest.mark.parametrize("character", ["x", "\x01", '"', "\u4e2d", "\U0001f600", "\ud83d"])
def test_the_largest_revision_of_the_feed_fits_a_message_and_keeps_our_tag(character: str) -> None:
    fields: dict[str, Any] = {**FLAT, "System.ChangedBy": {"displayName": character * 10_000}}
    others = "; ".join(f"{number:02}{character * 390}" for number in range(99))
    fields |= {"System.Tags": f"{others}; zz-ours", "System.AssignedTo": character * 10_000}

    event = read_revision("contoso", Revision(41, 5, fields, deleted=False), "ZZ-ours")

    message = json.dumps(event.message(), separators=(",", ":"), ensure_ascii=False)
    assert len(message.encode()) <= MAX_MESSAGE_BYTES
    assert has_tag(event.tags, "zz-ours")
    assert not has_tag(event.tags, "zz")


def test_a_revision_of_the_feed_is_an_event_that_no_hook_told() -> None:
    fields = {**FLAT, "System.ChangedBy": {"displayName": "Ada"}}

    assert read_revision("contoso", Revision(41, 6, fields, deleted=True), "Phoenix_Security") == HookEvent(
        connection="contoso",
        change="deleted",
        work_item=41,
        revision=6,
        project="Web Shop",
        by="Ada",
        type="Issue",
        state="Done",
        assigned_to="Jamal Hartnett",
        tags="Phoenix_Security; other",
        told=False,
    )


@pytest.mark.parametrize("payload", [{}, {"eventType": "git.push"}, {"eventType": "workitem.updated"}, {"resource": 1}])
def test_what_concerns_no_work_item_is_nothing(payload: dict[str, Any]) -> None:
    assert read_event("contoso", payload) is None


def test_a_message_reads_as_what_was_written_and_tolerates_a_newer_version() -> None:
    event = read(updated())

    assert read_message({**event.message(), "added_later": 1}) == event


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # that is about the machine, not about us
@given(
    st.sampled_from(["workitem.updated", "workitem.deleted", "x"]),
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("id", "workItemId", "rev", "revision", "fields", "revisedBy"), values),
    ),
)
def test_no_payload_breaks_it(event_type: str, resource: dict[str, Any]) -> None:
    event = read_event("c", {"eventType": event_type, "resource": resource})

    assert event is None or event.work_item > 0


@pytest.mark.parametrize("source", ["AspNetWebHooks/webhook_workitem.{}.json", "ms-docs/2018-workitem.{}.json"])
@pytest.mark.parametrize("change", ["updated", "deleted", "restored", "commented"])
def test_recorded_deliveries_are_understood(source: str, change: str) -> None:
    file = RECORDED / source.format(change)
    if not file.is_file():
        pytest.skip("the recorded deliveries are not beside this checkout")

    payload = json.loads(file.read_text(encoding="utf-8-sig"))
    event = read(payload)

    assert (event.change, event.work_item) == ("updated" if change == "commented" else change, 5)
    assert is_test(payload) == ("subscriptionId" in payload)
