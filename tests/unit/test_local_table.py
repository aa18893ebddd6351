"""The table of tickets that `make run` prints."""

from typing import Any

import pytest

from local.table import Row, lines, row

URL = "http://127.0.0.1:8081/contoso/Web%20Shop/_workitems/edit/"


def _rows(count: int, title: str = "A title") -> list[Row]:
    return [Row(f"#{number}", "To Do", "2", title, f"{URL}{number}") for number in range(1, count + 1)]


@pytest.mark.parametrize("width", [60, 120, 200])
def test_no_row_is_wider_than_the_terminal(width: int) -> None:
    table = [line for line in lines(_rows(12, title="long " * 60), width) if not line.startswith("Each at")]

    assert max(map(len, table)) == width
    assert all("…" in line for line in table[1:])


@pytest.mark.parametrize(("width", "count"), [(120, 0), (200, 12)])
def test_titles_get_room_before_addresses_do(width: int, count: int) -> None:
    *table, last = lines(_rows(12, title="long " * 60), width)

    assert sum(URL in line for line in [*table, last]) == max(count, 1)
    assert (last == f"Each at {URL}NUMBER") is (count == 0)


def test_a_short_list_is_shown_whole_and_a_long_one_cut() -> None:
    assert len(lines(_rows(20), 120)) == 21
    assert len(lines(_rows(48), 120)) == 17
    assert lines(_rows(48), 120)[-1] == "… and 33 more"


def test_columns_are_aligned() -> None:
    heading, *rest = lines(_rows(12), 120)
    assert {line.index("To Do") for line in rest} == {heading.index("State")}
    assert {line.index("http") for line in rest} == {heading.index("Where")}


def test_a_ticket_shows_what_azure_devops_has() -> None:
    by_id = "http://127.0.0.1:8081/contoso/6142d436-f8e4-4534-a7d3-979dd56b7362/_workitems/edit/12"
    tracked = {"id": 12, "state": "Doing", "project": "Web Shop", "url": by_id}
    items: dict[int, dict[str, Any]] = {
        12: {"title": "Title\x1b[31m\nred", "fields": {"Microsoft.VSTS.Common.Priority": 1}}
    }

    assert row({"status": "open", "work_item": tracked}, items) == Row(
        "#12", "Doing", "1", "Title [31m red", f"{URL}12"
    )


def test_a_failed_ticket_shows_the_reason() -> None:
    ticket = {"status": "failed", "work_item": None, "error": {"message": "A field is missing"}}

    assert row(ticket, {}) == Row("-", "failed", "", "A field is missing", "")
