"""What is there at the end, in Azure DevOps (simulated), in the tables and in the API, and how it is read."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.data.tables import TableClient

from local.torture.clients import Control, Functions
from local.torture.ledger import ItemKey
from local.torture.plan import CONNECTIONS, Asset

_HYPERLINK = re.compile(r"/api/tickets/(?P<ticket>[a-z0-9.-]+)\?attempt=[0-9a-f]+$")
_TICKET_LETTERS = 32
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Item:
    """One work item as Azure DevOps has it; `tickets` are those that its hyperlinks name."""

    fields: Mapping[str, Any]
    revision: int
    state: str
    category: str
    deleted: bool
    tickets: tuple[str, ...]
    comments: tuple[str, ...] = ()


@dataclass(slots=True)
class Rows:
    """What one connection's partition holds that tells whether all was done."""

    pending: list[str] = field(default_factory=list)
    outbox: list[str] = field(default_factory=list)
    attempts: list[str] = field(default_factory=list)
    work_items: dict[int, str] = field(default_factory=dict)
    history: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    snapshots: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Found:
    """All of it. `tickets` by id, as the API shows them; `updates` by ticket and sequence."""

    items: dict[ItemKey, Item]
    tickets: dict[str, dict[str, Any]]
    rows: dict[str, Rows]
    updates: dict[str, dict[int, dict[str, Any]]]
    contradictions: list[str] = field(default_factory=list)


def read_items(control: Control, categories: Mapping[tuple[str, str], str]) -> dict[ItemKey, Item]:
    """Read every work item; `categories` by type and state, which are the same in all organisations."""
    found: dict[ItemKey, Item] = {}
    for organisation in CONNECTIONS:
        for item in control.ask("GET", f"work-items?organization={organisation}")["work_items"]:
            found[organisation, int(item["id"])] = Item(
                fields=item["fields"],
                revision=int(item["rev"]),
                state=item["state"],
                category=categories.get((f"{item['project']}/{item['type']}", item["state"]), ""),
                deleted=bool(item["deleted"]),
                tickets=named(item["hyperlinks"]),
                comments=tuple(item["comments"]),
            )
    return found


def named(hyperlinks: Iterable[str]) -> tuple[str, ...]:
    """Return the tickets that hyperlinks name."""
    return tuple(match["ticket"] for match in map(_HYPERLINK.search, hyperlinks) if match)


def read_tickets(functions: Functions, assets: Iterable[Asset]) -> dict[str, dict[str, Any]]:
    """Read every ticket through the API."""
    found: dict[str, dict[str, Any]] = {}
    for asset in assets:
        continuation = ""
        while True:
            params = {"kind": "application", "asset": asset.id, "limit": str(_PAGE)}
            if continuation:
                params["continuation"] = continuation
            page = functions.ask("GET", "tickets", params=params)
            found |= {ticket["id"]: ticket for ticket in page["tickets"]}
            continuation = page["continuation"]
            if not continuation:
                break
    return found


def read_rows(storage: str) -> dict[str, Rows]:
    """Read the rows of every connection."""
    with TableClient.from_connection_string(storage, "tickets") as table:
        return {name: _rows(table, name) for name in CONNECTIONS}


def _rows(table: TableClient, connection: str) -> Rows:
    rows = Rows()
    columns = ["RowKey", "attempt", "ticket"]
    for row in table.query_entities(f"PartitionKey eq '{connection}'", select=columns):
        kind, _, rest = str(row["RowKey"]).partition("|")
        match kind:
            case "p":
                rows.pending.append(rest[-_TICKET_LETTERS:])
            case "u":
                rows.outbox.append(rest)
            case "t" if row.get("attempt"):
                rows.attempts.append(rest)
            case "w":
                rows.work_items[int(rest)] = str(row["ticket"])
            case "h":
                ticket, _, sequence = rest.partition("|")
                rows.history[ticket].append(int(sequence))
            case "v":
                rows.snapshots.add(rest)
    return rows
