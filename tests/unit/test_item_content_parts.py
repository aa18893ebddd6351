"""What the parts of a work item's content promise, without Azure DevOps."""

import base64
import codecs
import re
from dataclasses import replace
from datetime import date
from html import unescape
from typing import Any, cast
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from shared.azure_devops.fields import TypeField
from shared.azure_devops.organisation import Call, Organisation
from shared.azure_devops.work_items import WorkItem
from shared.connections.defaults import Defaults
from shared.connections.template_checks import check_templates
from shared.errors import BridgeError, ConflictError, NotFoundError, RefusedError, RejectedRequestError
from shared.links.item_fields import tags
from shared.texts.formats import HTML, MARKDOWN, PLAIN, Format
from shared.texts.masking import masked_tree
from shared.tickets.item_content import content
from shared.tickets.item_content.type_fields import KnownFields, TypeFields
from shared.tickets.item_content.work_item_fields import DUE_DATE, REPRO_STEPS, SEVERITY, Place, desired, in_format
from shared.tickets.life.plan import Desired, Nothing, Patch, digest, plan
from shared.tickets.rows.records import Ticket, WorkItemRef, Written
from shared.tickets.vulnerabilities import together
from shared.tickets.vulnerabilities.files import attached, fitting, missing
from shared.tickets.vulnerabilities.snapshots import MAX_ATTACHED, Severity, Vulnerability, read_snapshot
from shared.tickets.vulnerabilities.together import due, severity, without_secrets
from shared.tickets.work.attaching import Attaching
from shared.tickets.work.extras import Extra, Extras, told
from shared.tickets.work.notices import Notices
from shared.tickets.work.refused import Refused
from tests.unit.sarif_reports import vulnerabilities
from tests.unit.vulnerabilities import vulnerability

URL = "https://bridge.example/api/tickets/contoso.abcdefgh"
PRIORITY = "Microsoft.VSTS.Common.Priority"
KEY = "ghp_" + "a1B2" * 9
ENTRA = "abc8Q~" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0-_NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


class Asked:
    """As much of an organisation as questions about fields need."""

    url = "https://dev.azure.com/contoso"

    def __init__(self) -> None:
        self.paths: list[str] = []

    def do[T](self, call: Call[T]) -> T:
        self.paths.append(call.path)
        return call.read({"value": [{"referenceName": "Custom.Note", "name": "Note", "type": "html"}]})


def run_with(message: str) -> dict[str, Any]:
    return {"tool": {"driver": {"name": "Lint"}}, "results": [{"ruleId": "R1", "message": {"text": message}}]}


def known(*names: str, **allowed: tuple[str, ...]) -> KnownFields:
    fields = {name: TypeField(name, name, required=False, default="", allowed=()) for name in names}
    fields[SEVERITY] = TypeField(SEVERITY, "Severity", required=False, default="", allowed=allowed.get("severity", ()))
    return {name.casefold(): field for name, field in fields.items()}


def place(fields: KnownFields | None = None, kind: str = "Issue") -> Place:
    return Place("Web Shop", kind, fields or {}, "T")


def wanted(*members: Vulnerability, fields: KnownFields | None = None, **settings: Any) -> Desired:
    return desired(members, Defaults.model_validate(settings), place(fields), ticket_url=URL)


def test_mapped_fields_have_the_names_that_azure_devops_answers_with() -> None:
    """Its answers are compared by name, and a patch names each field once."""
    fields = known("Custom.Team", severity=("1 - Critical", "4 - Low"))
    mapping = {"custom.team": "blue", "microsoft.vsts.common.severity": "1 - Critical", "custom.unknown": 1}

    for redacted in (False, True):
        making = Defaults.model_validate({"fields": mapping, "redacted": redacted})
        found = desired([vulnerability()], making, place(fields), ticket_url=URL).fields

        assert (found["Custom.Team"], found[SEVERITY], found["custom.unknown"]) == ("blue", "1 - Critical", 1)
        assert len({name.casefold() for name in found}) == len(found)


