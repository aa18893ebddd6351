"""What a work item says and has by its link's settings, from the platform's snapshot to the item's page."""

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.times import Times
from tests.functional.bridge import PROJECT, Bridge, eventually
from tests.functional.conftest import TIME_SCALE
from tests.functional.item_pages import comments, files, item_of_a_person, made, only

SEVERITY, DUE = "Microsoft.VSTS.Common.Severity", "Microsoft.VSTS.Scheduling.DueDate"
DESCRIPTION, REPRO_STEPS = "System.Description", "Microsoft.VSTS.TCM.ReproSteps"
AGILE = "Mobile"
LONG = "Do <not> panic. " * 5_000  # fits a snapshot, and not a card when it is code


class TestTemplates:
    def test_they_make_title_and_description(self, bridge: Bridge) -> None:
        description = "<h2>{{ rule }}</h2>{{ description|markdown }}<p>{{ cve|join(' + ') }}</p>{{ standard }}"
        assert bridge.link(title_template="[{{ severity|upper }}] {{ title }}", description_template=description).ok

        fields = made(bridge, title="<b>", rule="<i>", description="**x** {{ 7*7 }}", cve=["CVE-1", "<s>"])["fields"]

        assert fields["System.Title"] == "[HIGH] <b>"
        text = fields[DESCRIPTION]
        assert text.startswith("<h2>&lt;i&gt;</h2><p><strong>x</strong> {{ 7*7 }}</p><p>CVE-1 + &lt;s&gt;</p><h3>What")

    def test_all_that_is_wrong_with_them_is_said_when_they_are_saved(self, bridge: Bridge) -> None:
        wrong: dict[str, Any] = {"title_template": "{{ titel }}", "description_template": "{% if %}", "parent": 99}

        answer = bridge.link(**wrong)

        assert answer.status_code == 400
        assert {problem["field"] for problem in answer.json()["problems"]} == {f"/{name}" for name in wrong}
        answer = bridge.connect(defaults={"title_template": "{{ 1 * 1 }}"})
        assert [problem["field"] for problem in answer.json()["problems"]] == ["/defaults/title_template"]

    def test_one_that_fails_stops_no_ticket_and_is_told(self, bridge: Bridge) -> None:
        template = "{% for a in references %}{% for b in references %}{{ b }}{% endfor %}{% endfor %}"
        assert bridge.link(description_template=template).ok

        item = made(bridge, references=[f"https://x.example/{number}" for number in range(100)])

        assert "description could not be used (its loops go round more than 2,000 times)" in item["fields"][DESCRIPTION]
        assert "<h3>What</h3>" in item["fields"][DESCRIPTION]
        [alert] = eventually(bridge.alerts, what="an alert")
        assert alert["kind"] == "template_failed"
        assert bridge.asset in alert["message"]


class TestFormat:
    def test_markdown_is_sent_as_such_and_shown(self, bridge: Bridge) -> None:
        assert bridge.link(text_format="markdown", project=AGILE, work_item_type="Bug").ok

        item = made(bridge, description="*a*\n<script>b</script>")
        assert self.formats(bridge, item["id"]) == {REPRO_STEPS: "markdown"}
        assert "*a*\\\n\\<script>b\\</script>" in item["fields"][REPRO_STEPS]
        page = comments(bridge, item["id"])
        assert "<em>a</em>" in page
        assert "<script>" not in page

        bridge.send(description="*c*")
        eventually(lambda: "*c*" in only(bridge)["fields"][REPRO_STEPS], what="the new text")
        assert self.formats(bridge, item["id"]) == {REPRO_STEPS: "markdown"}

    def formats(self, bridge: Bridge, item: int) -> Any:
        url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}/_apis/wit/workitems/{item}?api-version=7.1"
        return bridge.session.get(url, auth=("", bridge.token), timeout=10).json()["multilineFieldsFormat"]


class TestFields:
    @pytest.mark.parametrize(
        ("project", "kind", "severity", "due"),
        [
            (PROJECT, "Issue", None, None),
            (AGILE, "Bug", "1 - Critical", None),
            (AGILE, "Issue", None, "2026-12-24T12:00:00.000Z"),
        ],
    )
    def test_severity_and_due_date_go_where_the_type_has_them(
        self, bridge: Bridge, project: str, kind: str, severity: str | None, due: str | None
    ) -> None:
        assert bridge.link(project=project, work_item_type=kind).ok

        fields = made(bridge, severity="critical", due="2026-12-24")["fields"]

        assert fields["Microsoft.VSTS.Common.Priority"] == 1
        assert (fields.get(SEVERITY), fields.get(DUE)) == (severity, due)

    def test_a_due_date_moves_and_goes(self, bridge: Bridge) -> None:
        assert bridge.link(project=AGILE, work_item_type="Issue").ok
        made(bridge)

        for due, shown in (("2026-12-24", "2026-12-24T12:00:00.000Z"), (None, None)):
            bridge.send(due=due)
            eventually(lambda shown=shown: only(bridge)["fields"].get(DUE) == shown, what="the due date")  # type: ignore[misc]

    def test_what_a_type_has_is_asked_once(self, bridge: Bridge) -> None:
        for number in range(5):
            bridge.until(bridge.send(f"V{number}"), "open")

        asked = [request for request in bridge.asked() if request["path"].endswith("/workitemtypes/Issue/fields")]
        assert len(asked) <= 2  # one when the link was saved

    def test_tags_come_from_the_snapshot_if_the_link_says_so(self, bridge: Bridge) -> None:
        assert bridge.link(snapshot_tags=True, severity_tag=True, tags=["mine"]).ok

        tags = made(bridge, tags=["a; b", "MINE", "x" * 500, *(f"t{n}" for n in range(200))])["fields"]["System.Tags"]

        found = tags.split("; ")
        assert len(found) == 100
        assert {"Phoenix_Security", "mine", "high", "a b", "and 106 more tags"} <= set(found)
        assert any(tag.startswith("xxx") and tag.endswith("…") and len(tag) == 400 for tag in found)


