"""The texts of a report: placeholders filled, links into the report flattened, plain text made Markdown.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html#_Toc34317457 (3.11, message object)
"""

import re
from typing import NamedTuple

from shared.texts.masking import masked
from shared.tickets.sarif.values import Json, entry, text, texts
from shared.tickets.vulnerabilities.snapshots import MAX_TEXT

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\d{1,4})\}")
# [words](3) points into relatedLocations, [words](https://…) to a page. Bounded, so that no input is slow.
_LINK = re.compile(r"\[((?:[^\[\]\\]|\\.){1,500})\]\((\d{1,9}|https?://[^\s()<>]{1,2000})\)")
_CODE = re.compile(r"(`[^`\n]{1,1000}`)")
_SPECIAL = re.compile(r"[\\*\[\]<&|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^\s{0,3}[#>]", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")


class Words(NamedTuple):
    """A message in both of its forms; either may be empty."""

    text: str
    markdown: str

    def as_markdown(self) -> str:
        """Return Markdown that shows the message; a link into the report is reduced to its words.

        What looks like a secret is masked here: escaped, it would not.
        """
        if self.markdown:
            return _LINK.sub(_page_link, self.markdown).strip()
        parts = _LINK.split(masked(self.text))
        return "".join(_shown(*parts[at : at + 3]) for at in range(0, len(parts), 3)).strip()

    def as_line(self) -> str:
        """Return the first sentence on one line, without its full stop."""
        plain = _LINK.sub(r"\1", self.text or self.markdown).strip()
        line = plain.splitlines()[0] if plain else ""
        return " ".join(_SENTENCE_END.split(line, maxsplit=1)[0].split()).rstrip(".")


def message(value: object, *strings: Json) -> Words:
    """Return the words of a message object; `strings` are the tables its `id` points into, first wins."""
    arguments = texts(value, "arguments")
    if text(value, "text") or text(value, "markdown"):
        template = entry({"message": value}, "message")
    else:
        template = _template(text(value, "id"), strings)
        arguments = arguments or [""] * bool(template)
    return Words(_filled(text(template, "text"), arguments), _filled(text(template, "markdown"), arguments))


def _template(name: str, strings: tuple[Json, ...]) -> Json:
    return next((entry(table, name) for table in strings if name in table), {})


def _filled(template: str, arguments: list[str]) -> str:
    """Fill {0}, {1}, …; without arguments braces mean themselves, as tools write them."""
    if not arguments:
        return template
    parts, size, last = [], 0, 0
    for match in _PLACEHOLDER.finditer(template):
        parts += [template[last : match.start()], _replacement(match, arguments)]
        last, size = match.end(), size + match.start() - last + len(parts[-1])
        if size > MAX_TEXT:
            break
    return "".join([*parts, template[last:]])


def _replacement(match: re.Match[str], arguments: list[str]) -> str:
    if match[1] is None:
        return match[0][0]
    return arguments[int(match[1])] if int(match[1]) < len(arguments) else match[0]


def _page_link(match: re.Match[str]) -> str:
    return match[1] if match[2].isdigit() else match[0]


def _shown(plain: str, words: str = "", target: str = "") -> str:
    """Return plain text and the link after it as Markdown."""
    if target and not target.isdigit():
        return f"{_escaped(plain)}[{_escaped(words)}]({target})"
    return _escaped(plain + words)


def _escaped(plain: str) -> str:
    """Escape what Markdown would take for markup, but for `code` in backticks: there, tools mean it."""
    parts = _CODE.split(plain)
    parts[::2] = [_SPECIAL.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", part) for part in parts[::2]]
    return "".join(parts)
