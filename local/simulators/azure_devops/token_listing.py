"""Which of a user's tokens a list shows, in which order, and a page of them.

https://learn.microsoft.com/rest/api/azure/devops/tokens/pats/list
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local.simulators.azure_devops import dates, errors
from local.simulators.azure_devops.web import Call

_LARGEST_PAGE = 100


def expired(row: Any) -> bool:
    """Tell whether a token has ended by itself."""
    return dates.parsed(row["valid_to"]) <= datetime.now(UTC)


def _status(row: Any) -> str:
    if row["revoked"]:
        return "revoked"
    return "expired" if expired(row) else "active"


_ORDERS: dict[str, Callable[[Any], str]] = {
    "displayname": lambda row: row["name"].lower(),
    "displaydate": lambda row: row["valid_to"],
    "status": _status,
}


def page(rows: list[Any], call: Call) -> tuple[list[Any], str]:
    """Return one page and the token of the next, empty at the end; a token belongs to its filters."""
    shown = call.text("displayFilterOption", "active").lower()
    order, ascending = call.text("sortByOption", "displayName").lower(), call.text("isSortAscending", "true").lower()
    if order not in _ORDERS or shown not in {"active", "revoked", "expired", "all"}:
        raise errors.bad_request("The filter or the order of the list is not known.")
    found = [row for row in rows if shown in {"all", _status(row)}]
    found.sort(key=lambda row: (_ORDERS[order](row), row["authorization_id"]), reverse=ascending == "false")
    filters = f"{shown}.{order}.{ascending}"
    start = _start(call.text("continuationToken"), filters)
    size = min(call.number("$top", _LARGEST_PAGE), _LARGEST_PAGE)
    end = start + size
    return found[start:end], f"{end}.{filters}" if end < len(found) else ""


def _start(continuation: str, filters: str) -> int:
    if not continuation:
        return 0
    position, _, same = continuation.partition(".")
    if same != filters or not position.isdigit():
        raise errors.bad_request("The continuation token does not belong to this list.")
    return int(position)
