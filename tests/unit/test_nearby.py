"""Rows that lie together are read together, and what is found is what is there."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.storage.tables import Row
from shared.tickets.rows.nearby import Nearby
from tests.unit.small_tables import SmallTable


class CountedTable(SmallTable):
    """Knows by which requests it was read."""

    singles = 0
    ranges = 0

    def get(self, partition: str, key: str) -> Row | None:
        self.singles += 1
        return super().get(partition, key)

    def range(self, *where: Any, **how: Any) -> Any:
        self.ranges += 1
        return super().range(*where, **how)


def table_of(numbers: Any) -> CountedTable:
    at = datetime(2026, 11, 28, tzinfo=UTC)
    return CountedTable(rows={key(number): Row("c", key(number), {"n": number}, "etag", at) for number in numbers})


def key(number: int) -> str:
    return f"v|{number:032}"


def read(table: Any, wanted: list[int]) -> list[bool]:
    nearby = Nearby(table, "c")
    nearby.read_ahead(map(key, wanted))
    found = [nearby.get(key(number)) for number in wanted]
    assert all(row is None or row.key == key(number) for row, number in zip(found, wanted, strict=True))
    return [row is not None for row in found]


def test_a_lanes_share_of_an_import_takes_one_request() -> None:
    table = table_of(range(760))

    assert read(table, list(range(0, 760, 8))) == [True] * 95

    assert (table.ranges, table.singles) == (1, 0)


def test_what_is_not_there_is_known_not_to_be() -> None:
    table = table_of([])

    assert read(table, list(range(95))) == [False] * 95

    assert (table.ranges, table.singles) == (1, 0)


def test_what_lies_apart_is_read_alone_after_one_try() -> None:
    table = table_of(range(100_000))

    assert all(read(table, list(range(0, 95_000, 1_000))))

    assert table.ranges == 1
    assert table.singles >= 90


def test_a_few_are_read_alone() -> None:
    table = table_of(range(7))

    assert all(read(table, list(range(7))))

    assert (table.ranges, table.singles) == (0, 7)


@given(st.sets(st.integers(0, 4_000)), st.sets(st.integers(0, 4_000), max_size=120))
def test_whatever_is_there_is_found_and_nothing_else(there: set[int], wanted: set[int]) -> None:
    some = sorted(wanted)

    assert read(table_of(there), some) == [number in there for number in some]


def test_of_large_rows_a_few_are_read_at_once() -> None:
    table = table_of(range(760))
    for row in table.rows.values():
        row.values["snapshot0"] = b"x" * 1_000_000  # type: ignore[index]
    nearby = Nearby(table, "c")  # type: ignore[arg-type]

    assert [*nearby._range(key(0), key(759), 760)[0]] == [key(number) for number in range(5)]

    nearby.read_ahead(map(key, range(0, 760, 8)))

    assert all(nearby.get(key(number)) for number in range(0, 760, 8))
