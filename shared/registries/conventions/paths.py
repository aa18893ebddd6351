"""Qualified names, and patterns of them.

`pkg.mod.Thing` is a name, `pkg.mod.Thing()` what it returns when it is called, `pkg.mod.Thing().run` an attribute of
that.
In a pattern `*` stands for one name, and `**.` at its start for whatever comes before.
"""

import re

_NAME = r"(?:[^\W\d]\w*|\*)"
PATTERN = rf"^(?:\*\*\.)?{_NAME}(?:\(\))*(?:\.{_NAME}(?:\(\))*)*$"
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def expression_of(pattern: str) -> str:
    """Return a regular expression of the qualified names that `pattern` stands for."""
    anything = "" if not pattern.startswith("**.") else r"(?:.+\.)"
    escaped = re.escape(pattern.removeprefix("**."))
    return anything + escaped.replace(r"\*", r"[^.()]+")


def words_of(pattern: str) -> list[str]:
    """Return the names that are written out in `pattern`."""
    return _IDENTIFIER.findall(pattern)


def last_word(pattern: str) -> str:
    """Return the last name that is written out in `pattern`; "" if there is none, or it is what something returned."""
    if pattern.endswith("()"):
        return ""
    words = words_of(pattern)
    return words[-1] if words else ""


def method_of_unknown(pattern: str) -> str:
    """Return the method's name if `pattern` is a method of what something returned, else ""."""
    before, dot, method = pattern.rpartition(".")
    return method if dot and before.endswith("()") and _IDENTIFIER.fullmatch(method) else ""


def segments_of(path: str) -> list[str]:
    """Return the names of a qualified name, each call as a segment "()" of its own."""
    return [segment for segment in path.replace("()", ".()").split(".") if segment]


def joined(segments: list[str]) -> str:
    """Return the qualified name of such segments."""
    return ".".join(segments).replace(".()", "()")
