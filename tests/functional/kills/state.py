"""The state that a flow ends in, so that two ends can be compared.

Names, ids, times, nonces and revisions' authors differ between any two runs; everything else must be the same:

- work items: what they say, their state, whether they are deleted, how many hyperlinks and comments they have, and
  their revision (a patch that was sent twice would show there);
- tickets: their rows but for the digests, of which is told instead whether they are those of what the item says now,
  and whether the ticket and its item agree on revision and state;
- how many items that are not deleted carry each ticket;
- `w|` rows: which ticket owns which item; no pending, no unsent row;
- updates: each ticket's sequence starts at 1 and has no gap, what people said is told once and in its order, and its
  last message says what the ticket says (the messages in between may differ: a card that was closed by a process that
  died is seen as a person's for a moment);
- the link, and its project's subscriptions.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from shared.tickets.item_content.work_item_fields import parse_hyperlink
from shared.tickets.life.plan import digest
from tests.functional.kills.place import ASSET, Place

_FIELDS = ("System.Title", "System.State", "System.Tags", "System.WorkItemType", "Microsoft.VSTS.Common.Priority")
_OWN = ("title", "severity", "open", "status", "vulnerabilities", "written_open", "kind", "asset")

_UNFINISHED = ("attempt", "linking", "unlinking", "failure")

type State = dict[str, Any]


def of(place: Place, *, without_healed: bool = False) -> State:
    """Return the end state of a place; it takes the place's update messages off their queue.

    `without_healed`: items that were removed do not count.
    """
    rows = place.rows("tickets")
    there = [item for item in place.work_items() if not (item["deleted"] and without_healed)]
    items = {int(item["id"]): item for item in there}
    titles = {number: str(item["title"]) for number, item in items.items()}
    tickets = {key.removeprefix("t|"): row for key, row in rows.items() if key.startswith("t|")}
    names = {key: (*json.loads(row["vulnerabilities"]), f"left: {row['title']}")[0] for key, row in tickets.items()}
    owned = {int(key[2:]): names[row["ticket"]] for key, row in rows.items() if key.startswith("w|")}
    return {
        "work items": sorted((_item(item) for item in items.values()), key=str),
        "tickets": {names[key]: _ticket(row, items) for key, row in tickets.items()},
        "owners": {title: owned.get(number, "nobody") for number, title in titles.items()},
        "surviving": _surviving(items.values(), names),
        "left": [key for key in rows if key.startswith(("p|", "u|"))],
        "updates": _updates(place.updates(), names, rows),
        "link": {name: place.rows("links")[ASSET][name] for name in ("project", "own", "enabled", "state")},
        "subscriptions": sorted(_subscription(one, place) for one in place.subscriptions()),
    }


def unsound(end: State) -> list[str]:
    """Say what must not be at any end, however it was come to."""
    wrong = [f"{row} is left" for row in end["left"]]
    wrong += [f"{name} has {count} work items" for name, count in end["surviving"].items() if count > 1]
    # The revision that a deletion makes is not told to who finds the item deleted.
    live = {name: row for name, row in end["tickets"].items() if not row["work item"]["deleted"]}
    wrong += [f"{name} does not agree with its item" for name, row in live.items() if not row["agrees"]]
    wrong += [f"{name} has an unfinished attempt" for name, row in end["tickets"].items() if row["unfinished"]]
    wrong += [f"{name} has a gap in its updates" for name, told in end["updates"].items() if not told["gapless"]]
    return wrong


def _surviving(items: Iterable[dict[str, Any]], names: dict[str, Any]) -> dict[str, int]:
    """How many items that are not deleted carry each ticket."""
    carried = [mark for item in items if not item["deleted"] for mark in map(parse_hyperlink, item["hyperlinks"])]
    return dict(Counter(names[ticket.rpartition(".")[2]] for ticket, _ in filter(None, carried)))


def _item(item: dict[str, Any]) -> State:
    said = {name: item["fields"].get(name) for name in _FIELDS}
    return {
        **said,
        "description": _without_addresses(str(item["fields"].get("System.Description"))),
        "links": len(item["hyperlinks"]),
        "comments": [_without_addresses(text) for text in item["comments"]],
        "deleted": item["deleted"],
        "revision": item["rev"],
    }


def _without_addresses(text: str) -> str:
    return re.sub(r"[a-z2-7]{32}|http\S+", "…", text)


def _ticket(row: dict[str, Any], items: dict[int, dict[str, Any]]) -> State:
    known = json.loads(row["work_item"])
    item = items.get(known["id"])
    seen = (known["revision"], known["state"], known["deleted"])
    # What became of a patch is read when the item is back.
    unfinished = _UNFINISHED if known["deleted"] else (*_UNFINISHED, "sending")
    written, said = json.loads(row["written"]), item["fields"] if item else {}
    return {
        **{name: row.get(name) for name in _OWN},
        "unfinished": [name for name in unfinished if row.get(name)],
        "work item": {name: known[name] for name in ("revision", "state", "category", "deleted", "type")},
        "agrees": seen == (item["rev"], item["state"], item["deleted"]) if item else not known["id"],
        "written": {name: written[name][1] == digest(value) for name, value in said.items() if name in written},
    }


def _updates(messages: list[dict[str, Any]], names: dict[str, Any], rows: dict[str, Any]) -> State:
    return {
        name: _history({m["sequence"]: m for m in messages if m["ticket"].endswith(f".{key}")}, rows[f"t|{key}"])
        for key, name in names.items()
    }


def _history(messages: dict[int, dict[str, Any]], row: dict[str, Any]) -> State:
    numbers = sorted(messages)
    last = messages[numbers[-1]]["current"] if numbers else {}
    return {
        "gapless": numbers == list(range(1, int(row["history"]) + 1)),
        "comments": [messages[number]["comment"]["text"] for number in numbers if "comment" in messages[number]],
        "last": {name: last.get(name) for name in ("status", "title", "severity")},
    }


def _subscription(one: dict[str, Any], place: Place) -> str:
    address = one["consumerInputs"]["url"].replace(place.name, "…").rpartition("-")[0]  # its mark is the place's own
    return f"{one['eventType']} {one['status']} {one['publisherInputs'].get('tag', '')} {address}"
