"""Which requests to Azure DevOps go wrong and how: an endless list, from the seed alone. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from local.torture.plan import CONNECTIONS

LATE_CREATE = "late create"
_ANY: dict[str, str] = {"path": "/_apis/"}
_CREATES = {"path": r"/_apis/wit/(\$batch|workitems/\$)", "body": r'workitems/\$|"/fields/System\.Tags"'}
_WHERE: tuple[dict[str, str], ...] = (
    _ANY,
    _CREATES,
    {"path": r"/_apis/wit/\$batch"},
    {"path": r"/_apis/wit/workitems/\d+", "method": "PATCH"},
    {"path": "/_apis/wit/workitemsbatch"},
    {"path": "/_apis/wit/wiql"},
    {"path": "/_apis/wit/recyclebin"},
    {"path": "/_apis/wit/workitemtypes"},
    {"path": "/_apis/wit/reporting"},
    {"path": "/_apis/wit/workitems", "method": "DELETE"},
)
_KINDS = (
    ("status:500", 12),
    ("status:502", 8),
    ("status:503", 8),
    ("status:504", 4),
    ("drop_before", 14),
    ("drop_after", 18),
    ("latency", 10),
    ("late", 14),
    ("status:429", 1),
    ("retry_after:1", 5),
    ("status:400", 3),
    ("status:403", 2),
    ("status:404", 1),
    ("status:409", 2),
    ("sign_in_page", 1),
    ("status:401", 1),
)


@dataclass(frozen=True, slots=True)
class Durations:
    """Milliseconds of latency, and seconds until a late request is carried out: most within a lease, some beyond."""

    longest_latency: int
    lease: float


def faults(dice: Random, durations: Durations) -> Iterator[dict[str, Any]]:
    """Yield what the control API takes, for ever."""
    kinds, weights = zip(*_KINDS, strict=True)
    while True:
        kind = dice.choices(kinds, weights)[0]
        where = dict(dice.choice(_WHERE))
        label = kind
        if kind == "late":
            where, label = dict(_CREATES), LATE_CREATE
            kind = f"late:{_delay(dice, durations.lease):.2f}"
        elif kind == "latency":
            kind = f"latency:{dice.randint(10, durations.longest_latency)}"
            label = "latency"
        where["path"] = f"^/{dice.choice(CONNECTIONS)}(/.*)?{where['path']}"
        yield {"fault": kind, "match": where, "label": label}


def _delay(dice: Random, lease: float) -> float:
    """One in five comes after everything that the protocol waits for: that makes a duplicate."""
    return dice.uniform(1.5, 3.0) * lease if dice.random() < 0.2 else dice.uniform(0.05, 0.9) * lease  # noqa: PLR2004
