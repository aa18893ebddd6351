"""Members of parsed JSON that may be missing or of another type than the standard says: then they are empty.

A report is written by many tools and none is perfect; one odd member must not cost the whole result.
"""

import math
from decimal import Decimal
from typing import Any

type Json = dict[str, Any]


def entry(value: object, *names: str) -> Json:
    """Return the object found under `names`, or an empty one."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def entries(value: object, *names: str) -> list[Json]:
    """Return the objects of the array found under `names`; what is no object becomes an empty one.

    Positions are kept, because SARIF refers to elements by their index.
    """
    found = entry(value, *names[:-1]).get(names[-1])
    return [item if isinstance(item, dict) else {} for item in found] if isinstance(found, list) else []


def text(value: object, *names: str) -> str:
    """Return the string found under `names`, or an empty one."""
    found = entry(value, *names[:-1]).get(names[-1])
    return found if isinstance(found, str) else ""


def texts(value: object, *names: str) -> list[str]:
    """Return the strings of the array found under `names`."""
    found = entry(value, *names[:-1]).get(names[-1])
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def index(value: object, *names: str) -> int | None:
    """Return the non-negative whole number found under `names`; SARIF writes -1 for "none"."""
    found = entry(value, *names[:-1]).get(names[-1])
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def number(value: object, *names: str) -> float | None:
    """Return the finite number found under `names`, also where a tool wrote it as a string."""
    found = entry(value, *names[:-1]).get(names[-1])
    if isinstance(found, bool) or not isinstance(found, int | Decimal | str):
        return None
    try:
        result = float(found)
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def first(found: list[Json]) -> Json:
    """Return the first of `found`, or an empty object."""
    return found[0] if found else {}
