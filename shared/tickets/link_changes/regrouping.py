"""Moves an asset's vulnerabilities to the tickets that its link's grouping gives them now.

Each one changes its ticket in one transaction, as when its snapshot says something new. The tickets that they leave
lose their members, and a ticket without members is closed: nothing else is to be done for them.
"""

import time
from dataclasses import dataclass
from itertools import batched

from shared.connections.defaults import BY_ITSELF
from shared.links.models import Link
from shared.storage.tables import Row, Table
from shared.tickets.intake.accept import Accept
from shared.tickets.intake.grouping import Grouping, grouping_of
from shared.tickets.rows import keys
from shared.tickets.rows.arrivals import Arrival, read_position, read_vulnerability
from shared.tickets.vulnerabilities import origins
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
        stored = self.table.range(link.connection, prefix, prefix + keys.AFTER_ALL)
        wrong = (row for row in stored if _is_elsewhere(row, grouping))
        for rows in batched(wrong, _TOGETHER, strict=False):
            self.accept.many(link.connection, list(map(_arrival, rows)), {row.key: row for row in rows}, grouping)
            if time.monotonic() > end:
                return False
        return True


def _is_elsewhere(row: Row, grouping: Grouping) -> bool:
    """Whether a vulnerability is to be moved; one whose import is taken back goes anyway."""
    return grouping.of(row) != row.values.get("grouping", BY_ITSELF) and not origins.is_withdrawn(row)


def _arrival(row: Row) -> Arrival:
    """A stored snapshot as if it had just come again."""
    vulnerability = read_vulnerability(row)
    asset = keys.asset_key(vulnerability.asset.kind, vulnerability.asset.id)
    origin = origins.origin_of(row)
    return Arrival(vulnerability, read_position(row), asset, str(row.values["fingerprint"]), origin)
