"""What the simulator serves beside what the product asks today, against the official OpenAPI documents."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from shared.azure_devops.organisation import Organisation, new_session
from shared.connections.credentials.personal_access_token import basic
from shared.errors import BridgeError
from tests.contract import deviations
from tests.contract.calls import every_call
from tests.contract.deviations import DEVIATIONS, Deviation
from tests.contract.recorded import recorded_exchanges
from tests.contract.verdicts import Verdict, judged, table, verdict
from tests.functional.recording import Recording, recording
from tests.functional.simulated_azure_devops import Organization, link, receiver, simulator, until, written

PREVIEW = {"api-version": "7.1-preview.4"}


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Recording]:
    with simulator(tmp_path / "state.db") as base, recording() as found:
        found.upstream = base
        yield found


@pytest.fixture
def organization(recorded: Recording) -> Iterator[Organization]:
    with Organization(recorded.url) as found:
        yield found


def verdicts(recorded: Recording, capsys: pytest.CaptureFixture[str]) -> list[Verdict]:
    found = judged(recorded.exchanges())
    with capsys.disabled():
        print(f"\n{table(found)}")  # noqa: T201
    wrong = {f"{each.operation} {each.exchange.status}: {problem}" for each in found for problem in each.problems}
    assert not wrong, "\n".join(sorted(wrong))
    return found


def test_projects_types_and_places(
    organization: Organization, recorded: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    _places(organization)

    made = {(each.operation, each.exchange.status) for each in verdicts(recorded, capsys)}
    assert ("wit: Classification Nodes_Get Root Nodes", 200) in made
    assert ("wit: Tags_List", 200) in made


def _places(organization: Organization) -> None:
    organization.call("GET", "_apis/projects", params={"$top": "2"})
    organization.call("GET", "_apis/projects/Mobile", params={"includeCapabilities": "true"})
    organization.call("GET", "_apis/projects/Nowhere")
    for path in ("", "/Bug", "/Bug/states", "/Bug/fields", "/Bug/fields/System.Title", "/Nothing"):
        organization.call("GET", f"Mobile/_apis/wit/workitemtypes{path}")
    organization.call("GET", "Mobile/_apis/wit/workitemtypes/Bug/fields", params={"$expand": "all"})
    organization.call("GET", "Mobile/_apis/wit/classificationnodes", params={"$depth": "2"})
    organization.call("POST", "Mobile/_apis/wit/classificationnodes/Areas", {"name": "Team A"})
    organization.call("POST", "Mobile/_apis/wit/classificationnodes/Areas/Team%20A", {"name": "Inner"})
    organization.call("GET", "Mobile/_apis/wit/classificationnodes/Areas/Team%20A/Inner")
    organization.call("GET", "Mobile/_apis/wit/classificationnodes/Iterations", params={"$depth": "1"})
    organization.call("GET", "Mobile/_apis/wit/classificationnodes/Areas/Nowhere")
    organization.create(Tags="one; two")
    organization.call("GET", "Mobile/_apis/wit/tags")


def test_every_call_that_the_client_can_make(
    organization: Organization, recorded: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that the product seldom makes, too: the questions are right whatever the answers are."""
    _every_call(organization)

    found = verdicts(recorded, capsys)
    product = [each for each in found if each.exchange.request_headers.get("user-agent") == "azure-devops-bridge"]
    asked_again = sum(each.exchange.status == 401 for each in product) // 2  # once more with a renewed credential
    assert len(product) - asked_again == len(every_call())
    assert "hooks: Subscriptions_Delete" in {each.operation for each in product}


def _every_call(organization: Organization) -> None:
    url, header = f"{organization.base}/{organization.name}", basic(organization.token())
    with new_session() as session:
        session.trust_env = False
        client = Organisation(url, session, lambda _: header, seconds=30)
        for call in every_call().values():
            with suppress(BridgeError):
                client.do(call)


