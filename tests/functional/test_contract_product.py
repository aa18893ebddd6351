"""Every request that the product makes, and every answer it gets here, against the official OpenAPI documents."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import Stack
from tests.contract.verdicts import judged, table
from tests.functional.bridge import PROJECT, Bridge, eventually
from tests.functional.conftest import TIME_SCALE
from tests.functional.recording import Recording, recording
from tests.functional.service_hooks import check, set_status


@pytest.fixture
def recorded() -> Iterator[Recording]:
    with recording() as found:
        yield found


@pytest.fixture
def bridge(recorded: Recording, tmp_path: Path) -> Iterator[Bridge]:
    """A bridge whose functions reach Azure DevOps through the recording only."""
    settings = {"AZURE_DEVOPS_URL": recorded.url}
    with Stack(tmp_path, time_scale=TIME_SCALE, in_memory_storage=True, settings=settings) as stack:
        recorded.upstream = stack.addresses.azure_devops
        bridge = Bridge.fresh(stack, linked=False)
        assert bridge.connect(url=f"{recorded.url}/{bridge.name}").status_code == 200
        assert bridge.ask("POST", f"connections/{bridge.name}/check").status_code == 200
        assert bridge.link().status_code == 200
        yield bridge


@pytest.mark.slow
def test_what_the_product_asks_and_is_answered(
    bridge: Bridge, recorded: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    _one_ticket_lives_and_is_deleted(bridge)
    _a_service_hook_is_mended(bridge)
    _many_are_made_together(bridge)
    for mode in MODES:
        _one_of_many_is_refused(bridge, mode)
    _a_lost_answer_is_looked_up(bridge, recorded)
    _a_second_item_is_found_and_removed(bridge)
    _a_refusal_and_an_expired_token(bridge, recorded)

    verdicts = judged(recorded.exchanges())
    with capsys.disabled():
        print(f"\n{table(verdicts)}")  # noqa: T201
    wrong = {f"{each.operation}: {problem}" for each in verdicts for problem in each.problems}
    assert not wrong, "\n".join(sorted(wrong))
    made = {each.operation for each in verdicts}
    assert made >= EXPECTED
    assert 400 in {each.exchange.status for each in verdicts if each.operation == "wit: Work Items_Create"}


MODES = ("independent", "atomic")
EXPECTED = {
    "GET /_apis/connectionData",
    "PATCH /_apis/wit/$batch",
    "core: Projects_Get",
    "core: Projects_List",
    "git: Repositories_List",
    "hooks: Notifications_List",
    "hooks: Subscriptions_Create",
    "hooks: Subscriptions_Delete",
    "hooks: Subscriptions_List",
    "wit: Recyclebin_Get",
    "wit: Recyclebin_Get Deleted Work Item Shallow References",
    "wit: Reporting Work Item Revisions_Read Reporting Revisions Get",
    "wit: Wiql_Query By Wiql",
    "wit: Work Item Types_Get",
    "wit: Work Item Types_List",
    "wit: Work Items_Create",
    "wit: Work Items_Delete",
    "wit: Work Items_Get Work Items Batch",
    "wit: Work Items_Update",
}


def _one_ticket_lives_and_is_deleted(bridge: Bridge) -> None:
    ticket = bridge.send(description="**Bad**", cve=["CVE-2021-44228"])
    item = bridge.until(ticket, "open")["work_item"]["id"]
    bridge.send(title="Another title", severity="low")
    eventually(lambda: bridge.work_items()[0]["title"] == "Another title", what="the new title")
    bridge.send(status="fixed")
    bridge.until(ticket, "closed")
    bridge.act(item, deleted=True)
    bridge.until(ticket, "deleted")
    bridge.act(item, deleted=False)
    bridge.until(ticket, "closed")


def _a_service_hook_is_mended(bridge: Bridge) -> None:
    set_status(bridge, "disabledBySystem")
    assert len(check(bridge)["mended"]) == 1


def _many_are_made_together(bridge: Bridge) -> None:
    bridge.import_([bridge.snapshot(f"M{number}") for number in range(40)])
    bridge.until_all(40)


def _one_of_many_is_refused(bridge: Bridge, mode: str) -> None:
    bridge.control("POST", "settings", {"organization": bridge.name, "batch": mode})
    rule = {"allowed_values": [1, 2, 3]}
    where = {"organization": bridge.name, "project": PROJECT, "type": "Issue"}
    bridge.control("POST", "rules", {**where, "field": "Microsoft.VSTS.Common.Priority", "rule": rule})
    bridge.import_([bridge.snapshot(f"{mode}{n}", severity="info" if n == 3 else "high") for n in range(30)])
    done = MODES.index(mode) + 1
    bridge.until_all(done, "failed")
    bridge.until_all(40 + done * 29)


def _a_lost_answer_is_looked_up(bridge: Bridge, recorded: Recording) -> None:
    before = recorded.cut
    bridge.fault(r"POST .*_apis/wit/workitems/.*", "drop_after")
    lost = bridge.send("L1", title="Lost answer")
    bridge.until(lost, "open")
    assert recorded.cut > before
    assert [item["title"] for item in bridge.work_items()].count("Lost answer") == 1


def _a_second_item_is_found_and_removed(bridge: Bridge) -> None:
    ticket = bridge.until(bridge.send("D1", title="Twice"), "open")
    patch = [
        {"op": "add", "path": "/fields/System.Title", "value": "Twice"},
        {"op": "add", "path": "/fields/System.Tags", "value": "Phoenix_Security"},
        {"op": "add", "path": "/relations/-", "value": {"rel": "Hyperlink", "url": _late_mark(ticket["id"])}},
    ]
    url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}/{PROJECT}/_apis/wit/workitems/$Issue"
    headers = {"Content-Type": "application/json-patch+json"}
    version = {"api-version": "7.1"}
    made = bridge.session.post(url, params=version, json=patch, auth=("", bridge.token), headers=headers, timeout=30)
    assert made.ok, made.text

    assert bridge.ask("POST", f"connections/{bridge.name}/reconcile").status_code == 200

    def healed() -> bool:
        return [item["deleted"] for item in bridge.work_items() if item["title"] == "Twice"] == [False, True]

    eventually(healed, what="the removal")


def _late_mark(ticket: str) -> str:
    return f"https://bridge.example/api/tickets/{ticket}?attempt=0123456789abcdef"


def _a_refusal_and_an_expired_token(bridge: Bridge, recorded: Recording) -> None:
    assert bridge.link(asset="elsewhere", project="No such project").status_code in (400, 404, 422)
    credential = {"kind": "personal_access_token", "token": "x" * 52}
    refused = bridge.connect(url=f"{recorded.url}/{bridge.name}", credential=credential)
    assert refused.status_code >= 400
