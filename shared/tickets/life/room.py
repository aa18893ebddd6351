"""How much of a ticket's texts a message has room for, however much longer JSON makes them. Pure."""

import json
from collections.abc import Sequence
from itertools import accumulate

from shared.tickets.vulnerabilities.snapshots import Vulnerability

_MAX_TITLE = 1000
_MAX_TITLE_BYTES = 3_000
_MAX_NAMED = 100
_MAX_NAMES = 8_000
"""As JSON: an update message has a ticket twice, a queue takes 48 KiB, and a row's property 32,000 characters."""


def title(text: str) -> str:
    """As much of a title as fits a message with room to spare, however much longer JSON makes it."""
    letters = text[:_MAX_TITLE]
    lengths = accumulate(
        len(json.dumps(letter, ensure_ascii=False).encode("utf-8", "surrogatepass")) - 2 for letter in letters
    )
    return letters[: sum(length <= _MAX_TITLE_BYTES for length in lengths)]


def ids(members: Sequence[Vulnerability]) -> tuple[str, ...]:
    """The first members' ids: as many as fit a message with room to spare."""
    lengths = accumulate(len(json.dumps(member.id)) + 2 for member in members[:_MAX_NAMED])
    fitting = sum(length <= _MAX_NAMES for length in lengths)
    return tuple(member.id for member in members[:fitting])
