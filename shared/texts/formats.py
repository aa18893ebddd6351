"""The two formats of a work item's long texts, and plain text: how each writes what is shown.

https://learn.microsoft.com/azure/devops/boards/work-items/about-work-items (rich text and Markdown)
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Protocol

from shared.texts import markdown as reading
from shared.texts.addresses import is_web
from shared.texts.plain import clean, one_line

# What takes about a second at worst on a slow core, whatever is written: characters and lines of one block.
_MOST_FOR_HTML = (100_000, 10_000)
_MOST_FOR_MARKDOWN = (20_000, 1_000)


class Format(Protocol):
    """Writes text that anybody may have written; what it returns is harmless and may be joined."""

    def text(self, text: str) -> str:
        """Return text as one line."""

    def link(self, url: str, words: str = "") -> str:
        """Return a link if `url` is a web address without credentials, else only its words."""

    def markdown(self, text: str) -> str:
        """Return a block of what somebody wrote in Markdown: as much as `readable` says, cut visibly."""

    def readable(self, text: str) -> str:
        """Return the beginning of a text in Markdown, as much of it as can be read in reasonable time."""

    def code(self, text: str) -> str:
        """Return a block of code."""

    def heading(self, words: str) -> str:
        """Return a heading."""

    def paragraph(self, inline: str) -> str:
        """Return a paragraph of what the methods above returned."""

    def bullets(self, items: Sequence[str]) -> str:
        """Return a list of what the methods above returned."""

    def rule(self) -> str:
        """Return a line across."""

    def finished(self, text: str) -> str:
        """Return what a template of an administrator made of such parts, made harmless as a whole.

        Raises `TooComplexError` where that would take too long.
        """


class Html:
    """The classic format."""

    def text(self, text: str) -> str:  # noqa: D102
        return escape(one_line(text))

    def link(self, url: str, words: str = "") -> str:  # noqa: D102
        shown = self.text(words or url)
        return f'<a href="{escape(url)}" rel="noopener noreferrer">{shown}</a>' if is_web(url) else shown

    def markdown(self, text: str) -> str:  # noqa: D102
        text = clean(text).strip()
        part = self.readable(text)
        return reading.as_html(part) + (self.paragraph(_cut(*_MOST_FOR_HTML)) if len(part) < len(text) else "")

    def readable(self, text: str) -> str:  # noqa: D102
        return reading.beginning(text, *_MOST_FOR_HTML)

    def code(self, text: str) -> str:  # noqa: D102
        return f"<pre><code>{escape(clean(text))}</code></pre>"

    def heading(self, words: str) -> str:  # noqa: D102
        return f"<h3>{self.text(words)}</h3>"

    def paragraph(self, inline: str) -> str:  # noqa: D102
        return f"<p>{inline}</p>"

    def bullets(self, items: Sequence[str]) -> str:  # noqa: D102
        return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"

    def rule(self) -> str:  # noqa: D102
        return "<hr>"

    def finished(self, text: str) -> str:  # noqa: D102
        return reading.own_html(clean(text))


class Markdown:
    """The newer format; blocks end with an empty line."""

    def text(self, text: str) -> str:  # noqa: D102
        return reading.escaped(one_line(text))

    def link(self, url: str, words: str = "") -> str:  # noqa: D102
        shown = self.text(words or url)
        return f"[{shown}](<{url}>)" if is_web(url) else shown

    def markdown(self, text: str) -> str:  # noqa: D102
        text = clean(text).strip()
        part = self.readable(text)
        rest = self.paragraph(self.text(_cut(*_MOST_FOR_MARKDOWN))) if len(part) < len(text) else ""
        return f"{reading.as_markdown(part)}\n\n{rest}"

    def readable(self, text: str) -> str:  # noqa: D102
        return reading.beginning(text, *_MOST_FOR_MARKDOWN)

    def code(self, text: str) -> str:  # noqa: D102
        text = clean(text)
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
        return f"{fence}\n{text}\n{fence}\n\n"

    def heading(self, words: str) -> str:  # noqa: D102
        return f"### {self.text(words)}\n\n"

    def paragraph(self, inline: str) -> str:  # noqa: D102
        return f"{inline}\n\n"

    def bullets(self, items: Sequence[str]) -> str:  # noqa: D102
        return "".join(f"- {item}\n" for item in items) + "\n"

    def rule(self) -> str:  # noqa: D102
        return "---\n\n"

    def finished(self, text: str) -> str:  # noqa: D102
        return reading.own_markdown(clean(text))


class Plain:
    """A title: one line, nothing else."""

    def text(self, text: str) -> str:  # noqa: D102
        return one_line(text)

    def link(self, url: str, words: str = "") -> str:  # noqa: D102
        return one_line(words or url)

    markdown = readable = code = heading = paragraph = finished = text

    def bullets(self, items: Sequence[str]) -> str:  # noqa: D102
        return ", ".join(items)

    def rule(self) -> str:  # noqa: D102
        return " "


def _cut(characters: int, lines: int) -> str:
    return f"[cut here: {characters:,} characters and {lines:,} lines are shown at most]"


HTML, MARKDOWN, PLAIN = Html(), Markdown(), Plain()
