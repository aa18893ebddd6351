"""Tickets as a table that fits the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any
from urllib.parse import quote

_PRIORITY = "Microsoft.VSTS.Common.Priority"
_GAP = "  "
_TITLE = 3
_NARROWEST_TITLE = 20
_ENOUGH_FOR_A_TITLE = 60
_SHOWN_OF_MANY = 15
_ALL_UP_TO = 20

type Cells = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket as people see it."""

    ticket: str
    state: str
    priority: str
    title: str
    url: str


_HEADING = Row("Ticket", "State", "Priority", "Title", "Where")


def row(ticket: Mapping[str, Any], work_items: Mapping[int, Mapping[str, Any]]) -> Row:
    """Return the row of a ticket, with title and priority as Azure DevOps has them now."""
    tracked = ticket.get("work_item")
    if not tracked:
        error = ticket.get("error") or {}
        title = str(error.get("message") or ticket.get("title") or "")
        return Row("-", str(ticket["status"]), "", _plain(title), "")
    item = work_items.get(int(tracked["id"]), {})
    priority = item.get("fields", {}).get(_PRIORITY, "")
    state = str(tracked.get("state") or ticket["status"])
    title = str(item.get("title") or ticket.get("title") or "")
    return Row(f"#{tracked['id']}", state, str(priority), _plain(title), _readable(tracked))


def _readable(tracked: Mapping[str, Any]) -> str:
    """Return the work item's address with the project's name; Azure DevOps itself gives its id."""
    head, page, rest = str(tracked["url"]).partition("/_workitems/")
    organisation = head.rpartition("/")[0]
    project = tracked.get("project")
    return f"{organisation}/{quote(project)}{page}{rest}" if page and project else str(tracked["url"])


def lines(rows: Sequence[Row], width: int) -> list[str]:
    """Return the table: all rows of a short list, the first of a long one and how many more there are.

    Where addresses would leave the titles too little room, one for all stands below the table.
    """
    shown = rows if len(rows) <= _ALL_UP_TO else rows[:_SHOWN_OF_MANY]
    cells = [astuple(one) for one in (_HEADING, *shown)]
    widest = max(len(one.title) for one in shown) if shown else 0
    narrow = _room(cells, width) < min(widest, _ENOUGH_FOR_A_TITLE)
    if narrow:
        cells = [one[:-1] for one in cells]
    widths = _widths(cells, width)
    hidden = len(rows) - len(shown)
    return [
        *(_line(one, widths) for one in cells),
        *([f"… and {hidden} more"] if hidden else []),
        *(_addresses(shown) if narrow else []),
    ]


def _addresses(rows: Sequence[Row]) -> list[str]:
    """Return the address that the work items share, with a word for what differs."""
    shared = {one.url.rpartition("/")[0] for one in rows if one.url}
    return [f"Each at {address}/NUMBER" for address in sorted(shared)]


def _room(cells: Cells, width: int) -> int:
    """Return what the other columns leave for the title."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return width - (sum(widths) - widths[_TITLE]) - len(_GAP) * (len(widths) - 1)


def _widths(cells: Cells, width: int) -> list[int]:
    """Return a width for each column; what the others leave is the title's."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    widths[_TITLE] = min(widths[_TITLE], max(_NARROWEST_TITLE, _room(cells, width)))
    return widths


def _line(one: Sequence[str], widths: Sequence[int]) -> str:
    cells = [_cut(cell, width).ljust(width) for cell, width in zip(one, widths, strict=True)]
    return _GAP.join(cells).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _plain(text: str) -> str:
    """Return text that cannot move the cursor or change colours: titles come from reports."""
    return "".join(character if character.isprintable() else " " for character in text)
