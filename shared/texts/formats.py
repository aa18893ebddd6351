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

# What means something to a Markdown reader wherever it stands, and what does at the start of a line only.
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~#&$]")
_AT_THE_START = re.compile(r"^(\d*)([-+=:.)])")


class Format(Protocol):
    """Writes text that anybody may have written; what it returns is harmless and may be joined."""

    def text(self, text: str) -> str:
        """Return text as one line."""

    def link(self, url: str, words: str = "") -> str:
        """Return a link if `url` is a web address without credentials, else only its words."""

    def markdown(self, text: str) -> str:
        """Return a block of what somebody wrote in Markdown."""

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
        """Return what a template of an administrator made of such parts, made harmless as a whole."""


class Html:
    """The classic format."""

    def text(self, text: str) -> str:  # noqa: D102
        return escape(one_line(text))

    def link(self, url: str, words: str = "") -> str:  # noqa: D102
        shown = self.text(words or url)
        return f'<a href="{escape(url)}" rel="noopener noreferrer">{shown}</a>' if is_web(url) else shown

    def markdown(self, text: str) -> str:  # noqa: D102
        return reading.as_html(clean(text).strip())

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
        return _AT_THE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", one_line(text)))

    def link(self, url: str, words: str = "") -> str:  # noqa: D102
        shown = self.text(words or url)
        return f"[{shown}](<{url}>)" if is_web(url) else shown

    def markdown(self, text: str) -> str:  # noqa: D102
        return f"{reading.as_markdown(clean(text).strip())}\n\n"

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
        return reading.as_markdown(clean(text), level=1)


class Plain:
    """A title: one line, nothing else."""

    def text(self, text: str) -> str:  # noqa: D102
        return one_line(text)

    def link(self, url: str, words: str = "") -> str:  # noqa: D102
        return one_line(words or url)

    markdown = code = heading = paragraph = finished = text

    def bullets(self, items: Sequence[str]) -> str:  # noqa: D102
        return ", ".join(items)

    def rule(self) -> str:  # noqa: D102
        return " "


HTML, MARKDOWN, PLAIN = Html(), Markdown(), Plain()
