"""How bad a result is, and whether it still stands."""

import re

from shared.tickets.sarif.rules import Rule
from shared.tickets.sarif.values import Json, entries, number, text
from shared.tickets.vulnerabilities.snapshots import Severity, Status

# GitHub's bands, which are those of CVSS 3: https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
_BANDS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))
_BY_LEVEL = {
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "note": Severity.LOW,
    "none": Severity.INFO,
}
_BY_BANDIT = {"HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW}
# A result of these kinds says that there is nothing to do (3.27.9) …
_GOOD = frozenset({"pass", "notApplicable", "informational"})
# … and of these that a person has yet to judge it: it is reported, at the severity that claims least.
_UNDECIDED = frozenset({"open", "review"})
_HIGHEST = 10
_HIGHEST_RANK = 100
# `justification` is prose, and `category` what Snyk writes beside it; nothing of the standard tells the two apart.
_FALSE_POSITIVE = re.compile(
    r"(?<!no )(?<!not )(?<!not a )\b(?:false[ _-]*positives?|not[ _-]vulnerable)\b", re.IGNORECASE
)


def is_vulnerability(result: Json) -> bool:
    """Return False for a result that reports success or does not apply."""
    return text(result, "kind") not in _GOOD


def score(result: Json, rule: Rule) -> float | None:
    """Return the security severity, 0 to 10, of the result or else of its rule."""
    own = number(result, "properties", "security-severity")
    found = rule.score if own is None else own
    return found if found is not None and 0 <= found <= _HIGHEST else None


def severity(result: Json, rule: Rule) -> Severity:
    """Return the severity: by kind, score, Bandit's own word, level, or else rank (3.27.10: warning if none)."""
    if text(result, "kind") in _UNDECIDED:
        return Severity.INFO
    points = score(result, rule)
    if points is not None:
        return _banded(points)
    bandit = _BY_BANDIT.get(text(result, "properties", "issue_severity").upper())
    level = _BY_LEVEL.get(text(result, "level") or rule.level)
    return bandit or level or _ranked(result, rule) or Severity.MEDIUM


def _ranked(result: Json, rule: Rule) -> Severity | None:
    """Return the severity that an importance from 0 to 100 stands for (3.27.25), where nothing else is said."""
    own = number(result, "rank")
    rank = rule.rank if own is None else own
    return _banded(rank / 10) if rank is not None and 0 <= rank <= _HIGHEST_RANK else None


def _banded(points: float) -> Severity:
    for least, band in _BANDS:
        if points >= least:
            return band
    return Severity.LOW if points > 0 else Severity.INFO


def status(result: Json) -> Status:
    """Return fixed if the baseline has it and this scan has not, what its suppressions say, or else open.

    Suppressed means that no suppression is still under review or rejected (3.27.23).
    """
    if text(result, "baselineState") == "absent":
        return Status.FIXED
    suppressions = entries(result, "suppressions")
    accepted = all(text(found, "status") in ("", "accepted") for found in suppressions)
    if not suppressions or not accepted:
        return Status.OPEN
    return Status.FALSE_POSITIVE if any(map(_is_false_positive, suppressions)) else Status.RISK_ACCEPTED


def _is_false_positive(suppression: Json) -> bool:
    words = text(suppression, "justification"), text(suppression, "properties", "category")
    return any(map(_FALSE_POSITIVE.search, words))
