"""The Azure DevOps simulator's faults, limits, control API and pages."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.functional.simulated_azure_devops import PATCH, Organization, simulator, until, written


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with simulator(tmp_path_factory.mktemp("faults") / "state.db", speed=60) as address:
        yield address


@pytest.fixture
def contoso(base: str) -> Iterator[Organization]:
    with Organization(base) as organization:
        yield organization


def arm(contoso: Organization, fault: str, **more: Any) -> None:
    match = {"method": "POST", "path": f"/{contoso.name}/.*wit/workitems"}
    contoso.control("POST", "faults", {"match": match, "fault": fault} | more)


def create(contoso: Organization) -> requests.Response:
    return contoso.patch("POST", "Web%20Shop/_apis/wit/workitems/$Issue", [written("Title", "x")])


def there(contoso: Organization) -> list[int]:
    return contoso.query("[System.Id] > 0", "Web%20Shop")


class TestFaults:
    def test_a_status_happens_as_often_as_asked(self, contoso: Organization) -> None:
        arm(contoso, "status:503", times=2)
        assert [create(contoso).status_code for _ in range(3)] == [503, 503, 200]
        assert len(there(contoso)) == 1

    def test_retry_after(self, contoso: Organization) -> None:
        arm(contoso, "retry_after:7")
        answer = create(contoso)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")

    def test_the_sign_in_page(self, contoso: Organization) -> None:
        arm(contoso, "sign_in_page")
        assert create(contoso).status_code == 203

    def test_latency(self, contoso: Organization) -> None:
        arm(contoso, "latency:120")
        started = time.monotonic()
        assert create(contoso).status_code == 200
        assert time.monotonic() - started >= 0.12

    @pytest.mark.parametrize(("fault", "made"), [("drop_before", 0), ("drop_after", 1)])
    def test_a_cut_connection(self, contoso: Organization, fault: str, made: int) -> None:
        arm(contoso, fault)
        with pytest.raises(requests.ConnectionError):
            create(contoso)
        assert len(there(contoso)) == made

    def test_work_that_is_done_late(self, contoso: Organization) -> None:
        arm(contoso, "late:0.3")
        with pytest.raises(requests.ConnectionError):
            create(contoso)
        assert len(until(lambda: there(contoso))) == 1

    def test_work_that_is_held_until_it_is_released(self, contoso: Organization) -> None:
        contoso.control("POST", "releases")  # frees nothing that is held later
        arm(contoso, "held")
        with pytest.raises(requests.ConnectionError):
            create(contoso)
        assert there(contoso) == []
        contoso.control("POST", "releases")
        assert len(until(lambda: there(contoso))) == 1

    def test_a_match_can_be_one_text(self, contoso: Organization) -> None:
        contoso.control("POST", "faults", {"match": f"GET /{contoso.name}/_apis/projects$", "fault": "status:500"})
        assert contoso.call("GET", "_apis/projects/Mobile").status_code == 200
        assert contoso.call("GET", "_apis/projects").status_code == 500

    def test_faults_are_listed_and_cleared(self, contoso: Organization) -> None:
        arm(contoso, "status:500", times=None)
        assert contoso.control("GET", "faults")["faults"][-1]["fault"] == "status:500"
        assert create(contoso).status_code == 500
        contoso.control("DELETE", "faults")
        assert create(contoso).status_code == 200

    def test_an_unknown_fault_is_refused(self, contoso: Organization) -> None:
        url = f"{contoso.base}/_simulator/faults"
        answer = contoso.session.post(url, json={"match": "x", "fault": "explode"}, timeout=10)
        assert answer.status_code == 400
        assert "drop_before" in answer.json()["error"]


class TestLimits:
    @pytest.fixture
    def limited(self, contoso: Organization) -> Iterator[Organization]:
        contoso.session.auth = ("", contoso.token(user=f"Busy <{contoso.name}@contoso.example>"))
        contoso.control("POST", "settings", {"tstu_limit": 10})
        yield contoso
        contoso.control("POST", "settings", {"tstu_limit": None})

    def test_warned_near_the_limit_and_blocked_beyond(self, limited: Organization) -> None:
        answers = [limited.call("GET", "_apis/projects") for _ in range(11)]
        assert "X-RateLimit-Remaining" not in answers[6].headers
        assert answers[8].headers["X-RateLimit-Remaining"] == "1"
        assert float(answers[8].headers["X-RateLimit-Delay"]) > 0
        assert (answers[9].status_code, answers[10].status_code) == (200, 429)
        assert int(answers[10].headers["Retry-After"]) >= 1
        assert "TF400733" in answers[10].json()["message"]

    def test_each_entry_of_a_batch_costs(self, limited: Organization) -> None:
        uri = "/Mobile/_apis/wit/workitems/$Bug?api-version=7.1"
        entry = {"method": "PATCH", "uri": uri, "headers": PATCH, "body": [written("Title", "x")]}
        assert limited.call("PATCH", "_apis/wit/$batch", [entry] * 10).status_code == 200
        assert limited.call("GET", "_apis/projects").status_code == 429

    def test_the_latency_model_charges_requests_and_entries(self, contoso: Organization) -> None:
        contoso.control("POST", "settings", {"latency": {"request_ms": 40, "entry_ms": 60}})
        try:
            started = time.monotonic()
            create(contoso)
            assert time.monotonic() - started >= 0.1
        finally:
            contoso.control("POST", "settings", {"latency": None})


class TestControl:
    def test_requests_are_remembered_without_credentials(self, contoso: Organization) -> None:
        create(contoso)
        asked = [r for r in contoso.control("GET", "requests")["requests"] if r["path"].startswith(f"/{contoso.name}/")]
        assert asked[-1]["path"].endswith("Web Shop/_apis/wit/workitems/$Issue")
        assert (asked[-1]["status"], asked[-1]["identity"]) == (200, "Bridge <bridge@contoso.example>")
        assert "uthorization" not in json.dumps(asked)

    def test_a_person_acts_with_a_real_revision(self, contoso: Organization) -> None:
        number = create(contoso).json()["id"]
        path = f"work-items/{number}?organization={contoso.name}"
        by = {"by": "Ada <ada@contoso.example>"}
        shown = contoso.control("POST", path, {"state": "Doing", "comment": "on it"} | by)
        assert (shown["state"], shown["rev"], shown["comments"]) == ("Doing", 2, ["on it"])
        assert shown["fields"]["System.ChangedBy"] == by["by"]
        assert contoso.control("POST", path, {"deleted": True})["deleted"] is True
        assert contoso.control("POST", path, {"deleted": False})["rev"] == 4
        listed = contoso.control("GET", f"work-items?organization={contoso.name}")["work_items"]
        assert [(item["id"], item["project"], item["deleted"]) for item in listed] == [(number, "Web Shop", False)]

    def test_settings_survive_a_restart(self, tmp_path: Path) -> None:
        for expected in (None, "atomic"):
            with simulator(tmp_path / "state.db") as base, Organization(base) as own:
                assert own.control("GET", "settings").get("batch", {}).get("") == expected
                own.control("POST", "settings", {"batch": "atomic"})


class TestPages:
    @pytest.fixture
    def page(self, contoso: Organization) -> str:
        item = contoso.create(
            Title="<i>Log4Shell</i>",
            Description="<p>Upgrade <b>now</b></p>",
            Tags="security",
            links=["https://x.example/1"],
        )
        return str(item["_links"]["html"]["href"])

    def test_shows_the_item_with_its_own_text_escaped(self, contoso: Organization, page: str) -> None:
        text = contoso.session.get(page, timeout=10).text
        assert "&lt;i&gt;Log4Shell&lt;/i&gt;" in text
        assert "<p>Upgrade <b>now</b></p>" in text
        assert 'href="https://x.example/1"' in text
        assert "<i>Log4Shell</i>" not in text

    def test_buttons_act(self, contoso: Organization, page: str) -> None:
        def press(**form: str) -> str:
            return contoso.session.post(page, data=form, timeout=10).text

        assert '<b id="state">Closed</b>' in press(action="state", state="Closed")
        assert "looks <b>fixed</b>" in press(action="comment", comment="looks <b>fixed</b>")
        assert "Restore" in press(action="delete")
        assert "Change state" in press(action="restore")
        assert 'value="Ada &lt;ada@x.example&gt;"' in press(action="assignee", assignee="Ada <ada@x.example>")
        assert 'role="alert"' in press(action="title", title="")

    def test_lists_lead_to_the_item(self, contoso: Organization, page: str) -> None:
        number = page.rpartition("/")[2]
        for path in ("", "/Mobile"):
            text = contoso.session.get(f"{contoso.base}/{contoso.name}{path}", timeout=10).text
            assert f'/{contoso.name}/Mobile/_workitems/edit/{number}"' in text

    @pytest.mark.parametrize("path", ["Nowhere", "Mobile/_workitems/edit/99999"])
    def test_what_is_not_there_is_said_on_a_page_with_a_way_back(self, contoso: Organization, path: str) -> None:
        answer = contoso.session.get(f"{contoso.base}/{contoso.name}/{path}", timeout=10)

        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")
        assert f'<a href="/{contoso.name}">' in answer.text

    def test_the_address_alone_lists_the_organizations(self, contoso: Organization) -> None:
        answer = contoso.session.get(contoso.base, timeout=10)

        assert answer.status_code == 200
        assert f'<a href="/{contoso.name}">' in answer.text
