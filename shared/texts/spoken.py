"""What people write in a work item's discussion: rich text, of which others get a harmless copy."""

import re
from html import unescape

import nh3

from shared.texts.markdown import own_html
from shared.texts.plain import clean

_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|tr|h[1-6]|pre|blockquote)>", re.IGNORECASE)
_LINES = re.compile(r"\s*\n\s*")


def as_text(html: str) -> str:
    """Return the words of some HTML, a line for each paragraph or entry of a list."""
    words = nh3.clean(_BREAK.sub(r"\g<0>\n", html), tags=set())
    return _LINES.sub("\n", clean(unescape(words))).strip()


def as_harmless(html: str) -> str:
    """Return some HTML without what could do anything: no scripts, styles or images, links to the web only."""
    return own_html(clean(html))