class TestGroups:
    MEMBERS = (
        vulnerability("V1", severity="high", due="2026-12-24", url="https://p.example/1"),
        vulnerability("V2", severity="medium", due="2026-12-01", location={"path": "src/<a>.py"}),
        vulnerability("V3", severity="critical", due="2026-01-01", status="fixed"),
    )

    def test_the_worst_and_the_earliest_of_those_that_count(self) -> None:
        assert severity(self.MEMBERS) is Severity.HIGH
        assert due(self.MEMBERS) == date(2026, 12, 1)
        assert severity(self.MEMBERS[2:]) is Severity.CRITICAL

    def test_the_text_lists_all_with_the_details_of_the_first(self) -> None:
        text = content.description(self.MEMBERS, Defaults(), ticket_url=URL).text

        assert "<h3>All 3 of them</h3>" in text
        assert '<li>high: <a href="https://p.example/1" rel="noopener noreferrer">Finding V1 (V1)</a></li>' in text
        assert "<li>medium: Finding V2 (V2) – src/&lt;a&gt;.py</li>" in text
        assert "<li>critical: Finding V3 (V3) – fixed</li>" in text
        assert "Due: 2026-12-01" in text

    def test_the_title_says_how_many_however_long_it_is(self) -> None:
        long = (vulnerability(title="x" * 300), *self.MEMBERS[1:])

        assert content.title(self.MEMBERS, Defaults(), ticket_url=URL).text == "Finding V1 (and 2 more)"
        shown = content.title(long, Defaults(), ticket_url=URL).text
        assert (len(shown), shown[-14:]) == (255, "x… (and 2 more)"[-14:])

    @pytest.mark.parametrize("text_format", ["html", "markdown"])
    def test_a_long_list_is_cut_visibly_and_attached(self, text_format: str) -> None:
        making = Defaults.model_validate({"text_format": text_format})
        members = [vulnerability(f"V{number}", title="x" * 150) for number in range(2_000)]

        text = content.description(members, making, ticket_url=URL)

        assert "more" in text.text
        [file] = text.files
        assert file.name.startswith("members-")
        assert file.content.count(b"\n") == 1_999
        assert len(text.text) < 100_000

    @pytest.mark.parametrize("text_format", ["html", "markdown"])
    def test_what_a_line_cannot_hold_is_cut_visibly_and_attached(self, text_format: str) -> None:
        names = [f"CVE-2021-{at:05}" for at in range(60)]
        first = vulnerability(
            "V" * 900, cve=names, cwe=["x" * 3_000], component="c" * 3_000, location={"path": "p" * 3_000}
        )

        found = wanted(first, vulnerability("W" * 300, title="t" * 300, component="d" * 400), text_format=text_format)

        text = found.fields["System.Description"]
        assert "and 10 more" in text
        assert all(
            f"{letter * length}…" in text
            for letter, length in zip("xcpVtWd", [1999] * 3 + [199] * 3 + [299], strict=True)
        )
        files = {file.name.partition("-")[0]: file.content.decode() for file in found.files}
        assert files["cve"].splitlines() == names
        assert files["lines"].split() == ["p" * 3_000, "c" * 3_000, "x" * 3_000]

    def test_a_template_can_go_through_the_members(self) -> None:
        source = "{% for m in members %}{{ m.id }}:{{ m.severity }} {% endfor %}{{ count }} {{ severity }} {{ due }}"
        making = Defaults(title_template=source)

        assert list(check_templates(making)) == []
        shown = content.title(self.MEMBERS, making, ticket_url=URL).text
        assert shown == "V1:high V2:medium V3:critical 3 high 2026-12-01"


