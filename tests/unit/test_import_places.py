"""What an import reads of the assets in it: a report reads about as much as it has, whatever else its asset has."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tickets.imports.assets import Place

ANY: Any = None


def rows_of(numbers: Iterable[int]) -> dict[str, Any]:
    return {key(number): SimpleNamespace(key=key(number)) for number in sorted(numbers)}


def key(number: int) -> str:
    return f"v|{number:06}"


@dataclass
class Accept:
    """Knows which rows were read alone, and how many of the asset's in their order."""

    rows: dict[str, Any]
    alone: list[str] = field(default_factory=list)
    in_order: int = 0
    begun: int = 0

    def known(self, connection: str, asset: str) -> Iterator[Any]:
        assert (connection, asset) == ("contoso", "shop")
        self.begun += 1
        for row in self.rows.values():
            self.in_order += 1
            yield row

    def some_known(self, connection: str, rows: Iterable[str]) -> dict[str, Any]:
        assert connection == "contoso"
        self.alone += rows
        return {row: self.rows[row] for row in rows if row in self.rows}


def place(accept: Any) -> Place:
    return Place("contoso", "shop", ANY, accept)


def test_of_a_few_snapshots_only_their_own_rows_are_read() -> None:
    accept = Accept(rows_of(range(500)))

    assert place(accept).stored([key(1), key(900)]) == {key(1): accept.rows[key(1)]}
    assert (accept.alone, accept.in_order) == ([key(1), key(900)], 0)


@pytest.mark.parametrize("count", [21, 400])
def test_of_more_the_asset_is_read_in_one_go_and_once(count: int) -> None:
    accept = Accept(rows_of(range(500)))
    shop = place(accept)

    assert shop.stored([key(number) for number in range(count)]) == accept.rows
    assert shop.stored([key(1)]) == shop.all() == accept.rows
    assert (accept.alone, accept.in_order, accept.begun) == ([], 500, 1)


def test_some_hundred_among_a_hundred_thousand_read_no_more_than_they_cost() -> None:
    accept = Accept(rows_of(range(100_000)))
    asked = [key(number) for number in range(0, 100_000, 300)]

    found = place(accept).stored(asked)

    assert all(row in found for row in asked)
    assert accept.in_order == 1_000
    assert 0 < len(asked) - len(accept.alone) < 5


def test_some_hundred_among_ten_thousand_are_read_with_all() -> None:
    accept = Accept(rows_of(range(10_000)))

    assert place(accept).stored([key(number) for number in range(0, 10_000, 33)]) == accept.rows
    assert (accept.alone, accept.in_order) == ([], 10_000)


def test_a_report_as_large_as_its_asset_reads_it_whole_and_little_alone() -> None:
    accept = Accept(rows_of(range(20_000)))
    shop = place(accept)

    for first in range(50):  # in the order of a report, which is none
        assert len(shop.stored([key(number) for number in range(first, 20_000, 50)])) >= 400

    assert (accept.in_order, accept.begun) == (20_000, 1)
    assert len(accept.alone) < 500


def test_what_is_compared_is_read_whole_even_if_some_was_read_before() -> None:
    accept = Accept(rows_of(range(3_000)))
    shop = place(accept)
    shop.stored([key(number) for number in range(0, 3_000, 100)])

    assert shop.all() == accept.rows
    assert accept.in_order == 3_000


@given(st.sets(st.integers(0, 3_000)), st.lists(st.sets(st.integers(0, 3_000), max_size=60), max_size=6))
def test_whatever_is_stored_is_found_and_nothing_else(there: set[int], chunks: list[set[int]]) -> None:
    shop = place(Accept(rows_of(there)))

    for chunk in chunks:
        found = shop.stored([key(number) for number in chunk])
        assert [key(number) in found for number in chunk] == [number in there for number in chunk]