def test_the_life_of_work_items(
    organization: Organization, recorded: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    _life(organization)

    made = {(each.operation, each.exchange.status) for each in verdicts(recorded, capsys)}
    assert ("wit: Work Items_Update", 412) in made
    assert ("wit: Recyclebin_Restore Work Item", 200) in made
    assert ("wit: Comments_Add Comment", 200) in made


def _life(organization: Organization) -> None:
    items = [organization.create(links=["https://example.com/1"], Tags="one")["id"] for _ in range(3)]
    one = f"Mobile/_apis/wit/workitems/{items[0]}"
    organization.update(items[0], written("State", "Active"), **{"$expand": "relations"})
    organization.update(items[0], written("Title", "Again"), link("https://example.com/2"))
    organization.update(items[0], {"op": "test", "path": "/rev", "value": 1}, written("Title", "Stale"))
    organization.update(items[0], written("State", "Nonsense"))
    organization.call("GET", one, params={"$expand": "all"})
    organization.call("GET", "Mobile/_apis/wit/workitems/999999")
    organization.call("GET", "Mobile/_apis/wit/workitems", params={"ids": f"{items[0]},{items[1]}"})
    body = {"ids": [*items, 999999], "errorPolicy": "omit", "fields": ["System.Title"]}
    organization.call("POST", "Mobile/_apis/wit/workitemsbatch", body)
    organization.call("GET", f"{one}/updates", params={"$top": "2"})
    organization.call("GET", f"{one}/revisions")
    organization.call("POST", f"{one}/comments", {"text": "seen"}, params=PREVIEW)
    organization.call("GET", f"{one}/comments", params=PREVIEW)
    organization.query("[System.Tags] CONTAINS 'one'")
    organization.call("POST", "Mobile/_apis/wit/wiql", {"query": "SELECT nonsense"})
    _bin(organization, items)
    _feed(organization)


def _bin(organization: Organization, items: list[int]) -> None:
    bin_ = "Mobile/_apis/wit/recyclebin"
    organization.call("DELETE", f"Mobile/_apis/wit/workitems/{items[0]}")
    organization.call("GET", bin_)
    organization.call("GET", bin_, params={"ids": str(items[0])})
    organization.call("GET", f"{bin_}/{items[0]}")
    organization.call("PATCH", f"{bin_}/{items[0]}", {"isDeleted": False})
    organization.call("GET", f"{bin_}/{items[0]}")
    organization.call("POST", "Mobile/_apis/wit/workitemsdelete", {"ids": items[1:], "destroy": False})
    organization.call("DELETE", f"{bin_}/{items[1]}")
    organization.call("DELETE", f"Mobile/_apis/wit/workitems/{items[2]}", params={"destroy": "true"})


def _feed(organization: Organization) -> None:
    feed = "Mobile/_apis/wit/reporting/workitemrevisions"
    first = organization.call("GET", feed, params={"$maxPageSize": "2", "includeDeleted": "true"}).json()
    organization.call("GET", feed, params={"continuationToken": first["continuationToken"]})
    organization.call("POST", feed, {"fields": ["System.Title", "System.State"], "includeDeleted": True})


def test_service_hooks(organization: Organization, recorded: Recording, capsys: pytest.CaptureFixture[str]) -> None:
    _hooks(organization)

    found = {each.operation for each in verdicts(recorded, capsys)}
    assert {"hooks: Notifications_Get", "hooks: Subscriptions_Create Subscriptions Query"} <= found


def _hooks(organization: Organization) -> None:
    hooks = "_apis/hooks"
    with receiver(200, 500, 200) as receiving:
        made = organization.subscribe(
            "workitem.created", receiving.url, {"basicAuthUsername": "a", "basicAuthPassword": "secret"}
        )
        one = f"{hooks}/subscriptions/{made['id']}"
        organization.control("POST", "settings", {"hooks": {"delay": [600, 600]}})
        organization.create()
        _until_any_is(organization, one, "queuedForRetry")
        organization.control("POST", "settings", {"hooks": {}})
        organization.create()
        _until_any_is(organization, one, "completed")  # or the test would be answered first, and this one refused
        organization.call("POST", f"{hooks}/testnotifications", _test(made))
        organization.call("PUT", one, {**made, "eventType": "workitem.updated"})
        organization.call("GET", one)
        organization.call("GET", f"{hooks}/subscriptions", params={"publisherId": "tfs"})
        organization.call("POST", f"{hooks}/subscriptionsquery", {"publisherId": "tfs"})
        notifications = organization.call("GET", f"{one}/notifications", params={"maxResults": "5"}).json()["value"]
        for notification in notifications:
            organization.call("GET", f"{one}/notifications/{notification['id']}")
        organization.call("DELETE", one)
    organization.call("GET", one)
    organization.call("POST", f"{hooks}/subscriptions", {"publisherId": "tfs"})
    for path in ("consumers", "consumers/webHooks", "publishers/tfs/eventtypes"):
        organization.call("GET", f"{hooks}/{path}")
    organization.call("GET", f"{hooks}/publishers/tfs/eventtypes/workitem.created")


def _test(subscription: dict[str, Any]) -> dict[str, Any]:
    names = ("publisherId", "eventType", "consumerId", "consumerActionId")
    inputs = {name: subscription[name] for name in (*names, "publisherInputs")}
    return {"details": {**inputs, "consumerInputs": {"url": subscription["consumerInputs"]["url"]}}}


def _until_any_is(organization: Organization, one: str, status: str) -> None:
    def any_is() -> bool:
        notifications = organization.call("GET", f"{one}/notifications").json()["value"]
        return any(notification["status"] == status for notification in notifications)

    until(any_is)


@pytest.mark.thorough
def test_every_known_deviation_is_still_met(
    organization: Organization, recorded: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that nobody meets any more would hide the next slip at its place."""
    for talk in (_places, _every_call, _life, _hooks, _rarely_met):
        talk(organization)
    exchanges = [*recorded_exchanges(), *recorded.exchanges()]
    made = judged(exchanges)

    unmet = [each for each in DEVIATIONS if not _met(each, made, monkeypatch)]

    assert not unmet


def _met(deviation: Deviation, made: list[Verdict], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether an exchange would be judged wrong if the deviation were not known."""
    exchanges = [each.exchange for each in made if each.operation == deviation.operation]
    with monkeypatch.context() as patched:
        patched.setattr(deviations, "DEVIATIONS", [each for each in DEVIATIONS if each is not deviation])
        return any(verdict(each).problems for each in exchanges)


def _rarely_met(organization: Organization) -> None:
    asked = {"organization": organization.name, "project": "Mobile", "name": "shop", "files": {"a": "b"}}
    organization.control("POST", "repositories", asked)
    organization.call("GET", "Mobile/_apis/git/repositories/shop")
    organization.call("GET", "Mobile/_apis/wit/workitems", params={"ids": "999999", "errorPolicy": "omit"})