class TestFields:
    STANDARD = ("1 - Critical", "2 - High", "3 - Medium", "4 - Low")

    @pytest.mark.parametrize(
        ("given", "word"), [("critical", "1 - Critical"), ("medium", "3 - Medium"), ("info", "4 - Low")]
    )
    def test_severity_in_the_words_of_the_type(self, given: str, word: str) -> None:
        fields = wanted(vulnerability(severity=given), fields=known(severity=self.STANDARD)).fields

        assert fields[SEVERITY] == word
        assert PRIORITY not in fields  # this type has none

    def test_a_type_with_other_words_keeps_its_own(self) -> None:
        assert SEVERITY not in wanted(vulnerability(), fields=known(severity=("Sev 1", "Sev 2"))).fields

    def test_a_mapped_field_wins(self) -> None:
        making = Defaults.model_validate({"fields": {SEVERITY: "2 - High"}})
        there = place(known(severity=self.STANDARD))

        assert desired([vulnerability()], making, there, ticket_url=URL).fields[SEVERITY] == "2 - High"

    HOSTILE = "a<b <a href='https://evil.example'>Sign in</a><img src=x>"

    @pytest.mark.parametrize(("kind", "shape"), [("html", HTML), ("string", PLAIN), ("plainText", PLAIN), ("", HTML)])
    def test_a_mapped_text_is_escaped_where_the_field_may_be_html(self, kind: str, shape: Format) -> None:
        fields = {"Custom.Note": {"path": "custom.note"}, "Custom.Own": "<b>constant</b>"}
        field = TypeField("custom.NOTE", "Note", required=False, default="", allowed=(), kind=kind)

        making = Defaults.model_validate({"fields": fields})
        there = place({"custom.note": field})
        found = desired([vulnerability(custom={"note": self.HOSTILE})], making, there, ticket_url=URL).fields

        assert found["custom.NOTE"] == shape.text(self.HOSTILE)
        assert found["Custom.Own"] == "<b>constant</b>"

    def test_what_kind_of_field_it_is_is_asked_of_the_project(self) -> None:
        organisation = Asked()

        found = TypeFields().of(cast("Organisation", organisation), "Web Shop", "Issue")

        assert found["custom.note"].kind == "html"
        assert [path.rpartition("/_apis/wit/")[2] for path in organisation.paths] == [
            "workitemtypes/Issue/fields",
            "fields",
        ]

    def test_the_text_goes_where_the_type_shows_it(self) -> None:
        assert REPRO_STEPS in wanted(vulnerability(), fields=known(REPRO_STEPS)).fields
        assert REPRO_STEPS not in wanted(vulnerability(), fields=known("System.Description")).fields
        unknown = desired([vulnerability()], Defaults(), place(kind="bug"), ticket_url=URL)
        assert REPRO_STEPS in unknown.fields

    def test_the_due_date_is_that_day_in_most_of_the_world(self) -> None:
        fields = wanted(vulnerability(due="2026-12-24"), fields=known(DUE_DATE)).fields

        assert fields[DUE_DATE] == "2026-12-24T12:00:00Z"

    def test_a_due_date_that_goes_is_cleared_if_it_was_ours(self) -> None:
        gone = wanted(vulnerability(), fields=known(DUE_DATE))
        ours = {name: Written(digest(value), digest(value)) for name, value in gone.fields.items()}
        there = Written(digest("2026-12-24T12:00:00Z"), digest("2026-12-24T12:00:00Z"))
        ticket = Ticket("application", "shop", work_item=WorkItemRef(id=1), written={**ours, DUE_DATE: there})
        item = WorkItem(1, 1, "p", {**gone.fields, DUE_DATE: "2026-12-24T12:00:00Z"}, (), "")

        found = plan(gone, ticket, item)

        assert isinstance(found, Patch)
        assert found.fields == {DUE_DATE: ""}
        never = replace(ticket, written={name: value for name, value in ours.items() if name != DUE_DATE})
        assert plan(gone, never) == Nothing()

    def test_markdown_goes_with_its_format_and_html_without(self) -> None:
        text = {REPRO_STEPS: "x", "System.Title": "y"}

        operation = {"op": "add", "path": f"/multilineFieldsFormat/{REPRO_STEPS}", "value": "Markdown"}
        assert in_format(text, Defaults.model_validate({"text_format": "markdown"})) == [operation]
        assert in_format({"System.Title": "y"}, Defaults.model_validate({"text_format": "markdown"})) == []
        assert in_format(text, Defaults()) == []

    def test_tags_that_azure_devops_would_refuse_are_mended(self) -> None:
        assert tags("T", "a;b,c", "t", " ", "x\u202ey\x00") == ["T", "a b c", "xy"]
        assert [len(tag) for tag in tags("x" * 500)] == [400]
        assert tags(*map(str, range(101)))[-2:] == ["98", "and 2 more tags"]


