"""What the console's pages are looked at with: something of everything, some of it hostile."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched
from typing import Any

from azure.data.tables import TableClient

from local.stack import Stack
from tests.functional.bridge import PROJECT, Bridge, eventually
from tests.functional.pushed_code import REPOSITORY, component, push, read
from tests.functional.token_owner import TokenOwner

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><a href='javascript:alert(3)'>x</a>"
_FINDINGS = (
    ("PHX-1", "Log4Shell in log4j-core 2.14.1", "critical"),
    ("PHX-2", "SQL injection in the search of orders", "high"),
    ("PHX-3", "Session cookie without HttpOnly", "medium"),
    ("PHX-4", "Outdated jQuery", "low"),
    ("PHX-5", "Server tells its version", "info"),
    ("PHX-6", HOSTILE, "high"),
)


@dataclass
class Scene:
    """One organisation with all of it. `tickets` by their vulnerabilities."""

    bridge: Bridge
    tickets: dict[str, str]
    token: str
    commits: tuple[str, str]

    @property
    def registry(self) -> str:
        """The path of its repository's registry, below the console."""
        return f"/registries/{self.bridge.name}/{PROJECT}/{REPOSITORY}"

    @property
    def pages(self) -> dict[str, str]:
        """Every page, by a name for its picture."""
        name, asset = self.bridge.name, self.bridge.asset
        return {
            "overview": "",
            "tickets": f"/tickets?kind=application&asset={asset}",
            "ticket": f"/tickets/{self.tickets['PHX-1']}",
            "hostile ticket": f"/tickets/{self.tickets['PHX-6']}",
            "links": "/links",
            "new link": f"/new-link?kind=application&asset=new&connection={name}&project={PROJECT}",
            "link": f"/links/application/{asset}",
            "connections": "/connections",
            "connection": f"/connections/{name}",
            "ways to sign in": "/new-connection",
            "new connection": "/new-connection?kind=service_principal",
            "hooks by hand": f"/connections/{name}/hook",
            "tokens": "/tokens",
            "token": f"/tokens/{self.token}",
            "failed messages": "/failed-messages",
            "registries": "/registries",
            "registry": self.registry,
            "difference": f"{self.registry}?against={self.commits[0]}",
            "import": "/import",
            "nowhere": f"/tickets/{name}.{'a' * 32}",
        }


def make(stack: Stack) -> Scene:
    """Make one, and wait until it is as it should be."""
    owner = TokenOwner.fresh(stack)
    bridge = owner.bridge
    bridge.link()
    tickets = {id_: bridge.send(id_, title=title, severity=severity) for id_, title, severity in _FINDINGS}
    bridge.queue("ticket-requests").send_message('{"schema": 1, "vulnerability": {"id": "PHX-7", "title": "<script>"}}')
    policy = {"connection": bridge.name, "secret": owner.secret, "scopes": ["vso.work_write"]}
    assert bridge.ask("PUT", f"tokens/{bridge.name}", json=policy).ok
    first = push(bridge, {f"parts/{name}.py": component(name) for name in ("parser", "tagger")})
    second = push(bridge, {f"parts/{name}.py": component(name) for name in ("parser", "tagger", "ranker")})
    for ticket in tickets.values():
        bridge.until(ticket, "open")
    bridge.act(bridge.ticket(tickets["PHX-3"])["work_item"]["id"], state="Done")
    bridge.until(tickets["PHX-3"], "awaiting_validation")
    eventually(lambda: bridge.ask("GET", f"tokens/{bridge.name}").json()["current"], what="the token")
    read(bridge)
    eventually(lambda: bridge.ask("GET", "overview").json()["tickets"], what="the counts")
    return Scene(bridge, tickets, bridge.name, (str(first["commit"]), str(second["commit"])))


@contextmanager
def many_links(bridge: Bridge) -> Iterator[None]:
    """More links than a page lists: copies of one, for a while."""
    with TableClient.from_connection_string(bridge.stack.addresses.storage_connection_string, "links") as table:
        link = table.get_entity("application", bridge.asset)
        copies = [{**link, "RowKey": f"copy {number:04}"} for number in range(1000)]
        _submit(table, "create", copies)
        try:
            yield
        finally:
            _submit(table, "delete", copies)


def _submit(table: TableClient, kind: str, rows: list[dict[str, Any]]) -> None:
    for some in batched(rows, 100, strict=True):
        table.submit_transaction([(kind, row) for row in some])
