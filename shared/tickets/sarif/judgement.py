"""How bad a result is, and whether it still stands."""

from shared.tickets.sarif.rules import Rule
from shared.tickets.sarif.values import Json, entries, number, text
from shared.tickets.snapshots import Severity, Status

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
_GOOD = frozenset({"pass", "notApplicable"})
# … and of these that a person has yet to judge it: it is reported, at the severity that claims least.
_UNDECIDED = frozenset({"informational", "open", "review"})
_HIGHEST = 10


def is_vulnerability(result: Json) -> bool:
    """Return False for a result that reports success or does not apply."""
    return text(result, "kind") not in _GOOD


def score(result: Json, rule: Rule) -> float | None:
    """Return the security severity, 0 to 10, of the result or else of its rule."""
    own = number(result, "properties", "security-severity")
    found = rule.score if own is None else own
    return found if found is not None and 0 <= found <= _HIGHEST else None


def severity(result: Json, rule: Rule) -> Severity:
    """Return the severity: by kind, score, Bandit's own word, or level (3.27.10: warning if none)."""
    if text(result, "kind") in _UNDECIDED:
        return Severity.INFO
    points = score(result, rule)
    if points is not None:
        return _banded(points)
    bandit = _BY_BANDIT.get(text(result, "properties", "issue_severity").upper())
    return bandit or _BY_LEVEL.get(text(result, "level") or rule.level, Severity.MEDIUM)


def _banded(points: float) -> Severity:
    for least, band in _BANDS:
        if points >= least:
            return band
    return Severity.LOW if points > 0 else Severity.INFO


def status(result: Json) -> Status:
    """Return fixed if the baseline has it and this scan has not, risk accepted if suppressed, else open.

    Suppressed means that no suppression is still under review or rejected (3.27.23).
    """
    if text(result, "baselineState") == "absent":
        return Status.FIXED
    suppressions = entries(result, "suppressions")
    accepted = all(text(found, "status") in ("", "accepted") for found in suppressions)
    return Status.RISK_ACCEPTED if suppressions and accepted else Status.OPEN