class TestExtras:
    def test_the_first_rule_that_holds_says_who_gets_it(self, bridge: Bridge) -> None:
        rules = [
            {"person": "Ada <ada@x.example>", "severity": ["critical"]},
            {"person": "Bo <bo@x.example>", "path": "src/pay", "tag": "pci"},
        ]
        assert bridge.link(assignees=rules, assignee="Jo <jo@x.example>").ok

        bridge.until(bridge.send("V1", location={"path": "SRC/pay/a.py"}, tags=["PCI"]), "open")
        bridge.until(bridge.send("V2", location={"path": "src/pay/a.py"}), "open")
        bridge.until(bridge.send("V3", severity="critical", tags=["pci"]), "open")

        found = {item["fields"]["System.Title"]: item["fields"]["System.AssignedTo"] for item in bridge.work_items()}
        names = {title: str(who).partition(" ")[0] for title, who in found.items()}
        assert names == {"Finding V1": "Bo", "Finding V2": "Jo", "Finding V3": "Ada"}

    def test_a_person_whom_azure_devops_refuses_is_named_when_the_link_is_saved(self, bridge: Bridge) -> None:
        rules = [{"person": "Gone <gone@x.invalid>", "tag": "a"}]

        answer = bridge.link(assignee="Ada <ada@x.example>", assignees=rules)

        assert [problem["field"] for problem in answer.json()["problems"]] == ["/assignees/0/person"]

    def test_a_person_who_left_stops_no_ticket(self, bridge: Bridge) -> None:
        gone = f"gone@{bridge.name}.example"
        assert bridge.connect(defaults={"assignee": f"Gone <{gone}>"}).ok
        bridge.control("POST", "leavers", {"mail": gone})

        for number in range(3):
            bridge.until(bridge.send(f"V{number}"), "open")

        items = bridge.work_items()
        assert len(items) == 3
        assert not any("System.AssignedTo" in item["fields"] for item in items)
        page = comments(bridge, items[0]["id"])
        assert "assignee Gone" in page
        assert "is an unknown identity" in page
        told = [alert["kind"] for alert in eventually(bridge.alerts, what="an alert")]
        creates = [datetime.fromisoformat(one["at"]) for one in bridge.asked() if one["path"].endswith("/$Issue")]
        remembered = timedelta(seconds=Times.scaled(TIME_SCALE).refusal_remembered)
        assert set(told) == {"left_out"}
        assert len(told) <= 1 + (creates[-1] - creates[0]) // remembered

    def test_a_parent_adopts_its_work_items_until_it_is_deleted(self, bridge: Bridge) -> None:
        parent = item_of_a_person(bridge)
        assert bridge.link(parent=parent).ok
        bridge.until(bridge.send("V1"), "open")
        [child] = [item for item in bridge.work_items() if item["id"] != parent]
        links = {link["rel"]: link["url"] for link in child["relations"]}
        assert links["System.LinkTypes.Hierarchy-Reverse"].endswith(f"/workItems/{parent}")

        bridge.act(parent, deleted=True)
        bridge.until(bridge.send("V2"), "open")

        orphan = max(bridge.work_items(), key=lambda item: int(item["id"]))
        assert [link["rel"] for link in orphan["relations"]] == ["Hyperlink"]
        assert f"parent {parent}" in comments(bridge, orphan["id"])


