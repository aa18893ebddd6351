"""Title and description of a work item: readable, bounded, deterministic, and harmless whatever comes in."""

import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.connections.defaults import Defaults
from shared.tickets.item_content import content
from shared.tickets.vulnerabilities.snapshots import MAX_TEXT, Vulnerability
from tests.unit.vulnerabilities import vulnerability

TICKET = "https://bridge.example/api/tickets/contoso.1"


def finding(**more: Any) -> Vulnerability:
    asset = {"kind": "application", "id": "web-shop"}
    return vulnerability(
        **{"id_": "PHX-2041", "asset": asset, "title": "Weak hash in src/a.py:12", "severity": "high", **more}
    )


def html(**more: Any) -> str:
    return content.description([finding(**more)], Defaults(), ticket_url=TICKET).text


def title(*members: Vulnerability) -> str:
    return content.title(members, Defaults(), ticket_url=TICKET).text


class Seen(HTMLParser):
    """Collects what a browser would see, and checks that tags are balanced."""

    VOID = ("br", "hr")

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def links(self) -> list[str | None]:
        return [attributes.get("href") for tag, attributes in self.tags if tag == "a"]


def test_a_title_is_what_was_sent() -> None:
    assert title(finding()) == "Weak hash in src/a.py:12"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("two\nlines\r\n\tand  tab", "two lines and tab"),
        ("a\x00b\x1b[0m\ufffe", "a b [0m"),
        ("user\u202egnp.exe\u2066", "usergnp.exe"),
        ("a\u2028b\u0085c", "a b c"),
        ("\u200b\x01", "PHX-2041"),
        ("<b>&amp;", "<b>&amp;"),
    ],
)
def test_a_title_is_one_line_without_tricks(sent: str, shown: str) -> None:
    assert title(finding(title=sent)) == shown


@pytest.mark.parametrize("character", ["x", "é", "😀"])
def test_a_long_title_is_cut_visibly(character: str) -> None:
    whole = 255 // (len(character.encode("utf-16-le")) // 2)

    assert title(finding(title=character * whole)) == character * whole
    shortened = title(finding(title=character * 1_000))
    assert shortened.endswith(f"{character}…")
    assert 253 < len(shortened.encode("utf-16-le")) // 2 <= 255


def test_a_description_says_what_where_why_and_how() -> None:
    text = html(
        description="MD5 is **broken**.\nDo not use it.",
        score=8.1,
        rule="B324",
        component="auth",
        location={"path": "src/a.py", "line": 12, "url": "https://g.example/?x=1&y=2", "snippet": "\nmd5(<x>)"},
        cve=["CVE-2021-44228", "GHSA-1"],
        cwe=["CWE-327", "79"],
        references=["https://r.example/", "https://r.example/", "see <here>"],
        remediation="1. Use SHA-256",
        due=date(2026, 12, 24),
        url="https://platform.example/v/1",
    )  # fmt: skip

    seen = Seen(text)
    assert re.findall(r"<h3>(.*?)</h3>", text) == [
        "What", "Where", "Why it matters", "How to fix it", "Evidence", "References"
    ]  # fmt: skip
    assert "<p>MD5 is <strong>broken</strong>.<br>\nDo not use it.</p>" in text
    assert 'File: <a href="https://g.example/?x=1&amp;y=2" rel="noopener noreferrer">src/a.py, line 12</a>' in text
    assert "<ol>\n<li>Use SHA-256</li>\n</ol>" in text
    assert "<pre><code>md5(&lt;x&gt;)</code></pre>" in text
    facts = ["Application: web-shop", "Severity: high", "CVSS score: 8.1 of 10", "Due: 2026-12-24", "GHSA-1"]
    assert [fact for fact in facts if fact not in seen.words] == []
    assert seen.links() == [
        "https://g.example/?x=1&y=2",
        "https://nvd.nist.gov/vuln/detail/CVE-2021-44228",
        "https://cwe.mitre.org/data/definitions/327.html",
        "https://cwe.mitre.org/data/definitions/79.html",
        "https://r.example/",
        "https://platform.example/v/1",
        TICKET,
    ]


def test_a_bare_vulnerability_has_no_empty_sections() -> None:
    assert re.findall(r"<h3>(.*?)</h3>", html()) == ["What", "Where", "Why it matters"]
    assert "<p>Weak hash in src/a.py:12</p>" in html()
    assert "<p>Use of *args in __init__</p>" in html(title="Use of *args in __init__")


def test_markdown_keeps_tables_code_and_headings_below_ours() -> None:
    text = html(description="# Title\n\n|a|b|\n|-|:-:|\n|1|2|\n\n```py\nif x < y:\n    pass\n```")

    assert "<h4>Title</h4>" in text
    assert "<td>2</td>" in text
    assert "<pre><code>if x &lt; y:\n    pass\n</code></pre>" in text


