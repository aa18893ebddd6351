"""The Azure DevOps simulator's work item side, asked with plain HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.simulated_azure_devops import PATCH, Organization, link, simulator, written

RECORDED = Path(__file__).parents[3] / "shared/reference/payloads/azure-devops-cli-extension"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with simulator(tmp_path_factory.mktemp("azure-devops") / "state.db") as address:
        yield address


@pytest.fixture
def contoso(base: str) -> Iterator[Organization]:
    with Organization(base) as organization:
        yield organization


def recorded(name: str) -> Any:
    file = RECORDED / f"{name}.json"
    if not file.is_file():
        pytest.skip("the recorded answers are not here")
    return json.loads(file.read_text())["response"]["body"]


def refused(answer: Any, status: int, text: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert text in answer.json()["message"]
    assert answer.headers["X-TFS-ServiceError"]
    return dict(answer.json())


def priority_of(number: int) -> dict[str, Any]:
    return {"Microsoft.VSTS.Common.Priority": number}


class TestSignIn:
    @pytest.fixture(autouse=True)
    def _revoked(self, contoso: Organization) -> None:
        assert isinstance(contoso.session.auth, tuple)
        contoso.control("DELETE", f"personal-access-tokens/{contoso.session.auth[1]}")

    def test_a_revoked_token_gets_the_sign_in_page_with_status_203(self, contoso: Organization) -> None:
        answer = contoso.call("GET", "_apis/projects")
        assert (answer.status_code, answer.headers["Content-Type"]) == (203, "text/html; charset=utf-8")

    def test_without_credential_a_read_is_redirected(self, contoso: Organization) -> None:
        contoso.session.auth = None
        answer = contoso.call("GET", "_apis/projects")
        assert answer.status_code == 302
        assert "/_signin" in answer.headers["Location"]

    def test_a_client_that_suppresses_the_redirect_gets_an_empty_401(self, contoso: Organization) -> None:
        answer = contoso.call("GET", "_apis/projects", headers={"X-TFS-FedAuthRedirect": "Suppress"})
        assert (answer.status_code, answer.content) == (401, b"")
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")

    def test_a_write_is_refused_with_json(self, contoso: Organization) -> None:
        refused(contoso.update(1, written("Title", "x")), 401, "TF400813")


class TestRights:
    def test_a_token_is_good_for_its_own_organization_only(self, contoso: Organization) -> None:
        contoso.name = "fabrikam"
        assert contoso.call("GET", "_apis/projects").status_code == 203

    def test_an_unknown_organization_is_not_found(self, contoso: Organization) -> None:
        contoso.name = "nobody"
        assert contoso.call("GET", "_apis/projects").status_code == 404

    def test_an_expired_token_is_not_accepted(self, contoso: Organization) -> None:
        contoso.session.auth = ("", contoso.token(valid_to="2020-01-01T00:00:00Z"))
        assert contoso.call("GET", "_apis/projects").status_code == 203

    def test_a_scope_that_only_reads_cannot_create(self, contoso: Organization) -> None:
        contoso.session.auth = ("any name", contoso.token(scopes=["vso.work"]))
        assert contoso.query("[System.Id] > 0") == []
        document = [written("Title", "x")]
        refused(contoso.patch("POST", "Mobile/_apis/wit/workitems/$Bug", document), 401, "TF400813")

    def test_what_may_not_be_seen_looks_as_if_it_were_not_there(self, contoso: Organization) -> None:
        hidden = contoso.create("Platform")["id"]
        contoso.session.auth = ("", contoso.token(projects=["Mobile"]))
        assert [p["name"] for p in contoso.call("GET", "_apis/projects").json()["value"]] == ["Mobile"]
        refused(contoso.call("GET", f"_apis/wit/workitems/{hidden}"), 404, "TF401232")
        refused(contoso.call("GET", "_apis/projects/Platform"), 404, "TF200016")

    def test_a_missing_right_is_403(self, contoso: Organization) -> None:
        item = contoso.create()
        contoso.session.auth = ("", contoso.token(may_write=False, may_administer=False))
        refused(contoso.update(item["id"], written("Title", "x")), 403, "TF237111")
        refused(contoso.call("GET", "_apis/hooks/subscriptions"), 403, "Edit subscriptions")


class TestProjects:
    def test_connection_data_names_the_caller(self, contoso: Organization) -> None:
        answer = contoso.call("GET", "_apis/connectionData", params={"api-version": "7.1-preview"})
        assert answer.json()["authenticatedUser"]["providerDisplayName"] == "Bridge"
        assert answer.json().keys() >= recorded("connection_data_200").keys()

    def test_a_preview_resource_needs_the_preview_flag(self, contoso: Organization) -> None:
        refused(contoso.call("GET", "_apis/connectionData"), 400, "-preview flag must be supplied")

    def test_a_write_needs_a_version(self, contoso: Organization) -> None:
        answer = contoso.session.post(f"{contoso.base}/{contoso.name}/_apis/wit/wiql", json={}, timeout=10)
        refused(answer, 400, "No api-version was supplied")

    def test_pages_are_followed_with_the_continuation_token(self, contoso: Organization) -> None:
        first = contoso.call("GET", "_apis/projects", params={"$top": "3"})
        token = first.headers["x-ms-continuationtoken"]
        second = contoso.call("GET", "_apis/projects", params={"$top": "3", "continuationToken": token})
        names = [project["name"] for answer in (first, second) for project in answer.json()["value"]]
        assert names == ["Compliance", "Mobile", "Platform", "Web Shop"]
        assert "x-ms-continuationtoken" not in second.headers

    def test_an_unknown_project_is_refused_as_recorded(self, contoso: Organization) -> None:
        body = refused(contoso.call("GET", "_apis/projects/Nowhere"), 404, "TF200016")
        expected = recorded("workitem_create_404_project_not_found_TF200016")
        named = expected["message"].replace("WorkItemCreateShowUpdateDeleteTests", "Nowhere")
        assert body == expected | {"message": named}

    @pytest.mark.parametrize(
        ("project", "kind", "expected"),
        [
            ("Web%20Shop", "Issue", ["Proposed", "InProgress", "Completed"]),
            ("Mobile", "Bug", ["Proposed", "InProgress", "Resolved", "Completed"]),
            ("Platform", "Bug", ["Proposed", "Proposed", "InProgress", "Completed", "Removed"]),
            ("Compliance", "Change%20Request", ["Proposed", "InProgress", "Resolved", "Completed"]),
        ],
    )
    def test_states_have_categories(self, contoso: Organization, project: str, kind: str, expected: list[str]) -> None:
        answer = contoso.call("GET", f"{project}/_apis/wit/workitemtypes/{kind}/states")
        assert [state["category"] for state in answer.json()["value"]] == expected

    def test_fields_tell_what_is_required_and_allowed(self, contoso: Organization) -> None:
        answer = contoso.call("GET", "Mobile/_apis/wit/workitemtypes/Bug/fields", params={"$expand": "all"})
        fields = {field["referenceName"]: field for field in answer.json()["value"]}
        assert fields["System.Title"]["alwaysRequired"] is True
        assert fields["Microsoft.VSTS.Common.Priority"]["allowedValues"] == ["1", "2", "3", "4"]
        assert fields["Microsoft.VSTS.Common.Severity"]["defaultValue"] == "3 - Medium"

    def test_areas_are_a_tree(self, contoso: Organization) -> None:
        params = {"$depth": "2"}
        root = contoso.call("GET", "Mobile/_apis/wit/classificationnodes/areas", params=params).json()
        assert root["path"] == "\\Mobile\\Area"
        assert [child["name"] for child in root["children"]] == ["Backend", "Frontend"]
        assert root["children"][0]["children"][0]["path"] == "\\Mobile\\Area\\Backend\\Payments"


class TestCreate:
    def test_the_answer_has_the_recorded_shape(self, contoso: Organization) -> None:
        item = contoso.create("Web%20Shop", "Task")
        expected = recorded("workitem_create_200")
        assert item.keys() == expected.keys()
        assert item["fields"].keys() == expected["fields"].keys()
        assert item["_links"].keys() == expected["_links"].keys()
        assert item["fields"]["System.CreatedBy"].keys() == expected["fields"]["System.CreatedBy"].keys()
        assert (item["rev"], item["fields"]["System.State"]) == (1, "To Do")

    def test_html_is_cleaned_and_values_are_kept(self, contoso: Organization) -> None:
        text = '<p onclick="x()">a<script>alert(1)</script><b>b</b></p>'
        item = contoso.create(Description=text, AreaPath="Mobile\\Backend", AssignedTo="Ada <ada@contoso.example>")
        assert item["fields"]["System.Description"] == "<p>a<b>b</b></p>"
        assert item["fields"]["System.AreaPath"] == "Mobile\\Backend"
        assert item["fields"]["System.AssignedTo"]["uniqueName"] == "ada@contoso.example"

    def test_a_missing_title_breaks_a_rule(self, contoso: Organization) -> None:
        body = refused(contoso.patch("POST", "Mobile/_apis/wit/workitems/$Bug", []), 400, "TF401320")
        error = body["customProperties"]["RuleValidationErrors"][0]
        assert (error["fieldReferenceName"], body["typeKey"]) == ("System.Title", "RuleValidationException")

    @pytest.mark.parametrize(
        ("name", "value", "status", "code"),
        [
            ("Custom.Missing", "x", 404, "TF51535"),
            ("System.CreatedDate", "2026-01-01", 400, "TF401326"),
            ("System.State", "Closed", 400, "TF401320"),
            ("System.State", "Nonsense", 400, "TF401320"),
            ("System.AreaPath", "Mobile\\Nowhere", 400, "TF401347"),
            ("System.Title", "x" * 256, 400, "TF401324"),
            ("System.Tags", ";".join(f"t{n}" for n in range(101)), 400, "VS403371"),
            ("System.Tags", "x" * 401, 400, "TF401407"),
            ("System.Description", "x" * 1_048_577, 400, "VS402625"),
            ("Microsoft.VSTS.Common.Priority", 5, 400, "TF401320"),
        ],
    )
    def test_refuses_what_the_service_refuses(
        self, contoso: Organization, name: str, value: Any, status: int, code: str
    ) -> None:
        document = [written("Title", "x"), written(name, value)]
        refused(contoso.patch("POST", "Mobile/_apis/wit/workitems/$Bug", document), status, code)
        assert contoso.query("[System.Id] > 0") == []

    def test_a_custom_required_field_is_enforced(self, contoso: Organization) -> None:
        rule = {"required": True, "allowed_values": ["Low", "High"]}
        place = {"organization": contoso.name, "project": "Mobile", "type": "Bug", "field": "Custom.Impact"}
        contoso.control("POST", "rules", place | {"rule": rule})
        document = [written("Title", "x")]
        refused(contoso.patch("POST", "Mobile/_apis/wit/workitems/$Bug", document), 400, "TF401320")
        assert contoso.create(**{"Custom.Impact": "High"})["fields"]["Custom.Impact"] == "High"

    def test_unknown_places_are_not_found(self, contoso: Organization) -> None:
        document = [written("Title", "x")]
        refused(contoso.patch("POST", "Mobile/_apis/wit/workitems/$Story", document), 404, "VS402323")
        refused(contoso.patch("POST", "Nowhere/_apis/wit/workitems/$Bug", document), 404, "TF200016")

    def test_only_json_patch_is_taken(self, contoso: Organization) -> None:
        refused(contoso.call("POST", "Mobile/_apis/wit/workitems/$Bug", [written("Title", "x")]), 415, "Content-Type")
        answer = contoso.call("POST", "Mobile/_apis/wit/workitems/$Bug", data="{}", headers=PATCH)
        refused(answer, 400, "valid patch document")

    def test_validate_only_makes_nothing(self, contoso: Organization) -> None:
        document = [written("Title", "x")]
        answer = contoso.patch("POST", "Mobile/_apis/wit/workitems/$Bug", document, validateOnly="true")
        assert answer.status_code == 200
        assert contoso.query("[System.Id] > 0") == []

    def test_a_hyperlink_cannot_be_there_twice(self, contoso: Organization) -> None:
        item = contoso.create(links=["https://platform.example/1"])
        answer = contoso.update(item["id"], link("https://platform.example/1"))
        refused(answer, 400, "Relation already exists.")


class TestUpdate:
    def test_add_merges_tags_and_replace_sets_them(self, contoso: Organization) -> None:
        number = contoso.create(Tags="b; a")["id"]
        merged = contoso.update(number, written("Tags", "c; A"))
        assert merged.json()["fields"]["System.Tags"] == "a; b; c"
        assert contoso.update(number, written("Tags", "d", "replace")).json()["fields"]["System.Tags"] == "d"

    def test_a_stale_revision_is_refused_and_changes_nothing(self, contoso: Organization) -> None:
        number = contoso.create()["id"]
        fresh = contoso.update(number, {"op": "test", "path": "/rev", "value": 1}, written("Title", "second"))
        assert fresh.json()["rev"] == 2
        stale = contoso.update(number, {"op": "test", "path": "/rev", "value": 1}, written("Title", "third"))
        body = refused(stale, 412, "VS403351")
        assert body["typeKey"] == "TestPatchOperationFailedException"
        assert contoso.call("GET", f"_apis/wit/workitems/{number}").json()["fields"]["System.Title"] == "second"

    def test_a_change_of_nothing_is_no_revision(self, contoso: Organization) -> None:
        number = contoso.create()["id"]
        assert contoso.update(number).json()["rev"] == 1
        assert contoso.update(number, written("Title", "Log4Shell")).json()["rev"] == 1

    def test_a_state_brings_its_reason_and_dates(self, contoso: Organization) -> None:
        number = contoso.create()["id"]
        closed = contoso.update(number, written("State", "Closed")).json()["fields"]
        assert closed["System.Reason"] == "Moved to state Closed"
        assert "Microsoft.VSTS.Common.ClosedDate" in closed
        reopened = contoso.update(number, written("State", "Active")).json()["fields"]
        assert "Microsoft.VSTS.Common.ClosedDate" not in reopened

    def test_history_becomes_a_comment(self, contoso: Organization) -> None:
        number = contoso.create()["id"]
        contoso.update(number, written("State", "Active"), written("History", "one <b>reason</b>"))
        path = f"Mobile/_apis/wit/workItems/{number}/comments"
        preview = {"api-version": "7.1-preview.4"}
        contoso.call("POST", path, {"text": "two"}, params=preview)
        answer = contoso.call("GET", path, params=preview).json()
        assert [comment["text"] for comment in answer["comments"]] == ["two", "one <b>reason</b>"]
        fields = contoso.call("GET", f"_apis/wit/workitems/{number}").json()["fields"]
        assert fields["System.CommentCount"] == 2

    def test_updates_have_old_and_new_values(self, contoso: Organization) -> None:
        number = contoso.create()["id"]
        contoso.update(number, written("State", "Active"))
        updates = contoso.call("GET", f"_apis/wit/workitems/{number}/updates").json()["value"]
        assert updates[1]["fields"]["System.State"] == {"oldValue": "New", "newValue": "Active"}
        assert "oldValue" not in updates[0]["fields"]["System.Title"]

    def test_links_between_work_items_make_an_update_but_no_revision(self, contoso: Organization) -> None:
        number, other = contoso.create()["id"], contoso.create()["id"]
        relation = {"rel": "System.LinkTypes.Related", "url": f"{contoso.base}/x/_apis/wit/workItems/{other}"}
        item = contoso.update(number, {"op": "add", "path": "/relations/-", "value": relation}).json()
        assert (item["rev"], len(item["relations"])) == (1, 1)
        removed = contoso.update(number, {"op": "remove", "path": "/relations/0"}).json()
        assert "relations" not in removed
        assert contoso.call("GET", f"_apis/wit/workitems/{number}/updates").json()["count"] == 3

    def test_an_item_can_move_to_another_project(self, contoso: Organization) -> None:
        number = contoso.create()["id"]
        moved = contoso.update(number, written("TeamProject", "Platform")).json()
        assert moved["fields"]["System.AreaPath"] == "Platform"
        assert contoso.query("[System.TeamProject] = @project", project="Platform") == [number]


class TestRead:
    def test_missing_ones_fail_or_are_null(self, contoso: Organization) -> None:
        number = contoso.create(links=["https://platform.example/1"])["id"]
        asked = {"ids": [number, 999], "$expand": "Relations"}
        refused(contoso.call("POST", "_apis/wit/workitemsbatch", asked), 404, "TF401232")
        found = contoso.call("POST", "_apis/wit/workitemsbatch", asked | {"errorPolicy": "omit"}).json()
        assert found["value"][0]["relations"][0]["url"] == "https://platform.example/1"
        assert found["value"][1] is None

    def test_at_most_200_at_once(self, contoso: Organization) -> None:
        asked = {"ids": list(range(1, 202)), "errorPolicy": "omit"}
        refused(contoso.call("POST", "_apis/wit/workitemsbatch", asked), 400, "200")

    def test_fields_are_chosen_and_exclude_expansion(self, contoso: Organization) -> None:
        number = contoso.create()["id"]
        params = {"ids": str(number), "fields": "System.Id,System.Title"}
        listed = contoso.call("GET", "_apis/wit/workitems", params=params).json()
        assert listed["value"][0]["fields"] == {"System.Id": number, "System.Title": "Log4Shell"}
        answer = contoso.call("GET", "_apis/wit/workitems", params=params | {"$expand": "relations"})
        refused(answer, 400, "expand parameter")


class TestRecycleBin:
    def test_delete_restore_destroy(self, contoso: Organization) -> None:
        number = contoso.create()["id"]
        deleted = contoso.call("DELETE", f"_apis/wit/workitems/{number}")
        assert (deleted.status_code, deleted.json()["resource"]["rev"]) == (200, 2)
        refused(contoso.call("GET", f"_apis/wit/workitems/{number}"), 404, "TF401232")
        assert contoso.query("[System.Id] > 0") == []
        listed = contoso.call("GET", "Mobile/_apis/wit/recyclebin").json()
        assert [found["id"] for found in listed["value"]] == [number]
        restored = contoso.call("PATCH", f"Mobile/_apis/wit/recyclebin/{number}", {"isDeleted": False})
        assert restored.json()["resource"]["rev"] == 3
        assert contoso.query("[System.Id] > 0") == [number]
        assert contoso.call("DELETE", f"_apis/wit/workitems/{number}", params={"destroy": "true"}).status_code == 204
        refused(contoso.call("GET", f"Mobile/_apis/wit/recyclebin/{number}"), 404, "TF401232")


class TestBatch:
    @staticmethod
    def entry(kind: str, *document: Any) -> dict[str, Any]:
        uri = f"/Mobile/_apis/wit/workitems/${kind}?api-version=7.1"
        return {"method": "PATCH", "uri": uri, "headers": PATCH, "body": list(document)}

    def send(self, contoso: Organization) -> list[tuple[int, Any]]:
        entries = [
            self.entry("Bug", written("Title", "one")),
            self.entry("Bug"),
            self.entry("User%20Story", written("Title", "three")),
        ]
        answer = contoso.call("PATCH", "_apis/wit/$batch", entries)
        assert (answer.status_code, answer.json()["count"]) == (200, 3)
        return [(entry["code"], json.loads(entry["body"])) for entry in answer.json()["value"]]

    def test_entries_are_independent_by_default(self, contoso: Organization) -> None:
        results = self.send(contoso)
        assert [code for code, _ in results] == [200, 400, 200]
        assert "TF401320" in results[1][1]["value"]["Message"]
        assert contoso.query("[System.Id] > 0") == [results[0][1]["id"], results[2][1]["id"]]

    def test_an_atomic_batch_does_nothing_when_one_entry_fails(self, contoso: Organization) -> None:
        contoso.control("POST", "settings", {"batch": "atomic", "organization": contoso.name})
        results = self.send(contoso)
        assert [code for code, _ in results] == [500, 400, 500]
        assert results[0][1] == {"count": 1, "value": {"Message": "TF401321: Whole Bulk failed."}}
        assert contoso.query("[System.Id] > 0") == []

    def test_updates_travel_with_the_organization_in_their_address(self, contoso: Organization) -> None:
        number = contoso.create()["id"]
        uri = f"/{contoso.name}/_apis/wit/workitems/{number}?api-version=7.1"
        entry = {"method": "PATCH", "uri": uri, "headers": PATCH, "body": [written("Title", "new")]}
        results = contoso.call("PATCH", "_apis/wit/$batch", [entry]).json()["value"]
        assert json.loads(results[0]["body"])["rev"] == 2


class TestQuery:
    def test_tags_match_whole_and_quotes_are_doubled(self, contoso: Organization) -> None:
        one = contoso.create(Tags="security; o'neil", Title="Log4Shell in a")["id"]
        two = contoso.create(Tags="security-later", Title="100% done")["id"]
        assert contoso.query("[System.Tags] CONTAINS 'Security'") == [one]
        assert contoso.query("[System.Tags] CONTAINS 'o''neil'") == [one]
        assert contoso.query("[System.Tags] NOT CONTAINS 'security'") == [two]
        assert contoso.query("[Title] CONTAINS 'log4shell'") == [one]

    def test_conditions_combine(self, contoso: Organization) -> None:
        places = [(1, "Backend\\Payments"), (2, "Frontend"), (3, "Backend")]
        bugs = [contoso.create(AreaPath=f"Mobile\\{area}", **priority_of(number))["id"] for number, area in places]
        contoso.create("Platform")
        area = "[System.AreaPath] UNDER 'Mobile\\Backend'"
        assert contoso.query(f"[System.TeamProject] = @project AND {area}") == [bugs[0], bugs[2]]
        priority = "[Microsoft.VSTS.Common.Priority]"
        either = f"({priority} = 1 OR {priority} >= 3) AND [System.Title] <> 'x'"
        assert contoso.query(either) == [bugs[0], bugs[2]]
        assert contoso.query(f"{priority} IN (1, 2) AND {area}") == [bugs[0]]
        ordered = f"[System.TeamProject] = @project ORDER BY {priority} DESC"
        assert contoso.query(ordered) == [*reversed(bugs)]
        assert contoso.query(ordered, **{"$top": "1"}) == [bugs[2]]

    def test_times_need_time_precision(self, contoso: Organization) -> None:
        item = contoso.create()
        created = item["fields"]["System.CreatedDate"]
        body = {"query": f"SELECT [System.Id] FROM WorkItems WHERE [System.CreatedDate] >= '{created}'"}
        refused(contoso.call("POST", "_apis/wit/wiql", body), 400, "TF51583")
        assert contoso.query(f"[System.CreatedDate] >= '{created}'", timePrecision="true") == [item["id"]]
        assert contoso.query(f"[System.CreatedDate] > '{created}'", timePrecision="true") == []
        assert contoso.query("[System.CreatedDate] >= @today - 1") == [item["id"]]

    def test_people_are_found_by_any_of_their_names(self, contoso: Organization) -> None:
        item = contoso.create(AssignedTo="Ada <ada@contoso.example>")
        for name in ("Ada", "ada@contoso.example", "Ada <ada@contoso.example>"):
            assert contoso.query(f"[System.AssignedTo] = '{name}'") == [item["id"]]
        assert contoso.query("[System.AssignedTo] <> 'Ada'") == []

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("SELECT [System.Id] FROM WorkItems WHERE [Custom] = 1", "TF51005"),
            ("SELECT [System.Id] FROM WorkItems WHERE [System.Id] = ", "TF51006"),
            ("SELECT [System.Id] FROM WorkItemLinks", "TF51006"),
            ("SELECT [System.Id] FROM WorkItems WHERE [System.Id] ~ 1", "TF51006"),
            ("x" * 32_001, "VS402336"),
        ],
    )
    def test_refuses_what_it_cannot_read(self, contoso: Organization, query: str, code: str) -> None:
        refused(contoso.call("POST", "_apis/wit/wiql", {"query": query}), 400, code)


class TestDeltaFeed:
    def read(self, contoso: Organization, **params: str) -> Any:
        return contoso.call("GET", "Mobile/_apis/wit/reporting/workitemrevisions", params=params).json()

    def test_the_token_continues_where_the_page_ended(self, contoso: Organization) -> None:
        number = contoso.create(Description="long")["id"]
        contoso.update(number, written("Title", "second"))
        first = self.read(contoso, **{"$maxPageSize": "1"})
        second = self.read(contoso, continuationToken=first["continuationToken"])
        revisions = [(value["id"], value["rev"]) for page in (first, second) for value in page["values"]]
        assert revisions == [(number, 1), (number, 2)]
        assert (first["isLastBatch"], second["isLastBatch"]) == (False, True)
        assert "System.Description" not in first["values"][0]["fields"]
        third = self.read(contoso, continuationToken=second["continuationToken"])
        assert (third["values"], third["continuationToken"]) == ([], second["continuationToken"])

    def test_deleted_ones_only_when_asked_for(self, contoso: Organization) -> None:
        number = contoso.create()["id"]
        contoso.call("DELETE", f"_apis/wit/workitems/{number}")
        assert self.read(contoso)["values"] == []
        deleted = self.read(contoso, includeDeleted="true", includeLatestOnly="true")["values"]
        assert [(value["rev"], value["fields"]["System.IsDeleted"]) for value in deleted] == [(2, True)]
