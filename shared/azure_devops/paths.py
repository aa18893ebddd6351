"""How names become parts of a URL."""

from urllib.parse import quote


def segment(name: str) -> str:
    """Quote one path segment; project and type names may hold spaces, slashes and any letter."""
    return quote(name, safe="")
