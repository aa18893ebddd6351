"""What a work item says of its vulnerabilities where no template says otherwise: what, where, why, how to fix it.

Of a group, the first member is shown in detail and all are listed. Pure and deterministic: the same members give the
same text, for the plan compares it with the last one.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import dedent

from shared.texts.addresses import is_web
from shared.texts.formats import Format
from shared.texts.plain import clean, one_line, shortened
from shared.tickets.vulnerabilities.snapshots import Vulnerability
from shared.tickets.vulnerabilities.together import counting, due

_CVE = re.compile(r"CVE-\d{4}-\d{4,}", re.IGNORECASE)
_CWE = re.compile(r"(?:CWE-)?0*([1-9]\d*)", re.IGNORECASE)
# https://www.first.org/cvss/ ; the calculators take the vector behind a "#"
_VECTOR = re.compile(r"CVSS:(?P<version>3\.[01]|4\.0)/[A-Za-z]{1,3}:[A-Za-z](?:/[A-Za-z]{1,3}:[A-Za-z]){4,40}")
_VECTOR_NAMES = ("cvss_vector", "cvss", "cvssVector", "vector")
_MAX_ITEM = 2_000
_MAX_NAMED = 50
# Rooms of the sections, in characters. Together they are below half of what a field holds, because a field may count
# UTF-16 units, of which a character can take two.
_TEXT_ROOM, _FIX_ROOM, _CODE_ROOM, _LIST_ROOM = 220_000, 120_000, 60_000, 30_000
_CUT = "[cut here: the rest does not fit into a work item; it is attached in full]"
_EVIDENCE = "evidence"


@dataclass(slots=True)
class StandardText:
    """One text while it is written; `cut` has in full what did not fit, by what it is."""

    shape: Format
    members: Sequence[Vulnerability]
    cut: dict[str, str] = field(default_factory=dict)
    long_lines: list[str] = field(default_factory=list)

    @property
    def first(self) -> Vulnerability:
        """The member that is shown in detail."""
        return self.members[0]

    def written(self, ticket_url: str) -> str:
        """Return the text; `ticket_url` leads back to the ticket."""
        sections = (
            ("What", self._what()),
            (f"All {len(self.members)} of them", self._members()),
            ("Where", self._list("places", self._places())),
            ("Why it matters", self._list("reasons", self._reasons())),
            ("How to fix it", self._remedy()),
            ("Evidence", self._evidence()),
            ("References", self._list("references", map(self._reference, self._references()))),
        )
        shown = "".join(self.shape.heading(heading) + block for heading, block in sections if block)
        text = f"{shown}{self.shape.rule()}{self._way_back(ticket_url)}"
        if self.long_lines:
            self.cut["lines"] = "\n".join(self.long_lines)
        return text

    def _fitting(
        self, what: str, text: str, room: int, render: Callable[[str], str], begin: Callable[[str], str] = str
    ) -> str:
        """Render as much of `text` as `begin` lets through and fits into `room`; if not all, say so and keep all of it.

        Each time it is too long, as much less is tried as it was too long by, and a quarter less at least.
        """
        part = begin(text)
        while True:
            block = render(part)
            if len(part) < len(text):
                block += self.shape.paragraph(self.shape.text(_CUT))
                self.cut[what] = text
            if len(block) <= room:
                return block
            part = part[: min(len(part) * 3 // 4, len(part) * room // len(block))]

    def _item(self, text: str) -> str:
        """One line of text, cut visibly."""
        return self.shape.text(self._line(text))

    def _line(self, text: str) -> str:
        line = one_line(text)
        short = shortened(line, _MAX_ITEM)
        if short != line:
            self.long_lines.append(line)
        return short

    def _markdown(self, what: str, text: str, room: int) -> str:
        text = clean(text).strip()
        return self._fitting(what, text, room, self.shape.markdown, self.shape.readable) if text else ""

    def _what(self) -> str:
        block = self._markdown("description", self.first.description, _TEXT_ROOM)
        return block or self.shape.paragraph(self._item(self.first.title))

    def _members(self) -> str:
        if len(self.members) == 1:
            return ""
        count = {id(member) for member in counting(self.members)}
        return self._list("members", (self._member(member, counts=id(member) in count) for member in self.members))

    def _member(self, member: Vulnerability, *, counts: bool) -> str:
        place = member.location.path if member.location else member.component
        words = f"{shortened(one_line(member.title), 200)} ({shortened(one_line(member.id), 200)})"
        gone = "" if counts else f" – {member.status.value.replace('_', ' ')}"
        where = f" – {self.shape.text(shortened(one_line(place), 300))}" if place else ""
        return f"{member.severity.value}: {self.shape.link(member.url, words)}{where}{gone}"

    def _remedy(self) -> str:
        """The scanner's own words; one that has none often has a page about the rule."""
        if self.first.remediation.strip():
            return self._markdown("remediation", self.first.remediation, _FIX_ROOM)
        page = next((reference for reference in self._references() if is_web(reference)), "")
        return self.shape.paragraph(f"The rule's own page says more: {self.shape.link(page)}") if page else ""

    def _evidence(self) -> str:
        location = self.first.location
        code = dedent(clean(location.snippet)).strip("\n") if location else ""
        return self._fitting(_EVIDENCE, code, _CODE_ROOM, self.shape.code) if code.strip() else ""

    def _list(self, what: str, items: Iterable[str]) -> str:
        """Return the items as a list, as many as fit, and how many do not; nothing if there are none."""
        wanted = list(items)
        kept: list[str] = []
        size = 0
        for item in wanted:
            size += len(item) + len("<li></li>")
            if size > _LIST_ROOM:
                self.cut[what] = "\n".join(wanted)
                kept.append(f"… and {len(wanted) - len(kept)} more")
                break
            kept.append(item)
        return self.shape.bullets(kept) if kept else ""

    def _places(self) -> list[str]:
        vulnerability, location = self.first, self.first.location
        found = [f"{vulnerability.asset.kind.capitalize()}: {self._item(vulnerability.asset.id)}"]
        if location and (location.path or location.url):
            line = f", line {location.line}" if location.line else ""
            url = location.url if location.url.startswith("https://") else ""
            found.append(f"File: {self.shape.link(url, self._line(location.path or location.url) + line)}")
        if vulnerability.component:
            found.append(f"Component: {self._item(vulnerability.component)}")
        return found

    def _reasons(self) -> list[str]:
        vulnerability = self.first
        found = [f"Severity: {vulnerability.severity.value}"]
        if vulnerability.score is not None:
            found.append(f"CVSS score: {vulnerability.score:.1f} of 10")
        if vector := _vector(vulnerability.custom):
            found.append(f"CVSS vector: {self._cvss(vector)}")
        if vulnerability.cve:
            found.append(f"Known as: {self._named('cve', vulnerability.cve, self._cve)}")
        if vulnerability.cwe:
            found.append(f"Weakness: {self._named('cwe', vulnerability.cwe, self._cwe)}")
        if vulnerability.rule:
            found.append(f"Rule: {self._item(vulnerability.rule)}")
        if day := due(self.members):
            found.append(f"Due: {day.isoformat()}")
        return found

    def _named(self, what: str, names: Sequence[str], link: Callable[[str], str]) -> str:
        shown = [link(name) for name in names[:_MAX_NAMED]]
        if len(names) > _MAX_NAMED:
            self.cut[what] = "\n".join(names)
            shown.append(f"and {len(names) - _MAX_NAMED} more")
        return ", ".join(shown)

    def _cvss(self, vector: str) -> str:
        version = vector.removeprefix("CVSS:").partition("/")[0]
        return self.shape.link(f"https://www.first.org/cvss/calculator/{version}#{vector}", vector)

    def _cve(self, name: str) -> str:
        known = _CVE.fullmatch(name)
        url = f"https://nvd.nist.gov/vuln/detail/{name.upper()}" if known else ""
        return self.shape.link(url, self._line(name))

    def _cwe(self, name: str) -> str:
        known = _CWE.fullmatch(name)
        url = f"https://cwe.mitre.org/data/definitions/{known[1]}.html" if known else ""
        return self.shape.link(url, self._line(name))

    def _references(self) -> Iterable[str]:
        return dict.fromkeys(reference for reference in self.first.references if one_line(reference))

    def _reference(self, reference: str) -> str:
        return self.shape.link(reference) if is_web(reference) else self._item(reference)

    def _way_back(self, ticket_url: str) -> str:
        """Return the last line: where the vulnerability and its ticket can be looked at."""
        links = [(self.first.url, "Open in the security platform"), (ticket_url, "Ticket")]
        found = [self.shape.link(url, words) for url, words in links if is_web(url)]
        return self.shape.paragraph(" · ".join([*found, self._item(self.first.id)]))


def _vector(custom: Mapping[str, object]) -> str:
    """Platforms send it among their own fields: the contract has the score only."""
    found = (str(custom.get(name, "")) for name in _VECTOR_NAMES)
    return next((vector for vector in found if _VECTOR.fullmatch(vector)), "")
