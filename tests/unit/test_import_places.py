"""What an import reads of the assets in it: a small report a few rows, whatever else its asset has."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.tickets.imports.assets import Place

ANY: Any = None
ROWS = {f"v|{number:03}": ANY for number in range(500)}


@dataclass
class Accept:
    read: list[str] = field(default_factory=list)

    def known(self, connection: str, asset: str) -> dict[str, Any]:
        self.read.append(f"all of {connection}/{asset}")
        return ROWS

    def some_known(self, connection: str, rows: Iterable[str]) -> dict[str, Any]:
        self.read += [f"{connection}/{row}" for row in rows]
        return {row: ROWS[row] for row in rows if row in ROWS}


def place(accept: Any) -> Place:
    return Place("contoso", "shop", ANY, accept)


def test_of_a_few_snapshots_only_their_own_rows_are_read() -> None:
    accept = Accept()

    assert place(accept).stored(["v|001", "v|new"]) == {"v|001": ANY}
    assert accept.read == ["contoso/v|001", "contoso/v|new"]


@pytest.mark.parametrize("count", [21, 400])
def test_of_more_the_asset_is_read_in_one_go_and_once(count: int) -> None:
    accept = Accept()
    shop = place(accept)

    assert shop.stored([f"v|{number:03}" for number in range(count)]) == ROWS
    assert shop.stored(["v|001"]) == shop.all() == ROWS
    assert accept.read == ["all of contoso/shop"]
