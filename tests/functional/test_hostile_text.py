"""Hostile text in every field of a snapshot: the card shows it harmlessly."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.functional.bridge import Bridge
from tests.functional.item_pages import comments, made


def _everywhere(text: str) -> dict[str, Any]:
    return {
        "title": f"Finding {text}", "description": text, "remediation": text, "rule": text, "component": text,
        "location": {"path": text[:1000], "snippet": text, "url": text[:1000]}, "references": [text[:3000]],
        "cve": [text[:3000]], "cwe": [text[:3000]], "url": text[:1000], "tags": [text[:3000]],
        "custom": {"team": text[:3000]}, "attachments": [{"name": text[:900] or "x", "content": text}],
    }  # fmt: skip


HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>x</a></div></table>",
    "markdown": "[x](javascript:alert(1)) ![p](https://tracker.example/p.png) <svg/onload=alert(1)>",
    "template": "{{ 7*7 }} {% for x in y %} ${7*7} #{7*7} <%= 7*7 %>",
    "wiql": "' OR [System.Id] > 0 --; DELETE \"",
    "control": "a\x00b\x07c\x1b[31md\x7fe\ufffef",
    "bidi": "user\u202egnp.exe\u2066 \u200bhidden\ufeff",
    "surrogates": "half \ud83d pair",
    "json": '","value":"x"}]',
    "long": "<b>" * 30_000,
}


@pytest.mark.parametrize("text_format", ["html", "markdown"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_shown_harmlessly(bridge: Bridge, name: str, text_format: str) -> None:
    """As a page for people, whatever the format; what looked like tags is there to be read."""
    template = "{{ title }} {{ description }} {{ description|markdown }} {{ component|link(rule) }} {{ standard }}"
    assert bridge.link(text_format=text_format, snapshot_tags=True, description_template=template).ok

    item = made(bridge, **_everywhere(HOSTILE[name]))

    assert len(item["fields"]["System.Title"]) <= 255
    page = comments(bridge, item["id"])
    seen = Page(page)
    assert seen.texts
    assert not {tag for tag, _ in seen.texts} & {"script", "img", "svg", "b", "iframe", "style", "object"}
    assert {attribute for _, attributes in seen.texts for attribute in attributes} <= {"href", "rel", "start", "class"}
    links = [attributes["href"] or "" for _, attributes in seen.texts if "href" in attributes]
    assert all(link.startswith(("http://", "https://", "mailto:")) for link in links)
    assert "{{ 7*7 }}" in seen.words or name != "template"
    assert not re.search(r"[\x00\x07\x1b\x7f\u202e\u2066\u200b\ufeff\ufffe]", str(item["fields"]))


class Page(HTMLParser):
    """The tags within the long texts of a work item's page, and all words of it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._depth = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._depth:
            self.texts.append((tag, dict(attrs)))
        if tag == "div" and (self._depth or ("class", "text") in attrs):
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == "div" and self._depth > 0

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.thorough
@pytest.mark.timeout(300)
def test_ten_megabytes_in_any_field_are_refused_or_cut(bridge: Bridge) -> None:
    taken = []
    for number, (field, value) in enumerate(_everywhere("<").items()):
        large = json.loads(json.dumps(value).replace("<", "<" * 10_000_000))
        answer = bridge.ask("POST", "tickets", json=bridge.snapshot(f"V{number}", **{field: large}))
        assert answer.status_code in (202, 413, 422), (field, answer.text)
        taken += [answer.json()["id"]] if answer.status_code == 202 else []

    taken.append(bridge.send("small"))
    for ticket in taken:
        bridge.until(ticket, "open")
