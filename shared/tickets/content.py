"""What a work item says about a vulnerability: its title and its description.

Pure and deterministic: the same snapshot gives the same bytes, for the plan compares them with the last ones.
A scanner wrote all this about code that anyone may have written: it is escaped or sanitised, never trusted.
"""

import re
from collections.abc import Callable, Iterable
from html import escape
from textwrap import dedent
from urllib.parse import urlsplit

from shared.tickets.markdown import as_html
from shared.tickets.snapshots import Vulnerability

# https://learn.microsoft.com/azure/devops/organizations/settings/work/object-limits
MAX_TITLE = 255
# XML 1.0 forbids these, and Azure DevOps refuses or drops them.
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# They make text read otherwise than it is: https://trojansource.codes
_DIRECTION = re.compile(r"[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_CVE = re.compile(r"CVE-\d{4}-\d{4,}", re.IGNORECASE)
_CWE = re.compile(r"(?:CWE-)?0*([1-9]\d*)", re.IGNORECASE)
_MAX_URL = 2_000
_MAX_ITEM = 2_000
# Rooms of the sections, in characters of HTML. Together they are below half of what a field holds, because a
# field may count UTF-16 units, of which a character can take two.
_TEXT_ROOM, _FIX_ROOM, _CODE_ROOM, _LIST_ROOM = 220_000, 120_000, 60_000, 30_000
_CUT = "[cut here: the rest does not fit into a work item]"


def title(vulnerability: Vulnerability) -> str:
    """Return the title: one line of at most 255 UTF-16 units, cut with "…"; never empty."""
    line = _line(vulnerability.title) or _line(vulnerability.id) or "Vulnerability"
    if _units(line) <= MAX_TITLE:
        return line
    while _units(line) > MAX_TITLE - 1:
        line = line[: MAX_TITLE - 1] if len(line) >= MAX_TITLE else line[:-1]
    return f"{line.rstrip()}…"


def description(vulnerability: Vulnerability, *, ticket_url: str) -> str:
    """Return the description as HTML of at most 1,000,000 characters; `ticket_url` leads back to the ticket.

    Links are http, https or mailto; there are no images, styles, scripts or handlers.
    """
    sections = (
        ("What", _what(vulnerability)),
        ("Where", _list(_places(vulnerability))),
        ("Why it matters", _list(_reasons(vulnerability))),
        ("How to fix it", _remedy(vulnerability)),
        ("Evidence", _evidence(vulnerability)),
        ("References", _list(_link(reference) for reference in _references(vulnerability))),
    )
    shown = "".join(f"<h3>{heading}</h3>{html}" for heading, html in sections if html)
    return f"{shown}<hr>{_way_back(vulnerability, ticket_url)}"


def _line(text: str) -> str:
    return " ".join(_DIRECTION.sub("", _ILLEGAL.sub(" ", text)).split())


def _clean(text: str) -> str:
    return _DIRECTION.sub("", _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _item(text: str) -> str:
    """Return one line of text as HTML, cut visibly."""
    line = _line(text)
    return escape(line if len(line) <= _MAX_ITEM else f"{line[: _MAX_ITEM - 1]}…")


def _link(url: str, words: str = "") -> str:
    """Return a link if `url` is a web address without credentials, else only its words."""
    shown = _item(words or url)
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{shown}</a>' if _is_web(url) else shown


def _is_web(url: str) -> bool:
    if len(url) > _MAX_URL or _line(url) != url or re.search(r'[\s"<>\\^`{|}]', url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def _fitting(text: str, room: int, render: Callable[[str], str]) -> str:
    """Render as much of `text` as fits into `room`, and say if it is not all."""
    html, kept = render(text), len(text)
    while len(html) > room:
        kept //= 2
        html = render(text[:kept]) + f"<p><em>{_CUT}</em></p>"
    return html


def _markdown(text: str, room: int) -> str:
    return _fitting(_clean(text).strip(), room, lambda part: as_html(part) if part else "")


def _what(vulnerability: Vulnerability) -> str:
    html = _markdown(vulnerability.description, _TEXT_ROOM)
    return html or f"<p>{_item(vulnerability.title)}</p>"


def _remedy(vulnerability: Vulnerability) -> str:
    """The scanner's own words; one that has none often has a page about the rule."""
    if vulnerability.remediation.strip():
        return _markdown(vulnerability.remediation, _FIX_ROOM)
    page = next((reference for reference in _references(vulnerability) if _is_web(reference)), "")
    return f"<p>The rule's own page says more: {_link(page)}</p>" if page else ""


def _evidence(vulnerability: Vulnerability) -> str:
    code = dedent(_clean(vulnerability.location.snippet)).strip("\n") if vulnerability.location else ""
    if not code.strip():
        return ""
    return _fitting(code, _CODE_ROOM, lambda part: f"<pre><code>{escape(part)}</code></pre>")


def _list(items: Iterable[str]) -> str:
    """Return the items as a list, as many as fit, and how many do not; nothing if there are none."""
    wanted = list(items)
    kept: list[str] = []
    size = 0
    for item in wanted:
        size += len(item) + len("<li></li>")
        if size > _LIST_ROOM:
            kept.append(f"<li>… and {len(wanted) - len(kept)} more</li>")
            break
        kept.append(f"<li>{item}</li>")
    return f"<ul>{''.join(kept)}</ul>" if kept else ""


def _places(vulnerability: Vulnerability) -> list[str]:
    found = [f"{vulnerability.asset.kind.capitalize()}: {_item(vulnerability.asset.id)}"]
    location = vulnerability.location
    if location and (location.path or location.url):
        line = f", line {location.line}" if location.line else ""
        url = location.url if location.url.startswith("https://") else ""
        found.append(f"File: {_link(url, (location.path or location.url) + line)}")
    if vulnerability.component:
        found.append(f"Component: {_item(vulnerability.component)}")
    return found


def _reasons(vulnerability: Vulnerability) -> list[str]:
    found = [f"Severity: {vulnerability.severity.value}"]
    if vulnerability.score is not None:
        found.append(f"CVSS score: {vulnerability.score:.1f} of 10")
    if vulnerability.cve:
        found.append(f"Known as: {', '.join(map(_cve, vulnerability.cve[:50]))}")
    if vulnerability.cwe:
        found.append(f"Weakness: {', '.join(map(_cwe, vulnerability.cwe[:50]))}")
    if vulnerability.rule:
        found.append(f"Rule: {_item(vulnerability.rule)}")
    if vulnerability.due:
        found.append(f"Due: {vulnerability.due.isoformat()}")
    return found


def _cve(name: str) -> str:
    known = _CVE.fullmatch(name)
    return _link(f"https://nvd.nist.gov/vuln/detail/{name.upper()}" if known else "", name)


def _cwe(name: str) -> str:
    known = _CWE.fullmatch(name)
    return _link(f"https://cwe.mitre.org/data/definitions/{known[1]}.html" if known else "", name)


def _references(vulnerability: Vulnerability) -> Iterable[str]:
    return dict.fromkeys(reference for reference in vulnerability.references if _line(reference))


def _way_back(vulnerability: Vulnerability, ticket_url: str) -> str:
    """Return the last line: where the vulnerability and its ticket can be looked at."""
    links = [(vulnerability.url, "Open in the security platform"), (ticket_url, "Ticket")]
    found = [_link(url, words) for url, words in links if _is_web(url)]
    return f"<p>{' · '.join([*found, _item(vulnerability.id)])}</p>"
