"""Numbers → bars: where each part of a bar begins and how wide it is, in hundredths of the longest one."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.tickets.rows.records import TicketStatus
from shared.tickets.vulnerabilities.snapshots import Severity

SEVERITIES = (*Severity, "")
"""Worst first; the last is that of tickets that have none."""


@dataclass(frozen=True, slots=True)
class Part:
    """The tickets of one severity within a bar."""

    severity: str
    count: int
    begin: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """The tickets of one status."""

    status: str
    count: int
    parts: tuple[Part, ...]


def bars(counts: Mapping[str, Mapping[str, int]]) -> list[Bar]:
    """Return a bar for each status that has tickets, in the order in which tickets go through them."""
    longest = max((sum(of_status.values()) for of_status in counts.values()), default=0)
    return [_bar(status, counts[status], longest) for status in TicketStatus if counts.get(status)]


def _bar(status: str, counts: Mapping[str, int], longest: int) -> Bar:
    parts, begin = [], 0.0
    for severity in SEVERITIES:
        count = counts.get(severity, 0)
        width = 100 * count / longest
        parts.append(Part(severity, count, round(begin, 3), round(width, 3)))
        begin += width
    return Bar(status, sum(counts.values()), tuple(parts))
