"""Which vulnerabilities of an asset share a ticket: those whose snapshots say the same at the places that a link names.

An expression is one or several places in a snapshot, joined by `+`: `component`, `rule+location.path`,
`custom.team`. Where a snapshot says nothing at any of them, its vulnerability has a ticket of its own: findings
without a component have nothing in common.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.connections.defaults import BY_ITSELF
from shared.links.models import Link
from shared.storage.tables import Row
from shared.tickets.rows import keys
from shared.tickets.vulnerabilities.snapshots import Vulnerability


@dataclass(frozen=True, slots=True)
class Grouping:
    """How an asset's vulnerabilities are grouped in one connection; `kept` expressions go on for those that have them.

    `kept` None: all that are there stay as they are.
    """

    expression: str = BY_ITSELF
    kept: frozenset[str] | None = frozenset()

    def of(self, stored: Row | None) -> str:
        """Return the expression for a vulnerability, of which `stored` is the row if it has one."""
        if stored is None:
            return self.expression
        own = str(stored.values.get("grouping", BY_ITSELF))
        return own if self.kept is None or own in self.kept else self.expression


def grouping_of(link: Link, connection: str) -> Grouping:
    """Return how a link groups its asset's vulnerabilities in one of its connections.

    Where the asset was linked before, nothing is regrouped any more.
    """
    if connection != link.connection:
        return Grouping(link.grouping, kept=None)
    return Grouping(link.grouping, frozenset(link.kept_groupings))


def ticket_of(vulnerability: Vulnerability, expression: str) -> str:
    """Return the ticket (32 letters) that a vulnerability belongs to."""
    asset = keys.asset_key(vulnerability.asset.kind, vulnerability.asset.id)
    value = "" if expression == BY_ITSELF else _value(vulnerability, expression)
    return keys.group_key(asset, f"{expression}\n{value}") if value else keys.ticket_key(asset, vulnerability.id)


def _value(vulnerability: Vulnerability, expression: str) -> str:
    snapshot = vulnerability.model_dump(mode="json")
    found = [_at(snapshot, path) for path in expression.split("+")]
    return json.dumps(found, sort_keys=True) if any(found) else ""


def _at(value: Any, path: str) -> Any:
    """Return what a snapshot says at a path, None for nothing; the order of a list's entries says nothing."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, list):
        return sorted({json.dumps(entry, sort_keys=True) for entry in value}) or None
    if isinstance(value, str):
        return " ".join(value.split()) or None
    return None if value == {} else value
