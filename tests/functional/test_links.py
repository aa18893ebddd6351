"""Connections and links: what they say, what they inherit, and what happens when they change."""

from typing import Any

import pytest

from tests.functional.bridge import PROJECT, Bridge, eventually
from tests.functional.stored import belongings

ANY = {"If-None-Match": "*"}
VERSION = {"api-version": "7.1"}


def problems(answer: Any, status: int = 400) -> dict[str, str]:
    assert answer.status_code == status, answer.text
    return {entry["field"]: entry["message"] for entry in answer.json()["problems"]}


def link_path(bridge: Bridge) -> str:
    return f"links/application/{bridge.asset}"


class TestConditions:
    def test_a_link_is_changed_only_as_it_was_read(self, bridge: Bridge) -> None:
        etag = bridge.ask("GET", link_path(bridge)).headers["ETag"]
        body = {"connection": bridge.name, "project": PROJECT, "tags": ["late"]}

        stale = bridge.ask("PUT", link_path(bridge), json=body, headers={"If-Match": 'W/"other"'})
        again = bridge.ask("PUT", link_path(bridge), json=body, headers=ANY)
        fresh = bridge.ask("PUT", link_path(bridge), json=body, headers={"If-Match": etag})

        assert (stale.status_code, again.status_code, fresh.status_code) == (412, 412, 200)
        assert "read" in stale.json()["detail"]
        assert bridge.ask("DELETE", link_path(bridge), headers={"If-Match": etag}).status_code == 412

    def test_a_connection_is_created_only_once(self, bridge: Bridge) -> None:
        assert bridge.connect().status_code == 200
        answer = bridge.ask("PUT", f"connections/{bridge.name}", json=connection(bridge), headers=ANY)
        assert answer.status_code == 412

    def test_the_tag_is_fixed_once_there_are_links(self, bridge: Bridge) -> None:
        answer = bridge.connect(tag="Other")

        assert answer.status_code == 409
        assert bridge.connect(tag="Phoenix_Security").ok


def connection(bridge: Bridge, **changes: Any) -> dict[str, Any]:
    return {"url": f"{bridge.stack.addresses.azure_devops}/{bridge.name}", **changes}


class TestSettings:
    def test_a_link_inherits_what_it_does_not_say(self, stack: Any) -> None:
        bridge = Bridge.fresh(stack, linked=False)
        field = {"Microsoft.VSTS.Scheduling.Effort": 3}
        assert bridge.connect(defaults={"tags": ["all"], "priorities": {"high": 4}, "fields": field}).ok
        assert bridge.link(tags=["mine"], assignee="Jamal Hartnett").ok

        shown = bridge.ask("GET", link_path(bridge)).json()

        assert (shown["tags"], shown["fields"], shown["priorities"]) == (["mine"], None, None)
        assert shown["effective"]["tags"] == ["mine"]
        assert shown["effective"]["fields"] == field
        assert shown["effective"]["work_item_type"] == "Issue"
        (listed,) = [
            one
            for one in bridge.ask("GET", "links", params={"limit": "1000"}).json()["links"]
            if one["asset"] == bridge.asset
        ]
        assert listed == shown

    def test_the_work_item_has_what_is_in_effect_and_the_preview_says_so(self, bridge: Bridge) -> None:
        node = f"{bridge.stack.addresses.azure_devops}/{bridge.name}/{PROJECT}/_apis/wit/classificationnodes/Areas"
        made = bridge.session.post(node, json={"name": "Backend"}, params=VERSION, auth=("", bridge.token))
        assert made.status_code == 201, made.text
        answer = bridge.link(
            area_path="backend",
            assignee="Jamal Hartnett <jamal@contoso.example>",
            tags=["mine"],
            priorities={"high": 3},
            fields={"Microsoft.VSTS.Scheduling.Effort": {"path": "custom.effort"}},
        )
        assert answer.status_code == 200, answer.text
        snapshot = bridge.snapshot("V1", custom={"effort": 5})

        preview = bridge.ask("POST", f"{link_path(bridge)}/preview", json=snapshot).json()
        assert bridge.work_items() == []
        ticket = bridge.send("V1", custom={"effort": 5})
        bridge.until(ticket, "open")

        (item,) = bridge.work_items()
        assert item["fields"]["Microsoft.VSTS.Common.Priority"] == 3
        assert item["fields"]["Microsoft.VSTS.Scheduling.Effort"] == 5
        assert item["fields"]["System.AreaPath"].casefold() == f"{PROJECT}\\Backend".casefold()
        assert "Jamal" in str(item["fields"]["System.AssignedTo"])
        assert set(item["tags"]) == {"Phoenix_Security", "mine"}
        assert preview["work_item_type"] == "Issue"
        assert f"/api/tickets/{ticket}" in preview["fields"]["System.Description"]
        for name in ("System.Title", "Microsoft.VSTS.Scheduling.Effort"):
            assert preview["fields"][name] == item["fields"][name]

        bridge.act(item["id"], fields={"System.AreaPath": PROJECT})
        bridge.send("V1", custom={"effort": 8}, title="newer")
        eventually(lambda: bridge.work_items()[0]["title"] == "newer", what="the newer title")
        (after,) = bridge.work_items()
        assert after["fields"]["System.AreaPath"] == PROJECT  # set once; the team's from then on
        assert after["fields"]["Microsoft.VSTS.Scheduling.Effort"] == 8

    def test_a_field_is_stored_under_its_own_name_whatever_the_case_that_was_sent(self, bridge: Bridge) -> None:
        name = "Microsoft.VSTS.Scheduling.Effort"

        assert bridge.link(fields={name.lower(): {"path": "custom.effort"}}).ok
        twice = problems(bridge.link(fields={name.lower(): 1, name: 2}))

        assert list(bridge.ask("GET", link_path(bridge)).json()["fields"]) == [name]
        assert set(twice) == {f"/fields/{name.lower()}", f"/fields/{name}"}

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"fields": {"System.Title": "x"}}, "/fields"),
            ({"fields": {"Effort": 1}}, "/fields"),
            ({"fields": {"Custom.Team": {"path": "custom..team"}}}, "/fields"),
            ({"priorities": {"high": 5}}, "/priorities/high"),
            ({"priorities": {"high": True}}, "/priorities/high"),
            ({"priorities": {"severe": 1}}, "/priorities"),
            ({"area_path": "\\"}, "/area_path"),
            ({"assignee": " "}, "/assignee"),
            ({"colour": "red"}, "/colour"),
        ],
    )
    def test_what_cannot_be_is_named(self, bridge: Bridge, changes: dict[str, Any], field: str) -> None:
        found = problems(bridge.link(**changes), status=422)

        assert any(name.startswith(field) for name in found), found


