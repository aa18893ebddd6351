"""One lane with everything that it needs in memory: the real work on small tables and a small organisation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.work_items import WorkItem
from shared.connections.defaults import Defaults
from shared.connections.models import Connection
from shared.errors import ConflictError
from shared.links.models import Link
from shared.storage import tables
from shared.tickets.holds.shares import Shares
from shared.tickets.holds.switch import Switch
from shared.tickets.lanes.health import Condition, Health
from shared.tickets.lanes.leases import Leases
from shared.tickets.lanes.pending import due_at_once
from shared.tickets.lanes.turns import Turns
from shared.tickets.lanes.wake_ups import WakeUps
from shared.tickets.rows import keys
from shared.tickets.rows.arrivals import arrival, row_values
from shared.tickets.rows.records import Stored, Ticket
from shared.tickets.rows.ticket_rows import read_ticket
from shared.tickets.updates.journal import Journal, put
from shared.tickets.updates.outbox import Outbox
from shared.tickets.vulnerabilities.snapshots import Vulnerability
from shared.tickets.work.admission import Gates
from shared.tickets.work.creating import Refusals
from shared.tickets.work.lane import Tools
from shared.tickets.work.notices import Notices
from shared.tickets.work.refused import Refused
from shared.tickets.work.work import Work
from shared.times import Times
from tests.unit.small_tables import SmallTable
from tests.unit.vulnerabilities import vulnerability
from tests.unit.workflows import BASIC

LANE = 0
US = "Bridge"
CONNECTION = Connection("c", "https://example.org/contoso", "pat", "s", US, Defaults(work_item_type="Issue"), etag="1")
LINK = Link("application", "shop", "c", "P", "P", etag="1")
ASSET = keys.asset_key("application", "shop")


def names() -> list[str]:
    """Ids of vulnerabilities whose tickets are all of one lane."""
    return [name for n in range(200) if keys.lane_of(keys.ticket_key(ASSET, name := f"V{n}")) == LANE]


def key_of(name: str) -> str:
    return keys.ticket_key(ASSET, name)


@dataclass
class SmallOrganisation:
    """Work items by number. `refuse` may raise for a call; `calls` are those that were asked, in order."""

    url: str = "https://example.org/contoso"
    items: dict[int, WorkItem] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    refuse: Callable[[Call[Any]], None] = lambda _: None
    reached: bool = True
    trouble: None = None
    slow_down: float = 0.0

    def do(self, call: Call[Any]) -> Any:
        self.calls.append(f"{call.method} {call.path}")
        self.refuse(call)
        _, _, last = call.path.rpartition("/")
        if last.isdecimal():
            return self.items.pop(int(last)) if call.method == "DELETE" else self.put(int(last), call.body)
        answers: dict[str, Callable[[], Any]] = {
            "workitemsbatch": lambda: {
                number: self.items[number] for number in call.body["ids"] if number in self.items
            },
            "attachments": lambda: SimpleNamespace(url="https://example.org/file", name=call.query["fileName"]),
            "revisions": lambda: {"System.ChangedBy": US},
            "$Issue": lambda: self.put(len(self.items) + 1, call.body),
        }
        return answers[last]()

    def put(self, number: int, patch: Any) -> WorkItem:
        fallback = WorkItem(number, 0, "P", {"System.State": "To Do", "System.WorkItemType": "Issue"}, (), "https://i")
        before = self.items.get(number, fallback)
        tested = [one["value"] for one in patch if one["op"] == "test"]
        if tested not in ([], [before.revision]):
            raise ConflictError("stale")
        fields = {one["path"].removeprefix("/fields/"): one["value"] for one in patch if "/fields/" in one["path"]}
        links = [one["value"]["url"] for one in patch if one["path"] == "/relations/-"]
        after = replace(
            before,
            revision=before.revision + 1,
            fields={**before.fields, "System.ChangedBy": US, "System.CreatedBy": US, **fields},
            hyperlinks=(*before.hyperlinks, *links),
        )
        self.items[number] = after
        return after

    def titled(self) -> list[str]:
        return sorted(str(item.fields["System.Title"]) for item in self.items.values())


class Mail:
    """A queue of which a test reads what was sent. `clock` is as alerts ask for it."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.sent: list[Any] = []

    def send(self, *message: Any, **_: Any) -> None:
        self.sent.append(message if len(message) > 1 else message[0])

    send_text = send


