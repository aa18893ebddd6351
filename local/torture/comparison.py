"""Compares the ledger with what is there. Pure: each difference is one line that names what it concerns."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.torture.finding import Found, Item
from local.torture.ledger import ItemKey, Ledger, Touched
from local.torture.versions import Version

_PRIORITIES = {"critical": 1, "high": 2, "medium": 3}
_CLOSED = frozenset({"Completed", "Removed"})
_TITLE, _PRIORITY = "System.Title", "Microsoft.VSTS.Common.Priority"
_DESCRIPTIONS = ("System.Description", "Microsoft.VSTS.TCM.ReproSteps")


@dataclass(frozen=True, slots=True)
class Difference:
    """`kind` is a word to count by; `what` says what was expected and what is there."""

    kind: str
    subject: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What differs, and how many duplicates were removed or (because a person had touched them) commented."""

    differences: list[Difference]
    removed: int
    commented: int


def compare(ledger: Ledger, found: Found) -> Verdict:
    """Return every difference between what was done and what came of it."""
    comparison = _Comparison(ledger, found)
    differences = list(comparison.differences())
    return Verdict(differences, comparison.removed, comparison.commented)


class _Comparison:
    def __init__(self, ledger: Ledger, found: Found) -> None:
        self._ledger = ledger
        self._found = found
        self.removed = 0
        self.commented = 0
        self._tickets: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for ticket in found.tickets.values():
            for vulnerability in ticket["vulnerabilities"]:
                self._tickets[vulnerability].append(ticket)
        self._carriers: dict[str, list[ItemKey]] = defaultdict(list)
        for key, item in found.items.items():
            for name in item.tickets:
                self._carriers[name].append(key)

    def differences(self) -> Iterator[Difference]:
        for what in self._ledger.refused:
            yield Difference("refused", "a snapshot", what)
        for what in self._found.contradictions:
            yield Difference("gap", "updates", what)
        for name, sent in self._ledger.sent.items():
            if sent.newest:
                yield from self._of_vulnerability(name, sent.vulnerability.connection, sent.newest)
        yield from self._leftovers()
        yield from self._strangers()

    def _of_vulnerability(self, name: str, connection: str, newest: Version) -> Iterator[Difference]:
        tickets = self._tickets.get(name, [])
        if len(tickets) != 1:
            yield Difference("lost" if not tickets else "twice", name, f"{len(tickets)} tickets")
            return
        ticket = tickets[0]
        label = f"{name} {ticket['id']}"
        yield from _of_snapshot(label, ticket, newest)
        yield from self._of_updates(label, ticket)
        if ticket["work_item"] is None:
            if newest.open:
                yield Difference("lost", label, f"no work item, status {ticket['status']}, error {ticket['error']}")
            yield from self._other_items(label, ticket["id"], None)
            return
        key = (connection, int(ticket["work_item"]["id"]))
        yield from self._other_items(label, ticket["id"], key)
        item = self._found.items.get(key)
        if item is None or ticket["id"] not in item.tickets:
            yield Difference("lost", label, f"work item {key[1]} is not this ticket's")
            return
        owner = self._found.rows[connection].work_items.get(key[1])
        if owner is None or f"{connection}.{owner}" != ticket["id"]:
            yield Difference("pointer", label, f"the row of work item {key[1]} names {owner}")
        touched = self._ledger.touched.get(key, Touched())
        yield from _of_item(f"{label} #{key[1]}", ticket, item, touched, newest)

    def _other_items(self, label: str, ticket: str, own: ItemKey | None) -> Iterator[Difference]:
        """Exactly one survives: the others are in the recycle bin, or a person was told in a comment."""
        for key in self._carriers.get(ticket, []):
            if key == own:
                continue
            item, touched = self._found.items[key], self._ledger.touched.get(key)
            if item.deleted:
                self.removed += 1
            elif touched and any("duplicate" in comment.lower() for comment in item.comments):
                self.commented += 1
            else:
                yield Difference("twice", label, f"work item {key[1]} survives beside {own[1] if own else 'none'}")

    def _of_updates(self, label: str, ticket: dict[str, Any]) -> Iterator[Difference]:
        updates = self._found.updates.get(ticket["id"], {})
        if not updates:
            yield Difference("gap", label, "no update at all")
            return
        wanted = list(range(1, max(updates) + 1))
        missing = [number for number in wanted if number not in updates]
        if missing:
            yield Difference("gap", label, f"updates {missing} of {max(updates)} are missing")
        connection, _, key = ticket["id"].rpartition(".")
        history = self._found.rows[connection].history.get(key, [])
        if sorted(history) != wanted:
            yield Difference("gap", label, f"history {sorted(history)} is not 1 to {max(updates)}")
        last = {name: value for name, value in updates[max(updates)]["current"].items() if name != "changed_at"}
        now = {name: value for name, value in ticket.items() if name not in ("changed_at", "history")}
        if last != now:
            names = sorted(name for name in {*last, *now} if last.get(name) != now.get(name))
            told = {name: (last.get(name), now.get(name)) for name in names}
            yield Difference("last update", label, f"told and true: {told}")

    def _leftovers(self) -> Iterator[Difference]:
        for connection, rows in self._found.rows.items():
            for kind, left in (("p|", rows.pending), ("u|", rows.outbox), ("attempt", rows.attempts)):
                for ticket in left:
                    yield Difference("leftover", f"{connection}.{ticket}", kind)

    def _strangers(self) -> Iterator[Difference]:
        """Work items that name a ticket which is not there."""
        for name, keys in self._carriers.items():
            if name not in self._found.tickets:
                yield Difference("lost", name, f"only work items {[key[1] for key in keys]} know this ticket")
        for name in self._tickets.keys() - self._ledger.sent.keys():
            yield Difference("twice", name, "nobody sent it")


