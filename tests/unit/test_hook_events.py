"""hook_events: every oddity of the payloads in which Azure DevOps tells of a change."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tickets.hook_events import HookEvent, read_event, read_message

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
@pytest.mark.parametrize("change", ["updated", "deleted", "restored"])
def test_recorded_deliveries_are_understood(source: str, change: str) -> None:
    file = RECORDED / source.format(change)
    if not file.is_file():
        pytest.skip("the recorded deliveries are not beside this checkout")

    event = read(json.loads(file.read_text(encoding="utf-8-sig")))

    assert (event.change, event.work_item) == (change, 5)
