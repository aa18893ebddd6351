"""Addresses that somebody may be led to."""

import re
from urllib.parse import urlsplit

from shared.texts.plain import one_line

_MAX_URL = 2_000


def is_web(url: str) -> bool:
    """Whether `url` is a web address without credentials, and nothing that could end the text around it."""
    if len(url) > _MAX_URL or one_line(url) != url or re.search(r'[\s"<>\\^`{|}]', url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