class TestTheLiveProject:
    def test_a_default_type_that_the_process_lacks_is_told_with_those_it_has(self, bridge: Bridge) -> None:
        found = problems(bridge.link(project="Platform"))

        assert "Product Backlog Item" in found["/work_item_type"]

    def test_a_project_that_is_not_there_is_told_with_near_names(self, bridge: Bridge) -> None:
        assert PROJECT in problems(bridge.link(project="Web Shpo"))["/project"]

    def test_all_problems_come_in_one_answer(self, bridge: Bridge) -> None:
        where = {"organization": bridge.name, "project": "Mobile", "type": "Bug"}
        for name, rule in (
            ("Custom.Team", {"required": True, "allowed_values": ["web", "app"]}),
            ("Custom.Must", {"required": True}),
        ):
            bridge.control("POST", "rules", {**where, "field": name, "rule": rule})
        before = belongings(bridge)

        found = problems(
            bridge.link(
                project="Mobile",
                work_item_type="Bug",
                area_path="Nowhere",
                iteration_path="Never",
                fields={
                    "Custom.Team": "desk",
                    "Custom.Unknown": 1,
                    "System.CreatedDate": "2026-01-01",
                    "Microsoft.VSTS.Common.Severity": "Terrible",
                },
            )
        )

        assert set(found) >= {
            "/area_path",
            "/iteration_path",
            "/fields/Custom.Team",
            "/fields/Custom.Unknown",
            "/fields/System.CreatedDate",
            "/fields/Microsoft.VSTS.Common.Severity",
            "/fields/Custom.Must",
        }
        assert "web, app" in found["/fields/Custom.Team"]
        assert "1 - Critical" in found["/fields/Microsoft.VSTS.Common.Severity"]
        assert belongings(bridge) == before

    def test_only_the_dry_run_knows_who_cannot_be_assigned_or_may_not_write(self, bridge: Bridge) -> None:
        token = {"organization": bridge.name, "user": "Reader", "may_write": False}
        bridge.token = bridge.control("POST", "personal-access-tokens", token)["token"]
        assert bridge.connect().ok

        found = problems(bridge.link())

        assert "no Issue can be made" in found["/project"]


class TestForms:
    def test_projects_types_and_area_paths(self, bridge: Bridge) -> None:
        base = f"connections/{bridge.name}/projects"
        every = bridge.ask("GET", base).json()
        assert PROJECT in [project["name"] for project in every["projects"]]
        found = bridge.ask("GET", base, params={"search": "web"}).json()["projects"]
        assert [project["name"] for project in found] == [PROJECT]

        first = bridge.ask("GET", base, params={"limit": "1"}).json()
        second = bridge.ask("GET", base, params={"limit": "1", "continuation": first["continuation"]}).json()
        assert [*first["projects"], *second["projects"]] == every["projects"][:2]

        types = bridge.ask("GET", f"{base}/Compliance/work-item-types", params={"search": "bug"}).json()
        (bug,) = types["work_item_types"]
        assert {"name": "Proposed", "category": "Proposed", "color": "b2b2b2"} in bug["states"]
        assert "System.Title" in [field["name"] for field in bug["required_fields"]]
        paths = bridge.ask("GET", f"{base}/{PROJECT}/area-paths").json()["area_paths"]
        assert PROJECT in paths

    def test_what_is_not_there(self, bridge: Bridge) -> None:
        assert bridge.ask("GET", "connections/nowhere/projects").status_code == 404
        assert bridge.ask("GET", f"connections/{bridge.name}/projects/Nowhere/area-paths").status_code == 404


class TestDisabled:
    @pytest.mark.parametrize("what", ["link", "connection"])
    def test_snapshots_wait_and_nothing_is_written(self, bridge: Bridge, what: str) -> None:
        save = bridge.link if what == "link" else bridge.connect
        known = bridge.send("K1")
        bridge.until(known, "open")
        assert save(enabled=False).json()["enabled"] is False
        asked = len(bridge.asked())

        ticket = bridge.send("V1")
        bridge.send("K1", title="newer")
        bridge.import_([bridge.snapshot("V2")])

        assert bridge.until(ticket, "waiting")
        eventually(lambda: settled(bridge), what="an empty queue")
        assert [request for request in bridge.asked()[asked:] if request["method"] in ("POST", "PATCH")] == []
        assert save(enabled=True).ok
        bridge.until_all(3)
        eventually(lambda: "newer" in {item["title"] for item in bridge.work_items()}, what="the newer title")
        assert len(bridge.work_items()) == 3


def settled(bridge: Bridge) -> bool:
    """Whether the wake-ups of what was sent were taken."""
    return not list(bridge.queue("ticket-work").peek_messages(1))