class TestMasking:
    def test_every_text_of_a_vulnerability_is_masked(self) -> None:
        texts = ("title", "description", "rule", "component", "remediation", "url")
        lists = ("cve", "cwe", "references", "tags")
        given: Vulnerability = vulnerability(
            **dict.fromkeys(texts, f"a {KEY} b"),
            **dict[str, Any]({name: [f"a {KEY} b"] for name in lists}),
            location={"path": KEY, "snippet": KEY, "url": KEY},
            custom={"a": {"b": [KEY]}},
        )

        assert KEY not in without_secrets(given).model_dump_json()
        assert without_secrets(given).severity is given.severity
        assert without_secrets(vulnerability()) == vulnerability()

    @pytest.mark.parametrize("template", ["", "{% for member in members %}{{ member.description }}{% endfor %}"])
    def test_whatever_is_shown_of_a_group_is_masked(self, template: str) -> None:
        members = [
            vulnerability(f"{KEY} {n}", title=KEY, description=KEY, component=KEY, url=f"https://p/{KEY}", tags=[KEY])
            for n in range(900)
        ]

        found = wanted(*members, description_template=template, snapshot_tags=True)

        assert "[secret masked]" in str(found.fields)
        assert KEY not in f"{found.fields}{found.once}{found.files}"
        assert bool(found.files) or template

    def test_of_a_large_group_only_what_is_shown_is_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        looked_at: list[Any] = []

        def look(value: Any) -> Any:
            looked_at.append(value)
            return masked_tree(value)

        monkeypatch.setattr(together, "masked_tree", look)
        members = [vulnerability(f"V{n}", description="A text.", remediation="A text.") for n in range(150)]

        assert wanted(*members).open

        assert looked_at.count("A text.") == 2

    @pytest.mark.parametrize("text_format", ["html", "markdown"])
    @pytest.mark.parametrize(
        "text",
        [
            ENTRA.replace("~", "\\~"),
            ENTRA.replace("~", "&#126;"),
            f"`{ENTRA[:9]}`{ENTRA[9:]}",
            f"{ENTRA[:9]}**{ENTRA[9:]}**",
            f"[x](https://x.example/?{ENTRA.replace('~', '%7E')})",
            f"[x](https://x.example/{ENTRA[:4]}&#{ord(ENTRA[4])};{ENTRA[5:]})",
            f"    {ENTRA[:9]}\x00{ENTRA[9:]}",
            f"```{ENTRA.replace('~', '&#126;')}\nx\n```",
        ],
    )
    def test_markup_hides_no_secret(self, text: str, text_format: str) -> None:
        template = "{{ description }} {{ description|markdown }} {{ standard }}"
        for source in ("", template):
            found = wanted(vulnerability(description=text), text_format=text_format, description_template=source)

            page = found.fields["System.Description"]
            if text_format == "markdown":
                page = MarkdownIt("commonmark").enable("table").render(page)
            assert ENTRA not in unescape(re.sub(r"<[^>]*>", "", page))
            assert ENTRA not in unescape(" ".join(map(unquote, re.findall(r"<[^>]*>", page))))

    @pytest.mark.parametrize("text_format", ["html", "markdown"])
    @pytest.mark.parametrize("secret", [ENTRA, JWT])
    def test_a_message_of_a_report_is_masked_before_it_is_escaped(self, secret: str, text_format: str) -> None:
        [found] = vulnerabilities({"runs": [run_with(f"Secret {secret} & more_ in __init__")], "version": "2.1.0"})

        assert secret not in str(wanted(found, text_format=text_format))

    def test_a_mapped_field_is_masked(self) -> None:
        making = Defaults.model_validate({"fields": {"Custom.Rule": {"path": "rule"}}})

        found = desired([vulnerability(rule=KEY)], making, place(), ticket_url=URL)

        assert found.fields["Custom.Rule"] == "[secret masked]"


