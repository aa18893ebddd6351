"""A name for a result that it keeps from scan to scan, while lines move.

Never part of it: line numbers, the time, the machine, a message that counts or quotes lines.
"""

import hashlib
import re
from collections import Counter

from shared.tickets.sarif.places import Place
from shared.tickets.sarif.values import Json, entry
from shared.tickets.vulnerabilities.snapshots import MAX_NAME

_PREFERRED = "primaryLocationLineHash"
# A column says nothing on its own; CodeQL writes it beside the hash.
_USELESS = "primaryLocationStartColumnFingerprint"
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]+")
_TOOL, _RULE = 60, 300


class Identities:
    """Names the results of one run, in their order."""

    def __init__(self, tool: str) -> None:
        self._tool = tool
        self._seen: Counter[str] = Counter()

    def name(self, result: Json, *, rule: str, place: Place, message: str) -> str:
        """Return `tool:rule:path:hash`, with `-2`, `-3`, … for further results that look the same."""
        basis = _fingerprint(result) or _content(place, message)
        parts = [self._tool, rule, place.path, *basis]
        text = "\x00".join(part.replace("\x00", " ") for part in parts)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        self._seen[digest] += 1
        occurrence = self._seen[digest]
        return self._readable(rule, place.path, digest if occurrence == 1 else f"{digest}-{occurrence}")

    def _readable(self, rule: str, path: str, ending: str) -> str:
        start = ":".join(part for part in (_plain(self._tool).lower()[:_TOOL], _plain(rule)[:_RULE]) if part)
        room = MAX_NAME - len(start) - len(ending) - 2
        return ":".join(part for part in (start, _plain(path)[-room:], ending) if part)


def _fingerprint(result: Json) -> tuple[str, str] | None:
    """Return the name and value of the fingerprint to trust: the line hash, a full one, then a partial one.

    One is chosen, so that a tool that adds another does not rename every result. Semgrep writes "requires
    login" where it has none: a sentence is no fingerprint.
    """
    partial = entry(result, "partialFingerprints")
    full = entry(result, "fingerprints")
    lines = sorted(name for name in partial if name.split("/")[0] == _PREFERRED)
    others = sorted(name for name in partial if name not in lines and name.split("/")[0] != _USELESS)
    for table, names in ((partial, lines), (full, sorted(full)), (partial, others)):
        for name in names:
            value = table[name]
            if isinstance(value, str) and value and not any(map(str.isspace, value)):
                return name, value
    return None


def _content(place: Place, message: str) -> tuple[str, ...]:
    """Return what stands in for a fingerprint; the message only if there is no code, and no number in it."""
    snippet = " ".join(place.snippet.split())
    if not snippet and not any(map(str.isdigit, message)):
        snippet = " ".join(message.split())
    return "content", place.component, snippet


def _plain(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()