class TestFiles:
    def test_what_the_card_cannot_hold_is_attached_in_full(self, bridge: Bridge) -> None:
        item = made(bridge, location={"path": "a.py", "snippet": LONG})

        [(name, content)] = files(bridge, item).items()
        assert content.decode() == LONG.rstrip() or content.decode() == LONG
        assert "[cut here" in item["fields"][DESCRIPTION]
        assert name in item["fields"][DESCRIPTION]

    def test_what_the_platform_sends_along_is_attached_once(self, bridge: Bridge) -> None:
        sent = [
            {"name": "../proof.txt", "content": "GET /?token=ghp_" + "a" * 36},
            {"name": "shot.png", "content": base64.b64encode(bytes(range(256))).decode(), "encoding": "base64"},
        ]
        found = files(bridge, made(bridge, attachments=sent))
        assert set(found.values()) == {b"GET /?token=[secret masked]", bytes(range(256))}
        assert all("/" not in name for name in found)

        bridge.send(attachments=[*sent, {"name": "more", "content": "x"}], title="Changed")
        eventually(lambda: only(bridge)["fields"]["System.Title"] == "Changed", what="the change")

        assert len(files(bridge, only(bridge))) == 3
        assert len([link for link in only(bridge)["relations"] if link["rel"] == "AttachedFile"]) == 3

    @pytest.mark.parametrize("fault", ["drop_before", "drop_after", "status:503"])
    def test_a_create_that_is_tried_again_attaches_once(self, bridge: Bridge, fault: str) -> None:
        bridge.fault("POST .*_apis/wit/attachments", fault)
        bridge.fault(r"POST .*_apis/wit/workitems/\$Issue", fault)

        item = made(bridge, attachments=[{"name": "proof.txt", "content": "x"}])

        assert list(files(bridge, item).values()) == [b"x"]

    def test_a_refused_upload_stops_no_ticket(self, bridge: Bridge) -> None:
        bridge.fault("POST .*_apis/wit/attachments", "status:413", times=5)

        item = made(bridge, attachments=[{"name": "proof.txt", "content": "x"}])

        assert files(bridge, item) == {}
        assert "<li>attachments: " in comments(bridge, item["id"])


class TestConfidentiality:
    SECRETS = "ghp_" + "a1B2" * 9

    def test_a_redacted_link_shows_severity_and_the_way_back(self, bridge: Bridge) -> None:
        assert bridge.link(redacted=True, project=AGILE, work_item_type="Issue").ok
        leak = "Leaky"
        url = "https://platform.example/v/1"
        ticket = bridge.send(
            "Leaky-1", title=leak, description=leak, remediation=leak, rule=leak, component=leak, tags=[leak],
            location={"path": leak, "snippet": leak, "url": f"https://{leak}.example"}, references=[leak], cve=[leak],
            cwe=[leak], due="2026-12-24", custom={"a": leak}, url=url, attachments=[{"name": leak, "content": leak}],
        )  # fmt: skip
        bridge.until(ticket, "open")
        bridge.act(only(bridge)["id"], fields={"Microsoft.VSTS.Common.Priority": 4})
        bridge.until(bridge.send("Leaky-1", title=f"{leak}er", severity="critical", url=url), "open")
        eventually(lambda: "Critical" in only(bridge)["fields"]["System.Title"], what="the change")

        item = only(bridge)
        assert leak not in str(item)
        assert leak not in comments(bridge, item["id"])
        assert url in item["fields"][DESCRIPTION]
        assert item["fields"]["System.Title"] == f"Critical vulnerability {ticket[-8:]}"
        assert DUE not in item["fields"]

    def test_what_would_show_more_is_refused_when_it_is_saved(self, bridge: Bridge) -> None:
        answer = bridge.link(
            redacted=True, fields={"Custom.Team": {"path": "title"}}, title_template="{{ title }}", snapshot_tags=True
        )

        found = {problem["field"] for problem in answer.json()["problems"]}
        assert {"/fields/Custom.Team", "/title_template", "/snapshot_tags"} <= found

    def test_secrets_do_not_reach_the_card(self, bridge: Bridge) -> None:
        secret = self.SECRETS
        ticket = bridge.send(
            title=f"Key {secret}", description=f"It is {secret}", remediation=secret, rule=secret, component=secret,
            location={"path": f"a?{secret}", "snippet": f"key = '{secret}'"}, references=[f"https://x.example/?{secret}"],
            url=f"https://x.example/{secret}", cve=[secret], attachments=[{"name": f"{secret}.txt", "content": secret}],
        )  # fmt: skip
        bridge.until(ticket, "open")
        bridge.act(only(bridge)["id"], fields={"System.Title": "Mine"})
        bridge.send(title=f"New key {secret}")
        eventually(lambda: "what was edited here stays" in comments(bridge, only(bridge)["id"]), what="a comment")

        item = only(bridge)
        assert secret not in str(item)
        assert secret not in comments(bridge, item["id"])
        assert all(secret.encode() not in content for content in files(bridge, item).values())
        assert "New key [secret masked]" in comments(bridge, item["id"])


def test_the_preview_shows_all_of_it(bridge: Bridge) -> None:
    assert bridge.link(title_template="{{ id }}", snapshot_tags=True).ok

    snapshot = bridge.snapshot(tags=["a"], attachments=[{"name": "x.txt", "content": "x"}])
    shown = bridge.ask("POST", f"links/application/{bridge.asset}/preview", json=snapshot).json()

    assert shown["fields"]["System.Title"] == "V1"
    assert shown["fields"]["System.Tags"] == "Phoenix_Security; a"
    assert [name.partition("-")[0] for name in shown["attachments"]] == ["x"]
    assert shown["problems"] == []
