"""`?full=true`: what the same scan of the same asset does not have any more is fixed, and nothing else."""

import json
from typing import Any

import pytest
import requests

from tests.functional.bridge import Bridge, eventually

WELL = [{"executionSuccessful": True}]


def result(rule: str, line: int = 1, **more: Any) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": "src/a.py"}, "region": {"startLine": line, "snippet": {"text": rule}}}
    return {"ruleId": rule, "message": {"text": f"{rule}."}, "locations": [{"physicalLocation": place}], **more}


def run(*rules: str, tool: str = "Lint", scan: str = "nightly/", **more: Any) -> dict[str, Any]:
    found = [result(rule) for rule in rules]
    details = {"automationDetails": {"id": scan}, "invocations": WELL}
    return {"tool": {"driver": {"name": tool}}, "results": found, **details, **more}


def sarif(*runs: dict[str, Any]) -> bytes:
    return json.dumps({"version": "2.1.0", "runs": list(runs)}).encode()


def send(bridge: Bridge, *runs: dict[str, Any], asset: str = "", **query: str) -> requests.Response:
    params = {"kind": "application", "asset": asset or bridge.asset, **query}
    return bridge.import_(sarif(*runs), params=params, headers={"Content-Type": "application/sarif+json"})


def full(bridge: Bridge, *runs: dict[str, Any], **query: str) -> dict[str, Any]:
    answer = send(bridge, *runs, full="true", **query)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def rules(bridge: Bridge, status: str) -> set[str]:
    """The rules of the tickets that have a status, by their ids: tool, rule, path, hash."""
    return {ticket["vulnerabilities"][0].split(":")[1] for ticket in bridge.tickets(status=status)}


def until(bridge: Bridge, *, opened: str = "", closed: str = "") -> None:
    def look() -> bool:
        return rules(bridge, "open") == set(opened.split()) and rules(bridge, "closed") == set(closed.split())

    eventually(look, what=f"open {opened}, closed {closed}")


class TestGoneIsFixed:
    def test_what_a_full_report_does_not_have_is_closed_and_opened_when_it_returns(self, bridge: Bridge) -> None:
        send(bridge, run("R1", "R2", "R3"))
        until(bridge, opened="R1 R2 R3")

        report = full(bridge, run("R1", "R2"))
        until(bridge, opened="R1 R2", closed="R3")
        again = full(bridge, run("R1", "R2"))
        returned = full(bridge, run("R1", "R2", "R3"))
        until(bridge, opened="R1 R2 R3")

        assert (report["gone"], report["changed"], report["unchanged"], report["not_compared"]) == (1, 0, 2, [])
        assert (again["gone"], again["changed"]) == (0, 0)
        assert (returned["gone"], returned["changed"]) == (0, 1)
        assert len(bridge.work_items()) == 3

    def test_a_moved_line_is_the_same_result(self, bridge: Bridge) -> None:
        send(bridge, run("R1"))

        report = full(bridge, run() | {"results": [result("R1", line=70)]})

        assert (report["gone"], report["accepted"]) == (0, 1)
        until(bridge, opened="R1")
        assert len(bridge.tickets()) == 1

    def test_without_full_nothing_is_gone(self, bridge: Bridge) -> None:
        send(bridge, run("R1", "R2"))

        report = send(bridge, run("R1")).json()

        assert (report["gone"], report["not_compared"]) == (0, [])
        until(bridge, opened="R1 R2")

    def test_what_is_accepted_stays_accepted(self, bridge: Bridge) -> None:
        accepted = result("R2", suppressions=[{"kind": "external", "justification": "accepted"}])
        send(bridge, run() | {"results": [result("R1"), accepted]})

        assert full(bridge, run("R1"))["gone"] == 0


class TestOnlyTheSameScan:
    @pytest.mark.parametrize(
        "other",
        [
            run("R1", tool="Other"),
            run("R1", scan="weekly/"),
            run("R1", automationDetails={}),
        ],
        ids=["tool", "scan", "no scan"],
    )
    def test_another_scan_says_nothing_of_it(self, bridge: Bridge, other: dict[str, Any]) -> None:
        send(bridge, run("R1", "R2"))

        assert full(bridge, other, confirm="true")["gone"] == 0

    def test_another_asset_says_nothing_of_it(self, bridge: Bridge) -> None:
        bridge.link(asset=f"{bridge.asset}-2")
        send(bridge, run("R1", "R2"))

        assert full(bridge, run("R1"), asset=f"{bridge.asset}-2", confirm="true")["gone"] == 0

    def test_what_two_scans_have_is_open_until_the_last_one_has_it_no_more(self, bridge: Bridge) -> None:
        send(bridge, run("R1", "R2", "R3"))
        send(bridge, run("R1", "R2", "R3", scan="weekly/"))

        assert full(bridge, run("R1", "R2"))["gone"] == 0
        assert full(bridge, run("R1", "R2", scan="weekly/"))["gone"] == 1
        until(bridge, opened="R1 R2", closed="R3")

    def test_what_the_platform_sent_itself_is_not_a_scans(self, bridge: Bridge) -> None:
        send(bridge, run("R1", "R2"))
        until(bridge, opened="R1 R2")
        ticket = next(one for one in bridge.tickets() if ":R2:" in one["vulnerabilities"][0])
        bridge.send(ticket["vulnerabilities"][0], title="the platform's own")

        assert full(bridge, run("R1"))["gone"] == 0

    def test_runs_of_one_report_are_compared_each_with_its_own(self, bridge: Bridge) -> None:
        send(bridge, run("A1", "A2", "A3", tool="A"), run("B1", "B2", "B3", tool="B"))

        report = full(bridge, run("A1", "A2", tool="A"), run("B1", tool="B", invocations=[]))

        assert report["gone"] == 1
        assert [entry["scan"] for entry in report["not_compared"]] == ["B nightly/"]
        until(bridge, opened="A1 A2 B1 B2 B3", closed="A3")

    def test_a_source_names_the_scan_where_the_report_does_not(self, bridge: Bridge) -> None:
        send(bridge, run("R1", "R2", "R3", scan="build-1"), source="nightly")

        assert full(bridge, run("R1", "R2", scan="build-2"), source="nightly")["gone"] == 1


