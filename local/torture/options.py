"""What a run is asked for."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKETS_PER_SECOND = 12
_SECONDS_PER_KILL = 6
_FAULTS_PER_SECOND = 2


@dataclass(frozen=True, slots=True)
class Options:
    """`duration` in seconds, without start and drain; `kills` that hit and `faults` that happened are minima."""

    seed: int
    duration: int
    tickets: int
    kills: int
    faults: int
    late: int
    time_scale: float
    drops: float
    """The share of service hooks that are never delivered."""
    state: Path | None

    @classmethod
    def read(cls, arguments: Sequence[str]) -> "Options":
        """Return the options of a command line."""
        parser = argparse.ArgumentParser(prog="python -m local.torture", description=__doc__)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--duration", type=int, default=60, help="seconds in which things go wrong")
        parser.add_argument("--tickets", type=int, help="how many vulnerabilities")
        parser.add_argument("--kills", type=int, help="at least so many that hit a host which holds a lease")
        parser.add_argument("--faults", type=int, help="at least so many that happen")
        parser.add_argument("--late", type=int, help="at least so many of them creates that are carried out late")
        parser.add_argument("--time-scale", type=float, default=0.02, help="of the bridge's durations")
        parser.add_argument("--drops", type=float, default=0.05, help="share of service hooks that are never delivered")
        parser.add_argument("--state", type=Path, help="folder that is kept; otherwise it is kept on failure only")
        given = parser.parse_args(arguments)
        faults = _or(given.faults, given.duration * _FAULTS_PER_SECOND)
        return cls(
            seed=given.seed,
            duration=given.duration,
            tickets=_or(given.tickets, given.duration * _TICKETS_PER_SECOND),
            kills=_or(given.kills, given.duration // _SECONDS_PER_KILL),
            faults=faults,
            late=_or(given.late, faults // 40),
            time_scale=given.time_scale,
            drops=given.drops,
            state=given.state,
        )


def _or(given: int | None, default: int) -> int:
    return default if given is None else given