def _of_snapshot(label: str, ticket: dict[str, Any], newest: Version) -> Iterator[Difference]:
    for name, expected in (("title", newest.title), ("severity", newest.severity)):
        if ticket[name] != expected:
            yield Difference("outdated", label, f"{name} of the ticket is {ticket[name]!r}, not {expected!r}")


def _of_item(label: str, ticket: dict[str, Any], item: Item, touched: Touched, newest: Version) -> Iterator[Difference]:
    if item.deleted != touched.deleted:
        yield Difference("state", label, f"deleted is {item.deleted}, people left it {touched.deleted}")
    known = ticket["work_item"]
    facts: Mapping[str, tuple[Any, Any]] = {
        "revision": (known["revision"], item.revision),
        "state": (known["state"], item.state),
        "category": (known["category"], item.category),
        "status": (ticket["status"], _status(item, newest)),
        "error": (ticket["error"], None),
    }
    for name, (observed, true) in facts.items():
        if observed != true:
            yield Difference("observed", label, f"{name} of the ticket is {observed!r}, in truth {true!r}")
    if not item.deleted:
        yield from _of_fields(label, item, touched, newest)


def _status(item: Item, newest: Version) -> str:
    if item.deleted:
        return "deleted"
    if item.category not in _CLOSED:
        return "open"
    return "awaiting_validation" if newest.open else "closed"


def _of_fields(label: str, item: Item, touched: Touched, newest: Version) -> Iterator[Difference]:
    """What a person wrote is theirs; everything else is what the newest snapshot asks for."""
    ours = {_TITLE: newest.title, _PRIORITY: _PRIORITIES[newest.severity]}
    for name, value in (ours | touched.fields).items():
        if name not in _DESCRIPTIONS and item.fields.get(name) != value:
            yield Difference("field", label, f"{name} is {item.fields.get(name)!r}, not {value!r}")
    theirs = [str(touched.fields[name]) for name in _DESCRIPTIONS if name in touched.fields]
    text = " ".join(str(item.fields.get(name, "")) for name in _DESCRIPTIONS)
    for wanted in theirs or [newest.description]:
        if wanted not in text:
            yield Difference("field", label, f"the description {text[:120]!r} has no {wanted!r}")
    follows = newest.open != (item.category in _CLOSED)
    if not follows and item.state != touched.state:
        by = f"a person left it {touched.state!r}" if touched.state else "no person moved it"
        yield Difference("state", label, f"state {item.state!r} while {newest.status}, and {by}")
