"""How names become parts of a URL."""

from urllib.parse import quote


def segment(name: str) -> str:
    """Quote one path segment; project and type names may hold spaces, slashes and any letter.

    Raises `ValueError` for `.` and `..`, which would be another resource, not a name.
    """
    if name in {"", ".", ".."}:
        raise ValueError(f"not a name: {name!r}")
    return quote(name, safe="")
