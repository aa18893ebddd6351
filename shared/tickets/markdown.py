"""Markdown from a scanner or a platform → HTML that a work item may hold."""

from functools import cache
from typing import TYPE_CHECKING

import nh3

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

# What CommonMark with tables makes of text, headings reduced to one level.
_TAGS = frozenset(
    {"a", "blockquote", "br", "code", "em", "h4", "hr", "li", "ol", "p", "pre", "strong", "ul"}
    | {"table", "thead", "tbody", "tr", "th", "td"}
)
_WEB = ("http://", "https://", "mailto:")


def as_html(text: str) -> str:
    """Return `text` (CommonMark and tables) as sanitised HTML; raw HTML in it is shown, not obeyed.

    A line break stays one. Headings become h4, below those of the description. Images become links.
    """
    markdown = _markdown()
    tokens = markdown.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h4"
    return _sanitised(markdown.renderer.render(tokens, markdown.options, {}))


@cache
def _markdown() -> "MarkdownIt":
    # 40 ms that a cold start for a web hook need not pay
    from markdown_it import MarkdownIt  # noqa: PLC0415

    options = {"html": False, "breaks": True, "xhtmlOut": False}
    return MarkdownIt("commonmark", options).enable("table").disable("image")


def _sanitised(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={"a": {"href"}, "ol": {"start"}},
        attribute_filter=_web_links_only,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    ).strip()


def _web_links_only(_tag: str, attribute: str, value: str) -> str | None:
    """Drop relative links too: in a work item they would lead into Azure DevOps."""
    return None if attribute == "href" and not value.lower().startswith(_WEB) else value
