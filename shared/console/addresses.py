"""Where the console's pages are."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

BASE = "/api/console"


def segment(text: str) -> str:
    """Return text as one segment of a path; the host decodes all but a slash, which the routes do themselves."""
    return quote(text, safe="")


def next_page(path: str, continuation: str | None, query: Mapping[str, str] | None = None) -> str:
    """Return the address of the page after this one, empty on the last."""
    return f"{BASE}{path}?{urlencode({**(query or {}), 'continuation': continuation})}" if continuation else ""
