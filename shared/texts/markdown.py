"""Markdown from a scanner or a platform → HTML or Markdown that a work item may hold."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import nh3

from shared.texts.addresses import is_web
from shared.texts.masking import masked

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from mdformat.renderer import RenderContext, RenderTreeNode

# What CommonMark with tables makes of text, headings reduced to one level.
_TAGS = frozenset(
    {"a", "blockquote", "br", "code", "em", "h4", "hr", "li", "ol", "p", "pre", "strong", "ul"}
    | {"table", "thead", "tbody", "tr", "th", "td"}
)
# What the template of an administrator may use besides.
_OWN_TAGS = _TAGS | {"b", "dd", "del", "div", "dl", "dt", "h1", "h2", "h3", "i", "small", "span", "sub", "sup", "u"}
_WEB = ("http://", "https://", "mailto:")
# What means something to a Markdown reader wherever it stands, and what does at the start of a line only.
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~#&$]")
_AT_THE_START = re.compile(r"^(\d*)([-+=:.)])")
# The writer of Markdown calls itself for each level, and looks through all siblings of each entry of a list and of each
# piece of a line: about a second for this much, on a slow core.
_MAX_DEPTH = 50
_MAX_EFFORT = 4_000_000
_PIECES_AT_ONCE = 64
_MAX_OWN = 200_000


class TooComplexError(ValueError):
    """A text that cannot be read and written again in reasonable time; the message says why, without the text."""


def beginning(text: str, characters: int, lines: int) -> str:
    """Return as much of `text` as has at most so many characters and lines."""
    part = text[:characters]
    for found, end in enumerate(re.finditer("\n", part), 1):
        if found == lines:
            return part[: end.start()]
    return part


def escaped(line: str) -> str:
    """Return one line as Markdown that shows it as it is."""
    return _AT_THE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", line))


def as_html(text: str) -> str:
    """Return `text` (CommonMark and tables) as sanitised HTML; raw HTML in it is shown, not obeyed.

    A line break stays one. Headings become h4, below those of the description. Images become links.
    """
    markdown, tokens = _markdown(), _read(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h4"
    return _sanitised(markdown.renderer.render(tokens, markdown.options, {}), _TAGS)


def own_html(html: str) -> str:
    """Return HTML that a template made, sanitised: no scripts, styles, handlers or images, links to the web only."""
    return _sanitised(html, _OWN_TAGS)


def as_markdown(text: str) -> str:
    """Return `text` as CommonMark with tables that says the same and nothing else.

    Raw HTML is shown, not obeyed; images become links, links that do not lead to the web become their words; headings
    are of level 4 at least. What is nested too deeply or has too many parts is shown as it was written.
    """
    try:
        return _written_again(text, level=4)
    except TooComplexError:
        return _as_it_is(text)


def own_markdown(text: str) -> str:
    """Return Markdown that a template made, in the same way, with headings of any level.

    Raises `TooComplexError` where that would take too long.
    """
    if len(text) > _MAX_OWN:
        raise TooComplexError(f"it makes more than {_MAX_OWN:,} characters of Markdown")
    return _written_again(text, level=1)


def _written_again(text: str, *, level: int) -> str:
    from mdformat.renderer import MDRenderer  # noqa: PLC0415  only where Markdown is the format

    tokens = _read(text)
    _check_effort(tokens)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{max(level, int(token.tag[1:]))}"
            token.markup = "#" * int(token.tag[1:])
        token.children = _harmless(token.children) if token.children else token.children
    options = {"mdformat": {}, "parser_extension": [_Extension]}
    try:
        return str(MDRenderer().render(tokens, options, {})).strip()
    except Exception as error:  # another's code, and anybody's text: no text may stop a ticket
        raise TooComplexError("its Markdown cannot be written") from error


def _as_it_is(text: str) -> str:
    """Return the lines of `text`, none of which means anything to a reader of Markdown."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join("\\\n".join(escaped(line.strip()) for line in lines.split("\n")) for lines in paragraphs)


def _check_effort(tokens: "Sequence[Token]") -> None:
    within = [token.children for token in tokens if token.children]
    if _depth(tokens) + max(map(_depth, within), default=0) > _MAX_DEPTH:
        raise TooComplexError("its Markdown is nested too deeply")
    effort = sum(len(pieces) ** 2 for pieces in within) // _PIECES_AT_ONCE + sum(size**2 for size in _lists(tokens))
    if effort > _MAX_EFFORT:
        raise TooComplexError("its Markdown has too many parts")


