"""Moves an asset's vulnerabilities to the tickets that its link's grouping gives them now.

Each one changes its ticket in one transaction, as when its snapshot says something new. The tickets that they leave
lose their members, and a ticket without members is closed: nothing else is to be done for them.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched

from shared.connections.defaults import BY_ITSELF
from shared.links.models import Link
from shared.storage.tables import Row, Table
from shared.tickets import keys
from shared.tickets.accept import Accept
from shared.tickets.arrivals import LIGHT, Arrival, read_position, read_vulnerability
from shared.tickets.grouping import grouping_of
from shared.times import Times

_TOGETHER = 100


@dataclass(frozen=True, slots=True)
class Regrouping:
    """The use case behind a link that was saved with another grouping and `?existing=close`."""

    table: Table
    accept: Accept
    times: Times

    def __call__(self, link: Link) -> bool:
        """Move what is not where it belongs; False if there was no time for all. Doing so again changes nothing."""
        grouping, end = grouping_of(link, link.connection), time.monotonic() + self.times.drain
        prefix = f"v|{keys.asset_key(link.kind, link.asset)}"
        stored = self.table.range(link.connection, prefix, prefix + keys.AFTER_ALL, select=LIGHT)
        wrong = (row for row in stored if grouping.of(row) != row.values.get("grouping", BY_ITSELF))
        for rows in batched(wrong, _TOGETHER, strict=False):
            arrivals = list(self._arrivals(link.connection, rows))
            self.accept.many(link.connection, arrivals, {row.key: row for row in rows}, grouping)
            if time.monotonic() > end:
                return False
        return True

    def _arrivals(self, connection: str, rows: tuple[Row, ...]) -> Iterator[Arrival]:
        """Yield the stored snapshots as if they had just come."""
        for row in rows:
            ticket = str(row.values["ticket"])
            is_alone = row.key == keys.snapshot_of(ticket)
            snapshot = self.table.get(connection, row.key if is_alone else keys.member_row(ticket, row.key))
            if snapshot and not snapshot.values.get("left"):  # else it changed meanwhile, by what came in
                vulnerability = read_vulnerability(snapshot)
                asset = keys.asset_key(vulnerability.asset.kind, vulnerability.asset.id)
                yield Arrival(vulnerability, read_position(row), asset, str(row.values["fingerprint"]))