@dataclass
class SmallLane:
    """`connection` and `link` are what is saved now. `monotonic` is our clock, in seconds."""

    connection: Connection = CONNECTION
    link: Link = LINK
    table: SmallTable = field(default_factory=SmallTable)
    organisation: SmallOrganisation = field(default_factory=SmallOrganisation)
    monotonic: float = 0.0

    def __post_init__(self) -> None:
        times = Times()
        table: Any = self.table
        self.leases = Leases(table, times, lambda: self.monotonic)
        self.updates, self.alerts, self.wakes = (Mail(self.table) for _ in range(3))
        links: Any = SimpleNamespace(find=lambda *_: self.link)
        connections: Any = SimpleNamespace(find=lambda _: self.connection)
        organisations: Any = SimpleNamespace(of=lambda _: self.organisation)
        mail: Any = self.alerts
        self.tools = Tools(
            table=table,
            connections=connections,
            leases=self.leases,
            journal=Journal(table, self.leases),
            outbox=Outbox(table, self.updates),  # type: ignore[arg-type]
            wake_ups=WakeUps(self.wakes, times),  # type: ignore[arg-type]
            categories=SimpleNamespace(  # type: ignore[arg-type]
                workflow=lambda *_: BASIC, category=lambda _org, _project, _type, state: BASIC.category(state)
            ),
            type_fields=SimpleNamespace(of=lambda *_: {}),  # type: ignore[arg-type]
            health=_Single(table, times),
            alerts=mail,
            notices=Notices(mail, 300.0),
            refused=Refused(300.0),
            adoption=SimpleNamespace(epoch=1, ensure=lambda *_: None),  # type: ignore[arg-type]
            times=times,
            public_url="https://bridge.example",
        )
        gates = Gates(Switch(table, times), Shares(table))
        self.work = Work(self.tools, links, organisations, Refusals(300.0), gates, Turns())

    def run(self) -> None:
        self.work.lane("c", LANE)

    def send(self, name: str, **more: Any) -> Vulnerability:
        """A snapshot comes, and its ticket is due."""
        given = vulnerability(name, **{"severity": "high", **more})
        came = arrival(given, sent_at=None, now=self.table.at)
        values = row_values(came, key_of(name), "")
        self.table.write("c", tables.upsert(came.row, values))
        self.due(name)
        return given

    def due(self, name: str) -> None:
        self.table.write("c", due_at_once(key_of(name)))

    def put(self, name: str, ticket: Ticket) -> None:
        self.table.rows.pop(keys.ticket_row(key_of(name)), None)
        self.table.write("c", put(Stored(key_of(name), ticket), ticket))

    def ticket(self, name: str) -> Ticket:
        return read_ticket(self.table.rows[keys.ticket_row(key_of(name))]).ticket

    def has_ticket(self, name: str) -> bool:
        return keys.ticket_row(key_of(name)) in self.table.rows

    def pending(self, name: str) -> Mapping[str, Any] | None:
        row = self.table.rows.get(keys.pending_row(key_of(name)))
        return row.values if row else None

    def waits(self, name: str) -> bool:
        """Whether the ticket is due, and not now."""
        values = self.pending(name)
        return values is not None and values["due"] > self.table.at


class _Single(Health):
    """Work items are sent one by one, which the small organisation takes."""

    def of(self, connection: str) -> Condition:
        return replace(super().of(connection), single_calls=True, epochs={"P": 1})