class TestRedaction:
    def test_nothing_but_severity_and_ways_back(self) -> None:
        leak = "Leaky"
        making = Defaults.model_validate(
            {
                "redacted": True,
                "snapshot_tags": True,
                "title_template": "{{ title }}",
                "description_template": "{{ title }}",
                "fields": {"Custom.A": {"path": "title"}, "Custom.B": "constant"},
            }
        )
        members = [vulnerability(leak, description=leak, tags=[leak], due="2026-12-24", custom={"vector": leak})] * 2

        found = desired(members, making, place(known(DUE_DATE)), ticket_url=URL)

        assert leak not in str(found)
        assert found.files == ()
        assert set(found.fields) == {"System.Title", "System.Description", "Custom.B"}
        assert URL in found.fields["System.Description"]
        assert found.fields["System.Title"] == "Low vulnerability abcdefgh"


class TestFiles:
    def test_a_file_that_is_there_is_not_attached_again(self) -> None:
        [one] = attached([vulnerability(attachments=[{"name": "../a b?.txt", "content": "x"}])])
        [other] = attached([vulnerability(attachments=[{"name": "../a b?.txt", "content": "y"}])])

        assert one.name != other.name
        assert "/" not in one.name
        assert missing([one, other], [one.name]) == [other]

    @pytest.mark.parametrize(
        ("given", "content"),
        [
            ({"content": "é"}, "é".encode()),
            ({"content": base64.b64encode(b"\xff\x00").decode(), "encoding": "base64"}, b"\xff\x00"),
            ({"content": base64.b64encode(KEY.encode()).decode(), "encoding": "base64"}, b"[secret masked]"),
            ({"content": "not base64!", "encoding": "base64"}, b"not base64!"),
            (
                {"content": base64.encodebytes(b"x" * 100).decode().replace("\n", "\r\n"), "encoding": "base64"},
                b"x" * 100,
            ),
            (
                {"content": base64.urlsafe_b64encode(b"\xff\xfe\xfd\xfc").decode().strip("="), "encoding": "base64"},
                b"\xff\xfe\xfd\xfc",
            ),
            *(
                ({"content": base64.b64encode(sent).decode(), "encoding": "base64"}, kept)
                for sent, kept in (
                    (b"caf\xe9 " + KEY.encode() + b"\xff\x80", b"caf\xe9 [secret masked]\xff\x80"),
                    (f"a {KEY}".encode("utf-16"), "a [secret masked]".encode("utf-16")),
                    (
                        codecs.BOM_UTF16_BE + "caf\xe9".encode("utf-16-be"),
                        codecs.BOM_UTF16_BE + "caf\xe9".encode("utf-16-be"),
                    ),
                    (f"a {KEY}".encode("utf-16-le"), b"a [secret masked]"),
                    (codecs.BOM_UTF16_LE + KEY.encode("utf-16-le") + b"x", b"\xff\xfe[secret masked]"),
                )
            ),
        ],
    )
    def test_text_and_bytes(self, given: dict[str, str], content: bytes) -> None:
        [file] = attached([vulnerability(attachments=[{"name": "a.bin", **given}])])

        assert file.content == content

    @pytest.mark.parametrize(
        "attachments",
        [
            [{"name": "large.bin", "content": "x" * (MAX_ATTACHED + 1)}, {"name": "small", "content": "x"}],
            [{"name": f"{number}", "content": "x"} for number in range(50)],
        ],
    )
    def test_too_much_is_left_out_visibly_and_the_snapshot_taken(self, attachments: list[Any]) -> None:
        asset = {"kind": "application", "id": "a"}
        body = {"id": "V", "asset": asset, "title": "t", "severity": "low", "status": "open"}

        taken = read_snapshot({"schema": 1, "vulnerability": {**body, "attachments": attachments}}).attachments

        assert len(taken) <= 20
        assert taken[-1].name == "left-out.txt"
        assert attachments[-1]["name"] in taken[-1].content or attachments[0]["name"] in taken[-1].content

    @staticmethod
    def taken(*sizes: int) -> Vulnerability:
        return vulnerability(attachments=[{"name": f"f{at}", "content": "x" * size} for at, size in enumerate(sizes)])

    def test_what_fits_exactly_is_taken_whole(self) -> None:
        for sizes in ([1] * 20, [MAX_ATTACHED // 20] * 20, [MAX_ATTACHED]):
            assert [one.name for one in self.taken(*sizes).attachments] == [f"f{at}" for at in range(len(sizes))]

    def test_what_was_left_out_is_the_same_when_it_is_read_again(self) -> None:
        names = [{"name": f"{at:04}" + "n" * 900, "content": "x" * 30_000} for at in range(1_000)]
        for sent in (vulnerability(attachments=names), self.taken(*[1] * 21), self.taken(MAX_ATTACHED + 1, 1)):
            assert sent.attachments[-1].name == "left-out.txt"
            assert Vulnerability.unpacked(sent.packed()) == sent
        assert re.search(r"\nand \d+ more\Z", vulnerability(attachments=names).attachments[-1].content)
        assert self.taken(*[1] * 21).attachments[-1].content.endswith(":\nf19\nf20")

    def test_of_a_group_s_files_the_rest_is_named(self) -> None:
        members = [vulnerability(f"V{at}", attachments=[{"name": f"f{at}", "content": f"{at}"}]) for at in range(40)]

        found = wanted(*members)

        assert len(found.files) == 31
        assert found.files[-1].name.startswith("10 more, left out-")
        assert b"\nf39-" in found.files[-1].content
        assert "10 more, left out-" in found.fields["System.Description"]
        assert [len(fitting(found.files, most)) for most in (0, 1, 30, 31, 99)] == [0, 1, 30, 31, 31]

    @pytest.mark.parametrize(("there", "sent"), [(0, 31), (98, 2), (100, 0)])
    def test_what_an_item_may_not_have_besides_is_named_and_told(self, there: int, sent: int) -> None:
        lane = _Lane()
        lane.organisation = Uploads()
        members = [vulnerability(f"V{at}", attachments=[{"name": f"f{at}", "content": f"{at}"}]) for at in range(40)]
        job = type("J", (), {"desired": wanted(*members), "making": Defaults(), "ticket": Ticket("application", "a")})

        operations = Attaching(cast("Any", lane)).uploaded(
            cast("Any", job), "p", [f"theirs{at}" for at in range(there)]
        )

        assert len(operations) == len(lane.organisation.names) == sent
        assert [f"have {there + 31} files" in alert for alert in lane.sent] == [True] * (there > 0)
        if there == 98:
            assert lane.organisation.names[-1].startswith("30 more, left out-")

    def test_what_is_no_attachment_is_refused_by_name(self) -> None:
        with pytest.raises(RejectedRequestError) as refusal:
            read_snapshot({"schema": 1, "vulnerability": {"attachments": [{"name": ""}]}})

        assert "/vulnerability/attachments/0/content" in {problem.field for problem in refusal.value.problems}


class TestMarkdownText:
    @pytest.mark.parametrize(
        "line",
        ["*a*", "_a_", "<b>", "[a](b)", "# a", "- a", "1. a", "a|b", "`a`", "\\", "![x](y)", "&lt;", "~~a~~", "@<1>"],
    )
    def test_a_line_is_shown_as_it_was(self, line: str) -> None:
        tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(MARKDOWN.text(line))

        [inline] = [token for token in tokens if token.type == "inline"]
        assert [token.type for token in inline.children or () if token.type not in ("text", "text_special")] == []
        assert "".join(token.content for token in inline.children or ()) == line


class Uploads:
    """As much of an organisation as uploads need."""

    url = "https://dev.azure.com/contoso"

    def __init__(self) -> None:
        self.names: list[str] = []

    def do[T](self, call: Call[T]) -> T:
        self.names.append(call.query["fileName"])
        return call.read({"id": "1", "url": "https://x.example/1"})


class _Lane:
    """As much of a lane as extras and files need."""

    organisation: Uploads

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.connection = type("C", (), {"name": "contoso"})
        notices = Notices(cast("Any", self), 60)
        self.tools = type("T", (), {"refused": Refused(60), "notices": notices})

    def send(self, kind: str, subject: str, message: str, *, hint: str) -> None:
        self.sent.append(f"{kind} {subject} {message} {hint}")

    def ticket_id(self, _: object) -> str:
        return "contoso.t"

    def stay(self) -> None:
        pass


def _job(**settings: Any) -> Any:
    making = Defaults.model_validate({"assignee": "Ada <ada@x.example>", "parent": 12, **settings})
    attachments = [{"name": "a.txt", "content": "x"}]
    found = desired([vulnerability(attachments=attachments)], making, place(), ticket_url=URL)
    return type("J", (), {"desired": found, "making": making, "ticket": Ticket("application", "shop")})


class TestExtras:
    @pytest.mark.parametrize(
        ("error", "blamed"),
        [
            (RefusedError("no", fields=["System.AssignedTo"]), Extra.ASSIGNEE),
            (
                RefusedError("The identity 'Ada <ada@x.example>' for field 'Assigned To' is unknown."),
                Extra.ASSIGNEE,
            ),
            (NotFoundError("TF401232: Work item 12 does not exist, or you may not read it."), Extra.PARENT),
            (RefusedError("TF201035: The link to work item 12 cannot be added."), Extra.PARENT),
            (RefusedError("TF237082: The file is too large."), Extra.ATTACHMENTS),
            (RefusedError("VS403313: more than 100 attachments"), Extra.ATTACHMENTS),
            (RefusedError("TF401320: Rule Error for field Team.", fields=["Custom.Team"]), None),
            (NotFoundError("TF401232: Work item 1234 does not exist."), None),
            (ConflictError("The work item 12 has another parent."), None),
        ],
    )
    def test_what_is_refused_is_left_out_and_told_once(self, error: BridgeError, blamed: Extra | None) -> None:
        lane = _Lane()
        extras, job = Extras(cast("Any", lane)), _job()

        assert extras.blames(job, error) is (blamed is not None)
        assert list(extras.left_out(job)) == ([blamed] if blamed else [])
        assert not extras.blames(job, error)
        assert len(lane.sent) == (1 if blamed else 0)

    def test_the_item_says_what_was_left_out(self) -> None:
        words = told({Extra.ASSIGNEE: "<unknown>"}, {Extra.ASSIGNEE: "Ada <a@x>"})

        assert "<li>assignee Ada &lt;a@x&gt;: &lt;unknown&gt;</li>" in words
        assert told({}, {}) == ""

    def test_a_refusal_is_forgotten(self) -> None:
        now = [0.0]
        refused = Refused(10, clock=lambda: now[0])
        refused.remember(("a",), "why")

        assert refused.why(("a",)) == "why"
        now[0] = 11
        assert refused.why(("a",)) == ""