def _depth(tokens: "Iterable[Token]") -> int:
    return max(accumulate(token.nesting for token in tokens), default=0)


def _lists(tokens: "Iterable[Token]") -> list[int]:
    """Return how many entries each list has; a list that is over is no longer open."""
    sizes: list[int] = []
    open_lists: list[int] = []
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            open_lists.append(len(sizes))
            sizes.append(0)
        elif token.type == "list_item_open":
            sizes[open_lists[-1]] += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            open_lists.pop()
    return sizes


@cache
def _markdown() -> "MarkdownIt":
    # 40 ms that a cold start for a web hook need not pay
    from markdown_it import MarkdownIt  # noqa: PLC0415

    options = {"html": False, "breaks": True, "xhtmlOut": False}
    return MarkdownIt("commonmark", options).enable("table").disable("image")


def _read(text: str) -> "list[Token]":
    """Parse `text` and mask what looks like a secret only now that escapes and entities are resolved."""
    from markdown_it.common.utils import unescapeAll  # noqa: PLC0415  as below

    tokens = _markdown().parse(text)
    for token in tokens:
        if token.type in ("fence", "code_block"):
            token.content, token.info = masked(token.content), masked(unescapeAll(token.info))
        elif token.children:
            token.children = _without_secrets(token.children)
    return tokens


def _without_secrets(pieces: "list[Token]") -> "list[Token]":
    """Mask the pieces of a line; where only all of them together look like a secret, they become plain text."""
    for piece in pieces:
        piece.content = masked(piece.content)
        if any(masked(text := unquote(str(value))) != text for value in piece.attrs.values()):
            piece.attrs = {}  # a link to nowhere, which is its words then
    line = "".join(piece.content or "\n" * (piece.tag == "br") for piece in pieces)
    if (shown := masked(line)) == line:
        return pieces
    whole = next(piece for piece in pieces if piece.type in ("text", "code_inline"))
    return [whole.copy(type="text", tag="", markup="", content=shown, level=0)]


def _sanitised(html: str, tags: frozenset[str]) -> str:
    return nh3.clean(
        html,
        tags=set(tags),
        attributes={"a": {"href"}, "ol": {"start"}},
        attribute_filter=_web_links_only,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    ).strip()


def _web_links_only(_tag: str, attribute: str, value: str) -> str | None:
    """Drop relative links too: in a work item they would lead into Azure DevOps."""
    return None if attribute == "href" and not value.lower().startswith(_WEB) else value


def _harmless(tokens: "Sequence[Token]") -> "list[Token]":
    """Drop links that lead elsewhere than to the web, and keep line breaks, which plain Markdown would join."""
    kept: list[Token] = []
    dropped = 0
    for token in tokens:
        if token.type == "link_open" and not _leads_to_the_web(token):
            dropped += 1
        elif token.type == "link_close" and dropped:
            dropped -= 1  # links hold no links
        else:
            if token.type == "softbreak":
                token.type = "hardbreak"
            kept.append(token)
    return kept


def _leads_to_the_web(token: "Token") -> bool:
    href = str(token.attrGet("href") or "")
    return is_web(href) or href.lower().startswith("mailto:")


def _table(node: "RenderTreeNode", context: "RenderContext") -> str:
    rows = [row for part in node.children for row in part.children]
    lines = [_row([cell.render(context) for cell in row.children]) for row in rows]
    return "\n".join([lines[0], _row(["---"] * len(rows[0].children)), *lines[1:]])


def _row(cells: Sequence[str]) -> str:
    """A bar within a cell would end it, within code too: https://github.github.com/gfm/#example-200"""
    return f"| {' | '.join(cell.replace('\\|', '|').replace('|', '\\|').replace('\n', ' ') for cell in cells)} |"


def _cell(node: "RenderTreeNode", context: "RenderContext") -> str:
    return "".join(child.render(context) for child in node.children)


def _without_tags(text: str, _node: "RenderTreeNode", _context: "RenderContext") -> str:
    """Escape every "<" that is not yet: mdformat 1.0.0 leaves the second one of "<<b>"."""
    return re.sub(r"(\\.)|<", lambda found: found[1] or "\\<", text, flags=re.DOTALL)


class _Extension:
    """What mdformat calls an extension: how the nodes that it does not know are written."""

    RENDERERS: Mapping[str, Any] = {"table": _table, "th": _cell, "td": _cell}
    POSTPROCESSORS: Mapping[str, Any] = {"text": _without_tags}
