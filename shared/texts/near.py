"""What somebody may have meant who named what is not there."""

from collections.abc import Sequence
from difflib import get_close_matches

_MOST_NAMED = 20
_MOST_COMPARED = 5000


def near(wanted: str, names: Sequence[str]) -> str:
    """Return a part of a sentence that names what is alike, or else what there is."""
    folded = {name.casefold(): name for name in names[:_MOST_COMPARED]}
    alike = [folded[name] for name in get_close_matches(wanted.casefold(), folded, n=5, cutoff=0.5)]
    return f"did you mean {named(alike)}?" if alike else f"there are: {named(sorted(names))}"


def hint(wanted: str, names: Sequence[str]) -> str:
    """Return the same as a sentence."""
    if not names:
        return "There is none."
    text = near(wanted, names)
    return text[0].upper() + text[1:] + ("" if text.endswith("?") else ".")


def named(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
