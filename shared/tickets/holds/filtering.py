"""Which tickets a link's filter lets have a work item made. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shared.connections.defaults import Creates
from shared.tickets.vulnerabilities.snapshots import Severity, Status, Vulnerability

_WORST_FIRST = list(Severity)


def passes(
    members: Sequence[Vulnerability], first_seen: Mapping[str, datetime], creates: Creates, now: datetime
) -> bool:
    """Whether one of the open members is severe and new enough: a group counts by the worst of them.

    `first_seen`: the earliest moment for which each was told, by id; of another one it is `now`.
    """
    return any(
        _is_severe(member, creates) and _is_new(first_seen.get(member.id, now), creates, now)
        for member in members
        if member.status is Status.OPEN
    )


def urgency(severity: Severity) -> int:
    """Return a severity's place among those for which there may not be room enough: 0 comes first."""
    return _WORST_FIRST.index(severity)


def _is_severe(member: Vulnerability, creates: Creates) -> bool:
    return creates.minimum_severity is None or urgency(member.severity) <= urgency(Severity(creates.minimum_severity))


def _is_new(first_seen: datetime, creates: Creates, now: datetime) -> bool:
    return creates.newer_than_days is None or first_seen > now - timedelta(days=creates.newer_than_days)