class TestOnlyWhatIsSure:
    @pytest.mark.parametrize(
        "doubt",
        [
            {"invocations": [{}]},
            {"invocations": [{"executionSuccessful": False}]},
            {"results": None},
            {"results": [result("R1"), {"message": {}}]},
            {"invocations": [{"executionSuccessful": True, "endTimeUtc": "2400-01-01T00:00:00Z"}]},
        ],
        ids=["not said", "failed", "did not scan", "refused", "future"],
    )
    def test_a_scan_that_may_have_missed_something_concludes_nothing(
        self, bridge: Bridge, doubt: dict[str, Any]
    ) -> None:
        send(bridge, run("R1", "R2"))

        report = full(bridge, run("R1") | doubt, confirm="true")

        assert report["gone"] == 0
        assert report["not_compared"][0]["reason"]

    def test_most_is_gone_only_if_somebody_confirms_it(self, bridge: Bridge) -> None:
        send(bridge, run("R1", "R2", "R3"))
        until(bridge, opened="R1 R2 R3")

        refused = send(bridge, run("R4"), full="true")

        assert refused.status_code == 409, refused.text
        assert "3 of 3" in refused.json()["detail"]
        assert refused.json()["problems"][0]["field"] == "confirm"
        assert len(bridge.tickets()) == 3, "nothing was written, not even what is new"
        assert full(bridge, run("R4"), confirm="true")["gone"] == 3
        until(bridge, opened="R4", closed="R1 R2 R3")

    def test_a_newer_snapshot_wins_over_an_older_report(self, bridge: Bridge) -> None:
        ended = {"invocations": [{"executionSuccessful": True, "endTimeUtc": "2026-01-02T00:00:00Z"}]}
        late = {"invocations": [{"executionSuccessful": True, "endTimeUtc": "2026-01-01T00:00:00Z"}]}
        send(bridge, run("R1", "R2", "R3") | ended)

        assert full(bridge, run("R1", "R2") | late)["gone"] == 0
        until(bridge, opened="R1 R2 R3")


class TestArrays:
    def array(self, bridge: Bridge, *ids: str, **query: str) -> requests.Response:
        return bridge.import_([bridge.snapshot(id_) for id_ in ids], params=query)

    def test_a_full_array_needs_a_source(self, bridge: Bridge) -> None:
        refused = self.array(bridge, "V1", full="true")

        assert (refused.status_code, refused.json()["problems"][0]["field"]) == (400, "source")

    def test_what_is_gone_from_the_source_is_fixed(self, bridge: Bridge) -> None:
        self.array(bridge, "V1", "V2", "V3", source="inventory")
        self.array(bridge, "V4", "V5")
        bridge.until_all(5)

        report = self.array(bridge, "V1", "V2", source="inventory", full="true").json()

        assert report["gone"] == 1
        assert bridge.until_all(1, "closed")[0]["vulnerabilities"] == ["V3"]

    def test_an_empty_array_says_whose_it_is(self, bridge: Bridge) -> None:
        self.array(bridge, "V1", source="inventory")
        of = {"kind": "application", "asset": bridge.asset}

        nobodys = self.array(bridge, source="inventory", full="true", confirm="true").json()
        refused = self.array(bridge, source="inventory", full="true", **of)
        report = self.array(bridge, source="inventory", full="true", confirm="true", **of).json()

        assert (nobodys["gone"], refused.status_code, report["gone"]) == (0, 409, 1)


def test_a_report_that_is_sent_again_is_the_same_import(bridge: Bridge) -> None:
    first, second, other = (send(bridge, run(rule)).json() for rule in ("R1", "R1", "R2"))

    assert first["import"] == second["import"] != other["import"]
    assert (first["changed"], second["changed"]) == (1, 0)
    assert bridge.ask("GET", f"imports/{first['import']}").json()["status"] == "taken"
