"""Which lines of a source may register something: asked of its text, which costs a fraction of asking its tree."""

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

# Between a name and the parenthesis that calls it, or between two pairs of parentheses, may be any space and, in a
# bracket, comments. A comment is taken for a call: what follows it is not looked for, as that takes quadratic time.
_CALLED = r"[\s\\]*+[(#]"
_CALLED_TWICE = re.compile(rf"\){_CALLED}")
_GLOBAL = re.compile(r"global\b")
_BLANKS = " \t\f"
_DEEPEST_BLANKS = 200
_MOST_WORDS = 1_000


@dataclass(frozen=True, slots=True)
class Interest:
    """The lines, in their order, in which something begins, and some more, where a text or a comment looks like it.

    `registering`: a decorator, a call of a word of interest, or of what another call returned. `assigning`: `global`.
    """

    registering: Sequence[int]
    assigning: Sequence[int]


def interest_of(text: str, words: AbstractSet[str]) -> Interest:
    """Return the lines of a source that are of interest; `words` are names whose calls may register."""
    if not text.isascii():  # as identifiers are compared: https://docs.python.org/3/reference/lexical_analysis.html
        text = normalize("NFKC", text)
    calls = (place for word in words for place in _names(_call_of(word), text))
    twice = (found.start() for found in _CALLED_TWICE.finditer(text))
    return Interest(_lines(text, [*_decorators(text), *twice, *calls]), _lines(text, _names(_GLOBAL, text)))


def _lines(text: str, places: Iterable[int]) -> list[int]:
    lines: dict[int, None] = {}
    line, last = 1, 0
    for at in sorted(places):
        line += text.count("\n", last, at)
        lines[line], last = None, at
    return list(lines)


def _decorators(text: str) -> Iterator[int]:
    at = text.find("@")
    while at >= 0:
        before = text[max(0, at - _DEEPEST_BLANKS) : at]
        if not before.rpartition("\n")[2].strip(_BLANKS):
            yield at
        at = text.find("@", at + 1)


def _names(pattern: re.Pattern[str], text: str) -> Iterator[int]:
    for found in pattern.finditer(text):
        before = text[found.start() - 1 : found.start()]
        if not (before.isalnum() or before == "_"):  # the end of another name
            yield found.start()


@lru_cache(_MOST_WORDS)
def _call_of(word: str) -> re.Pattern[str]:
    # It begins with letters, not with a boundary, for such are searched for several times as fast.
    return re.compile(re.escape(word) + _CALLED)
