"""Durations as host.json writes them, and the scale that scales the long ones."""

import re
from collections.abc import Mapping

_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2}):(\d{1,2}(?:\.\d+)?)")


def seconds(text: object) -> float | None:
    """Return the seconds in `[days.]hours:minutes:seconds`, or None when `text` is no such duration.

    https://learn.microsoft.com/dotnet/standard/base-types/standard-timespan-format-strings
    """
    match = _TIME_SPAN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    days, hours, minutes, rest = match.groups(default="0")
    if int(hours) > 23 or int(minutes) > 59 or float(rest) >= 60:  # noqa: PLR2004 - a clock's own limits
        return None
    return ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + float(rest)


def time_scale(environment: Mapping[str, str], problems: list[str]) -> float:
    """Return TIME_SCALE, 1 when it is not set."""
    text = environment.get("TIME_SCALE", "").strip() or "1"
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale < float("inf"):
        problems.append("TIME_SCALE must be a number above 0")
        return 1.0
    return scale
