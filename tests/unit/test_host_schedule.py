"""NCRONTAB: when a timer is due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.host.schedule import Schedule, ScheduleError

DUE = [
    ("0 */5 * * * *", "2026-01-01T10:00:00", "2026-01-01T10:05:00"),
    ("0 */5 * * * *", "2026-01-01T09:59:59", "2026-01-01T10:00:00"),
    ("*/5 * * * *", "2026-01-01T10:00:30", "2026-01-01T10:05:00"),
    ("30 0 0 1 1 *", "2026-01-01T00:00:30", "2027-01-01T00:00:30"),
    ("0 30 9 * * 1-5", "2026-11-20T09:30:00", "2026-11-23T09:30:00"),
    ("0 30 9 * * Mon-Fri", "2026-11-21T00:00:00", "2026-11-23T09:30:00"),
    ("0 0 0 * * SUNDAY", "2026-11-21T00:00:00", "2026-11-22T00:00:00"),
    ("0 0 0 1 Jan,jul *", "2026-02-01T00:00:00", "2026-07-01T00:00:00"),
    ("0 0 0 29 2 *", "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
    ("0 0 0 13 * 5", "2026-01-01T00:00:00", "2026-02-13T00:00:00"),
    ("5/20 * * * * *", "2026-01-01T10:00:06", "2026-01-01T10:00:25"),
    ("0 10-20/5 * * * *", "2026-01-01T10:15:00", "2026-01-01T10:20:00"),
    ("0,30 59 23 31 12 *", "2026-12-31T23:59:00", "2026-12-31T23:59:30"),
    ("* * * * * *", "2026-12-31T23:59:59.500000", "2027-01-01T00:00:00"),
]


@pytest.mark.parametrize(("text", "after", "due"), DUE)
def test_the_next_due_time(text: str, after: str, due: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)

    assert Schedule.parse(text).next_after(moment) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "* * * * * * *",
        "00:05:00",
        "60 * * * * *",
        "0 60 * * * *",
        "0 0 24 * * *",
        "0 0 0 0 * *",
        "0 0 0 * 13 *",
        "0 0 0 * * 7",
        "0 0 0 * * Moonday",
        "*/0 * * * * *",
        "*/x * * * * *",
        "1, * * * * *",
        "5-1 * * * * *",
        "-1 * * * * *",
        "0 0 0 30 2 *",
    ],
)
def test_what_is_no_schedule(text: str) -> None:
    with pytest.raises(ScheduleError):
        Schedule.parse(text)


@pytest.mark.parametrize(
    ("text", "often"),
    [("*/30 * * * * *", True), ("0,30 0 0 1 1 *", True), ("0 * * * * *", False), ("0 0 0 1 1 *", False)],
)
def test_more_often_than_every_minute(text: str, often: bool) -> None:
    assert Schedule.parse(text).more_often_than_every_minute(datetime(2026, 1, 1, tzinfo=UTC)) is often


def field(least: int, most: int) -> st.SearchStrategy[str]:
    number = st.integers(least, most)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    stepped = st.tuples(st.one_of(st.just("*"), span), st.integers(1, most)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    return st.lists(st.one_of(number.map(str), span, stepped), min_size=1, max_size=2).map(",".join)


@given(
    text=st.tuples(field(0, 59), field(0, 59), field(0, 23)).map(" ".join),
    moment=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_nothing_due_is_skipped(text: str, moment: datetime) -> None:
    """Between a moment and the next due time no second satisfies the fields; the due time itself does."""
    seconds, minutes, hours = (allowed(part, most) for part, most in zip(text.split(), (59, 59, 23), strict=True))
    due = Schedule.parse(f"{text} * * *").next_after(moment)

    def is_due(at: datetime) -> bool:
        return at.second in seconds and at.minute in minutes and at.hour in hours

    assert moment < due <= moment + timedelta(days=1)
    assert is_due(due)
    first = moment.replace(microsecond=0) + timedelta(seconds=1)
    between = ((first + timedelta(seconds=ahead)) for ahead in range(min(4000, int((due - first).total_seconds()))))
    assert not any(is_due(at) for at in between)


def allowed(part: str, most: int) -> set[int]:
    """Say again, in the plainest way, what a field means."""
    values: set[int] = set()
    for item in part.split(","):
        span, _, step = item.partition("/")
        first, dash, last = ("0", "-", str(most)) if span == "*" else span.partition("-")
        values |= set(range(int(first), int(last if dash else first) + 1, int(step or 1)))
    return values
