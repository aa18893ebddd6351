"""What the real service answered, and the official examples, go through our judge and our readers."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.azure_devops import projects, subscriptions, work_items
from shared.azure_devops.answers import Answer, judge
from shared.azure_devops.organisation import Call
from shared.errors import BridgeError, CredentialError, NotFoundError, RefusedError, TransientError
from tests.contract.calls import every_call
from tests.contract.recorded import CLI, REFERENCE, recorded, recorded_answer, recorded_names

pytestmark = pytest.mark.skipif(not CLI.is_dir(), reason=f"the recorded exchanges are not at {CLI}")

EXAMPLES = REFERENCE / "specs"
CALLS = every_call()
ERRORS: dict[str, tuple[type[BridgeError], str]] = {
    "error_400_TF400497_iteration.json": (RefusedError, "TF400497"),
    "error_400_TeamFieldArgumentNull.json": (RefusedError, "DefaultValue"),
    "error_401_empty_body_www_authenticate.json": (CredentialError, "did not accept"),
    "error_404_wiki_page.json": (NotFoundError, "Wiki page"),
    "error_503_TF24668_org_deactivated_BOM.json": (TransientError, "TF24668"),
    "workitem_create_404_project_not_found_TF200016.json": (NotFoundError, "TF200016"),
    "workitem_delete_404_plaintext_controller.json": (NotFoundError, "The controller for path"),
}
READ = {
    "wiql_post_200.json": ("work_items.find_created_since", [974, 975, 976]),
    "wiql_post_200_b.json": ("work_items.find_created_since", [977]),
    "wiql_get_saved_query_200.json": ("work_items.find_created_since", [40, 41]),
    "project_get_200.json": (
        "projects.get_project",
        projects.Project(id="f4b53f43-e2a9-4893-9099-699329beae68", name="Area1000001"),
    ),
}
RELATED = [name for name in recorded_names() if name.startswith(("workitem_create_200", "workitem_get", "workitem_pa"))]


@pytest.mark.parametrize("name", recorded_names())
@pytest.mark.parametrize("changes", [True, False])
def test_each_recorded_answer_is_a_value_or_the_right_error(name: str, changes: bool) -> None:
    answer = recorded_answer(name)
    if name not in ERRORS:
        assert judge(answer, changes=changes) == recorded(name)["response"]["body"]
        return
    kind, words = ERRORS[name]
    with pytest.raises(kind, match=words):
        judge(answer, changes=changes)


@pytest.mark.parametrize("name", sorted(READ))
def test_a_recorded_answer_is_read(name: str) -> None:
    call, expected = READ[name]

    assert CALLS[call].read(judge(recorded_answer(name), changes=False)) == expected


@pytest.mark.parametrize("name", RELATED)
def test_a_recorded_work_item_is_read(name: str) -> None:
    item = work_items.read_item(judge(recorded_answer(name), changes=True))

    assert (item.id, item.revision, item.type, item.state) == (973, 1, "Task", "To Do")
    assert item.project == "WIRel000001"
    assert item.url == "https://dev.azure.com/contoso/d5d6109b-64fa-4228-b754-825caceadf88/_workitems/edit/973"
    assert item.hyperlinks == ()  # its links are to other work items


def test_a_recorded_list_of_work_items_is_read() -> None:
    items = CALLS["work_items.get_many"].read(judge(recorded_answer("workitems_list_200.json"), changes=False))

    assert {number: item.state for number, item in items.items()} == {40: "To Do", 41: "To Do"}
    assert items[40].url.endswith("/_workitems/edit/40")


def test_recorded_connection_data_is_read() -> None:
    identity = projects.who_am_i().read(judge(recorded_answer("connection_data_200.json"), changes=False))

    assert identity.id == "22157d54-1821-6536-a446-928b06348385"
    assert identity.name


def test_recorded_subscriptions_are_read() -> None:
    body = (REFERENCE / "payloads/go-scm/rest_hooks.json").read_bytes()
    first, _ = subscriptions.web_hooks().read(judge(Answer(200, {}, body), changes=False))

    assert first == subscriptions.Subscription(
        id="d455cb11-20a0-4b15-b546-7e9fb9973cc6",
        event="git.pullrequest.created",
        project="d350c9c0-7749-4ff8-a78f-f9c1f0e56729",
        tag="",
        url="http://www.bla.com",
        status="enabled",
        created_at="2022-03-25T13:28:12.39Z",
        repository="fde2d21f-13b9-4864-a995-83329045289a",
    )


EXAMPLE_OF = {
    "work_items.create": "wit/7.1/httpExamples/workItems/POST*",
    "work_items.change": "wit/7.1/httpExamples/workItems/PATCH*",
    "work_items.get_many": "wit/7.1/httpExamples/workItemsBatch/POST*",
    "work_items.recycle_bin": "wit/7.1/httpExamples/recycleBin/GET__wit_recyclebin.json",
    "work_items.get_deleted": "wit/7.1/httpExamples/recycleBin/GET__wit_recyclebin__id_.json",
    "work_items.find_created_since": "wit/7.1/httpExamples/wiql/GET__wit_get_id_workitems.json",
    "updates.list_updates": "wit/7.1/httpExamples/updates/GET__list_of_workitem_updates*.json",
    "projects.work_item_types": "wit/7.1/httpExamples/workItemTypes/GET__wit_workItemTypes.json",
    "work_item_types.read_workflow": "wit/7.1/httpExamples/workItemTypes/GET__wit_workItemTypes_Bug.json",
    "projects.states": "wit/7.1/httpExamples/workItemTypeStates/GET*",
    "subscriptions.web_hooks": "hooks/7.1/httpExamples/subscriptions/GET__hooks_subscriptions_.json",
    "subscriptions.subscribe": "hooks/7.1/httpExamples/subscriptions/POST*",
}
FILES = [(call, path) for call, pattern in EXAMPLE_OF.items() for path in sorted(EXAMPLES.glob(pattern))]


@pytest.mark.parametrize(("call", "path"), FILES, ids=lambda each: each.stem if isinstance(each, Path) else each)
def test_an_official_example_is_read(call: str, path: Path) -> None:
    body = _example(path)

    assert _read(CALLS[call], body)
    if call == "work_items.create":
        assert work_items.read_item(body).id == body["id"]


def test_each_of_these_calls_has_an_example() -> None:
    assert {call for call, _ in FILES} == set(EXAMPLE_OF)


def _read(call: Call[Any], body: Any) -> Any:
    return call.read(judge(Answer(200, {}, json.dumps(body).encode()), changes=call.changes))


def _example(path: Path) -> Any:
    """Return the body of an example; where it is a list, the service wraps it."""
    body = json.loads(path.read_text(encoding="utf-8-sig"))["responses"]["200"]["body"]
    return {"count": len(body), "value": body} if isinstance(body, list) else body