@pytest.mark.parametrize(
    ("markdown", "links"),
    [
        ("[x](javascript:alert(1))", []),
        ("[x](JaVaScRiPt&#58;alert(1))", []),
        ("[x](data:text/html,1)", []),
        ("[x](vbscript:1)", []),
        ("[x](/_admin)", [None]),
        ("[x](//evil.example)", [None]),
        ("[x](mailto:a@example.org)", ["mailto:a@example.org"]),
        ("![x](https://tracker.example/p.png)", ["https://tracker.example/p.png"]),
        ("<a href='https://x.example' onclick='x()'>y</a>", []),
        ("<https://x.example>", ["https://x.example"]),
        ("<img src=x onerror=alert(1)>", []),
    ],
)
def test_links_of_markdown_lead_to_the_web_only(markdown: str, links: list[str | None]) -> None:
    seen = Seen(html(description=markdown))

    assert seen.links() == [*links, TICKET]
    assert not any(tag in ("img", "script") for tag, _ in seen.tags)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://user:password@x.example/",
        "https://",
        "https://[",
        'https://x.example/" onclick="x',
        "https://x.example/\u202egpj",
        "https://x.example/" + "a" * 3_000,
        " https://x.example",
    ],
)
def test_an_address_that_is_no_safe_link_is_shown_as_text(url: str) -> None:
    text = html(references=[url], url=url, location={"path": "a.py", "url": url})

    assert Seen(text).links() == [TICKET]


def test_a_location_links_over_https_only() -> None:
    assert Seen(html(location={"path": "a.py", "url": "http://git.example/a.py"})).links() == [TICKET]


def test_control_characters_do_not_reach_the_work_item() -> None:
    evil = "a\x00b\x0b\ufffe\u202ec"
    text = html(
        description=evil,
        remediation=evil,
        rule=evil,
        component=evil,
        location={"path": evil, "snippet": evil},
    )

    assert not re.search(r"[\x00\x0b\ufffe\u202e]", text)


@pytest.mark.parametrize(
    "piece", ["<", *(pytest.param(p, marks=pytest.mark.thorough) for p in ("*a*\n", "[", "|a|b|\n|-|-|\n", "😀"))]
)
def test_the_longest_description_fits_and_says_that_it_is_cut(piece: str) -> None:
    long = (piece * MAX_TEXT)[:MAX_TEXT]
    text = html(
        description=long,
        remediation=long,
        rule=long,
        component=long,
        location={"path": long, "snippet": long, "url": "https://x.example/" + long},
        references=[f"https://x.example/{at}/{long[:3_000]}" for at in range(1_000)],
        cve=["CVE-2021-44228"] * 1_000,
        cwe=["CWE-79"] * 1_000,
        url="https://x.example/",
    )

    assert len(text.encode("utf-16-le")) // 2 <= 1_000_000
    assert "more</li>" in text
    assert Seen(text).open == []
    assert Seen(text).links()[-1] == TICKET


def test_what_does_not_fit_is_cut_visibly() -> None:
    text = html(description="<" * MAX_TEXT, location={"snippet": "<" * MAX_TEXT})

    assert text.count("[cut here") == 2


PIECES = [
    *(
        "<script",
        ">",
        "javascript:",
        "[x](",
        ")",
        " onerror=",
        "<img src=",
        '"',
        "'",
        "&#106;",
        "&",
        "`",
        "\n",
    ),
    *("<a href=", "\u202e", "\x00", "![", "](", "<!--", "]]>", "</code>", "https://x", "    ", "\\", "|"),
]
anything = st.text(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=15).map("".join)


@given(
    *[anything] * 4,
    st.lists(anything, max_size=2),
)
def test_nothing_in_a_description_runs(body: str, fix: str, place: str, url: str, references: list[str]) -> None:
    text = html(
        description=body,
        remediation=fix,
        component=place,
        rule=place,
        url=url,
        references=references,
        cve=references,
        cwe=references,
        location={"path": place, "url": url, "snippet": body},
    )

    seen = Seen(text)
    assert "<script" not in text.lower()
    for tag, attributes in seen.tags:
        assert tag in Seen.VOID or tag in ALLOWED
        assert set(attributes) <= {"href", "rel", "start"}
        assert (attributes.get("href") or "https://").startswith(("http://", "https://", "mailto:"))
    assert seen.open == []
    assert html(description=body, remediation=fix) == html(description=body, remediation=fix)


ALLOWED = {
    *("a", "blockquote", "code", "em", "h3", "h4", "li", "ol", "p", "pre", "strong", "ul"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


@given(st.text(min_size=1, max_size=400).filter(str.strip))
def test_a_title_is_always_usable(sent: str) -> None:
    shown = title(finding(title=sent))

    assert shown
    assert shown == " ".join(shown.split())
    assert len(shown.encode("utf-16-le")) // 2 <= 255


def test_without_a_remedy_the_rules_page_is_where_to_look() -> None:
    shown = html(remediation="", references=["https://docs.example/b605"])

    assert "<h3>How to fix it</h3>" in shown
    assert shown.index("How to fix it") < shown.index("https://docs.example/b605")
