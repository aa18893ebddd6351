"""What a work item is told in its discussion: each remark travels in the patch that causes it. Pure."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from shared.tickets.life.names import named
from shared.tickets.vulnerabilities.snapshots import Severity, Status

LABELS = {
    "System.Title": "title",
    "System.Description": "description",
    "Microsoft.VSTS.TCM.ReproSteps": "description",
    "Microsoft.VSTS.Common.Priority": "priority",
    "Microsoft.VSTS.Common.Severity": "severity",
    "Microsoft.VSTS.Scheduling.DueDate": "due date",
}
_LONG = 200
_SEVERITIES = list(Severity)
_CLOSED = {
    Status.FIXED: "The security platform reports that this is fixed.",
    Status.FALSE_POSITIVE: "The security platform says that this is a false positive.",
    Status.RISK_ACCEPTED: "The risk of this was accepted in the security platform.",
}
_LEFT = "The state of this card is left to you."
RETURNED = "The security platform reports that this is there again."
STILL_THERE = "The security platform still finds this; it is done when a scan does not find it any more."


def said(text: str) -> str:
    """Return plain text as HTML."""
    return f"<p>{escape(text)}</p>" if text else ""


def closed(status: Status, *, left: bool) -> str:
    """Say why it is closed, or would be if its state were not left alone."""
    return said(f"{_CLOSED[status]} {_LEFT}" if left else _CLOSED[status])


def worsened(before: str, now: str) -> str:
    """Say that the severity rose, if it did."""
    if before not in _SEVERITIES or now not in _SEVERITIES or _rank(now) >= _rank(before):
        return ""
    return said(f"This is worse than before: its severity is {now} now, it was {before}.")


def kept(theirs: Mapping[str, Any], current: Mapping[str, Any]) -> str:
    """Say what we would have written where a person's value stands."""
    if not theirs:
        return ""
    lines = _lines(theirs, current)
    return f"<p>The security platform changed this; what was edited here stays:</p><ul>{''.join(lines)}</ul>"


def _lines(theirs: Mapping[str, Any], current: Mapping[str, Any]) -> Iterable[str]:
    for name, value in theirs.items():
        label = LABELS.get(name, name)
        is_long = len(str(value)) > _LONG
        text = f"{label}: it has a new text" if is_long else f"{label}: {value} (here: {named(current, name)})"
        yield f"<li>{escape(text)}</li>"


def _rank(severity: str) -> int:
    return _SEVERITIES.index(Severity(severity))
