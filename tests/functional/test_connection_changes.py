"""What a connection may not become while others depend on it, and what is left of it when it goes."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local.stack import Stack
from shared.tickets.rows.keys import asset_key, lane_of, lease_row, ticket_key
from tests.functional.bridge import PROJECT, Bridge, eventually
from tests.functional.entra_admin import EntraAdmin, case, grant
from tests.functional.service_hooks import delete_all, subscriptions
from tests.functional.stored import rows

EVENTS = 4
ROUND = 95


def vaulted(bridge: Bridge, collection: str = "secrets") -> set[str]:
    """Names of the connection's secrets, as Key Vault's administrator sees them."""
    addresses = bridge.stack.addresses
    session = requests.Session()
    session.trust_env, session.verify = False, addresses.ca_bundle
    token = session.get(
        addresses.identity_endpoint,
        params={"api-version": "2019-08-01", "resource": "https://vault.azure.net"},
        headers={"X-IDENTITY-HEADER": addresses.identity_header},
        timeout=30,
    ).json()["access_token"]
    url: str | None = f"{addresses.key_vault}/{collection}?api-version=7.4"
    found: set[str] = set()
    while url:
        page = session.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30).json()
        found |= {secret["id"].rpartition("/")[2] for secret in page["value"]}
        url = page.get("nextLink")
    return {name for name in found if name.startswith(f"connection-{bridge.name}-")}


def end(bridge: Bridge, path: str) -> None:
    assert bridge.ask("DELETE", path).status_code == 202
    eventually(lambda: bridge.ask("GET", path).status_code == 404, what=f"the end of {path}")


class TestSecrets:
    def test_a_deleted_connection_leaves_none_in_key_vault(self, bridge: Bridge) -> None:
        (name,) = vaulted(bridge)
        assert bridge.stack.vault.get(name) == bridge.token

        end(bridge, f"connections/{bridge.name}")

        assert vaulted(bridge) == set()
        assert bridge.stack.vault.get(name) is None
        assert vaulted(bridge, "deletedsecrets") <= {name}

    def test_nor_what_a_sign_in_under_way_kept(self, admin: EntraAdmin) -> None:
        bridge = admin.bridge
        made = case(admin, "signed_in_user")
        grant(admin, made)
        assert bridge.connect(credential=made.credential).ok
        assert bridge.ask("POST", f"connections/{bridge.name}/sign-in").status_code == 202
        (name,) = vaulted(bridge)
        assert "-sign-in-" in name

        end(bridge, f"connections/{bridge.name}")

        assert vaulted(bridge) == set()


class TestAnotherOrganisation:
    def other(self, bridge: Bridge) -> str:
        name = f"{bridge.name}b"
        bridge.control("POST", "organizations", {"name": name})
        return f"{bridge.stack.addresses.azure_devops}/{name}"

    def change(self, bridge: Bridge, url: str) -> requests.Response:
        holder = {"organization": url.rpartition("/")[2], "user": "Bridge"}
        token = bridge.control("POST", "personal-access-tokens", holder)["token"]
        return bridge.connect(url=url, credential={"kind": "personal_access_token", "token": token})

    def test_is_refused_while_there_are_links_and_then_tickets(self, bridge: Bridge) -> None:
        url = self.other(bridge)
        ticket = bridge.send()
        bridge.until(ticket, "open")

        linked = self.change(bridge, url)
        end(bridge, f"links/application/{bridge.asset}")
        with_tickets = self.change(bridge, url)

        assert [linked.status_code, with_tickets.status_code] == [409, 409]
        assert "another connection" in linked.json()["hint"]
        shown = bridge.ask("GET", f"connections/{bridge.name}").json()
        assert shown["url"].endswith(f"/{bridge.name}")
        assert bridge.connect(url=f"{shown['url'].upper().replace('HTTP', 'http')}/").ok

    def test_is_taken_while_nothing_depends_on_it(self, stack: Stack) -> None:
        bridge = Bridge.fresh(stack, linked=False)
        assert bridge.connect().ok

        assert self.change(bridge, self.other(bridge)).status_code == 200

    def test_nonsense_is_named_as_such(self, bridge: Bridge) -> None:
        answer = bridge.connect(url="https://example.com/contoso")

        assert answer.status_code == 422
        assert answer.json()["problems"][0]["field"] == "/url"


class TestDefaults:
    def test_are_refused_with_all_that_links_cannot_take_of_them(self, bridge: Bridge) -> None:
        assert bridge.link(asset=f"{bridge.asset}-2").ok
        assert bridge.link(asset=f"{bridge.asset}-3", project="Mobile").ok
        assert bridge.link(asset=f"{bridge.asset}-own", work_item_type="Task", fields={}).ok

        answer = bridge.connect(defaults={"work_item_type": "Incident", "area_path": "Nowhere"})

        assert answer.status_code == 422, answer.text
        found = [(one["field"], one["message"]) for one in answer.json()["problems"]]
        types = [words for field, words in found if field == "/defaults/work_item_type"]
        assert len(types) == 2
        both = f"application {bridge.asset}, application {bridge.asset}-2"
        assert any(both in words and "Issue" in words and PROJECT in words for words in types)
        assert any(f"{bridge.asset}-3" in words and "Mobile" in words for words in types)
        areas = [words for field, words in found if field == "/defaults/area_path"]
        assert len(areas) == 3
        assert any(f"{bridge.asset}-own" in words for words in areas)
        assert bridge.ask("GET", f"connections/{bridge.name}").json()["defaults"]["work_item_type"] == "Issue"

    def test_an_unknown_field_is_named(self, bridge: Bridge) -> None:
        answer = bridge.connect(defaults={"fields": {"Custom.Nothing": 1}})

        assert answer.status_code == 422
        (problem,) = answer.json()["problems"]
        assert problem["field"] == "/defaults/fields/Custom.Nothing"
        assert bridge.asset in problem["message"]

    def test_what_every_link_can_take_or_says_otherwise_is_stored(self, bridge: Bridge) -> None:
        assert bridge.link(work_item_type="Task").ok

        assert bridge.connect(defaults={"work_item_type": "Incident"}).ok
        assert bridge.connect(defaults={"work_item_type": "Epic", "tags": ["all"]}).ok

    def test_what_was_wrong_before_does_not_keep_them(self, bridge: Bridge) -> None:
        """The project is gone: no defaults could be right for it."""
        bridge.fault("GET _apis/projects/.*", "status:404", times=2)

        assert bridge.connect(defaults={"tags": ["all"]}).ok

    def test_many_links_of_one_project_cost_as_much_as_one(self, bridge: Bridge) -> None:
        def cost() -> int:
            before = len(bridge.asked())
            assert bridge.connect(defaults={"work_item_type": "Incident"}).status_code == 422
            return len(bridge.asked()) - before

        one = cost()
        for number in range(10):
            assert bridge.link(asset=f"{bridge.asset}-{number}").ok

        assert cost() == one


@pytest.mark.thorough
def test_a_hundred_links_share_subscriptions_that_are_mended_once(bridge: Bridge) -> None:
    for number in range(99):
        answer = bridge.link(asset=f"{bridge.asset}-{number}")
        assert answer.status_code == 200, answer.text
    assert len(subscriptions(bridge)) == EVENTS
    assert len(bridge.ask("GET", "links", params={"limit": "1000"}).json()["links"]) >= 100

    delete_all(bridge)
    first = bridge.ask("POST", f"connections/{bridge.name}/check").json()["service_hooks"]
    second = bridge.ask("POST", f"connections/{bridge.name}/check").json()["service_hooks"]

    assert sorted(one["event"] for one in first["mended"]) == sorted(
        hook["eventType"] for hook in subscriptions(bridge)
    )
    assert (first["subscriptions"], second["subscriptions"], second["mended"]) == (EVENTS, EVENTS, [])
    assert len(subscriptions(bridge)) == EVENTS
    made = [one for one in bridge.asked() if one["method"] == "POST" and one["path"].endswith("/hooks/subscriptions")]
    assert len(made) == 2 * EVENTS

    paths = [f"links/application/{bridge.asset}", *(f"links/application/{bridge.asset}-{n}" for n in range(99))]
    for path in paths[:-1]:
        assert bridge.ask("DELETE", path).status_code == 202
    for path in paths[:-1]:
        eventually(lambda path=path: bridge.ask("GET", path).status_code == 404, what=f"the end of {path}")  # type: ignore[misc]
    assert len(subscriptions(bridge)) == EVENTS
    end(bridge, paths[-1])
    assert subscriptions(bridge) == []


class TestALaneAtWork:
    @pytest.fixture
    def patient(self, tmp_path: Path) -> Iterator[Bridge]:
        """Durations as in Azure: a lane keeps its lease for half a minute of work."""
        with Stack(tmp_path, time_scale=1.0, in_memory_storage=True) as stack:
            yield Bridge.fresh(stack)

    @pytest.mark.thorough
    def test_ends_after_its_round_when_its_connection_is_disabled(self, patient: Bridge) -> None:
        bridge, lane, count = patient, 0, ROUND * 4
        names = (f"V{number}" for number in itertools.count())
        mine = (name for name in names if lane_of(ticket_key(asset_key("application", bridge.asset), name)) == lane)
        report: list[Any] = [bridge.vulnerability(name) for name in itertools.islice(mine, count)]
        bridge.fault("(POST|PATCH) .*", "latency:2000", times=1000)
        assert bridge.import_(report).json()["accepted"] == count
        eventually(lambda: len(bridge.work_items()) > 0, what="a first work item")

        assert bridge.connect(enabled=False).ok
        before = len(bridge.work_items())
        lease = ("tickets", bridge.name, lease_row(lane))
        storage = bridge.stack.addresses.storage_connection_string
        eventually(lambda: rows(storage)[lease]["owner"] == "", what="the end of the lane's lease")

        assert len(bridge.work_items()) <= before + ROUND < count
