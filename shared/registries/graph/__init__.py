"""A registry as a graph.

model       nodes, edges with their reasons, and what is missing or not known
cycles      which nodes depend on themselves by way of others
view        as JSON of schema 1
comparison  what changed between two commits
"""

from shared.registries.graph.comparison import DifferenceView, difference
from shared.registries.graph.model import (
    Dangling,
    Edge,
    Node,
    NotRead,
    Place,
    Reason,
    Registered,
    Registry,
    Unparsed,
    Unresolved,
)
from shared.registries.graph.view import LinkTo, RegistryView, as_json

__all__ = [
    "Dangling",
    "DifferenceView",
    "Edge",
    "LinkTo",
    "Node",
    "NotRead",
    "Place",
    "Reason",
    "Registered",
    "Registry",
    "RegistryView",
    "Unparsed",
    "Unresolved",
    "as_json",
    "difference",
]
