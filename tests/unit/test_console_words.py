"""How values read to people, and the bars that numbers become."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.console import words
from shared.console.charts import bars
from shared.tickets.rows.records import Hold, TicketStatus


def test_every_status_and_hold_has_words() -> None:
    assert set(words.STATUSES) == {*TicketStatus}
    assert set(words.HOLDS) == {*Hold}
    assert set(words.SAID) == {*words.Said}


def test_a_code_without_words_is_still_readable() -> None:
    assert words.label("some_new_change", words.CHANGES) == "Some new change"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("2026-11-20T10:05:00.000Z", "20 Nov 2026, 10:05 UTC"), ("2026-11-20T00:05:00+02:00", "19 Nov 2026, 22:05 UTC")],
)
def test_a_moment_is_shown_in_utc(text: str, shown: str) -> None:
    assert words.moment(text) == shown


def test_no_moment_is_a_dash() -> None:
    assert words.moment(None) == words.moment("") == "–"


def test_days_left_are_negative_once_it_has_ended() -> None:
    now = datetime.now(UTC)

    assert words.days_left((now + timedelta(days=3, hours=1)).isoformat()) == 3
    assert words.days_left((now - timedelta(hours=1)).isoformat()) == -1
    assert words.days_left(None) is None


def test_bars_are_as_long_as_their_share_of_the_longest() -> None:
    found = bars({"open": {"high": 30, "low": 10}, "failed": {"": 10}, "odd": {"high": 1_000}, "closed": {}})

    # What is no status is not shown, but decides of the scale: nothing may be drawn beyond the end.
    assert [bar.status for bar in found] == ["open", "failed"]
    assert [bar.count for bar in found] == [40, 10]


def test_parts_of_a_bar_follow_each_other() -> None:
    (bar,) = bars({"open": {"critical": 1, "high": 2, "": 1}})

    assert [(part.begin, part.width) for part in bar.parts if part.count] == [(0, 25), (25, 50), (75, 25)]


def test_nothing_counted_is_no_bar() -> None:
    assert bars({}) == []
    assert bars({"open": {}}) == []
