"""Which flows are killed or frozen, and at how many of their calls: as the environment says."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from tests.thorough import THOROUGH


@dataclass(frozen=True, slots=True)
class Extent:
    """`every`: before each call, reads too. `sampled`: of what matters only a part, for time is short."""

    every: bool
    sampled: bool


def asked(flows: Iterable[str]) -> tuple[list[str], Extent]:
    """Return the flows whose names begin with `FLOWS`, and the extent: of flows that are named, all that matters."""
    wanted = os.environ.get("FLOWS", "")
    return [flow for flow in flows if flow.startswith(wanted)], Extent(THOROUGH, sampled=not (wanted or THOROUGH))
