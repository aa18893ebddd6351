"""What benchmarks find: a row each, ours beside the rival that ran in the same run, and whether the aim was reached."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: `share` of what the documented figures are about, `rounds` times each."""

    share: float = 1.0
    rounds: int = 3

    def of(self, number: int) -> int:
        """Return so many, or their share: at least ten."""
        return max(10, round(number * self.share))


SMALL = Size(share=0.01, rounds=1)
"""Shows that a benchmark runs; its figures say nothing."""


@dataclass(frozen=True, slots=True)
class Result:
    """One row. `holds` is None where there is no aim."""

    what: str
    ours: str
    rival: str = ""
    aim: str = ""
    holds: bool | None = None

    def row(self) -> str:
        """Return it as a row of a table in Markdown."""
        verdict = {None: "", True: "reached", False: "**missed**"}[self.holds]
        return f"| {self.what} | {self.ours} | {self.rival} | {self.aim} | {verdict} |"


type Benchmark = Callable[[Size], Iterator[Result]]

HEADER = "| what | ours | rival, in the same run | aim | |\n|---|---|---|---|---|"


def in_turn(rounds: int, *kinds: Callable[[], float]) -> list[float]:
    """Measure several things in turn, so that what else the machine does meets all of them; return their medians."""
    found = [[kind() for kind in kinds] for _ in range(rounds)]
    return [median(column) for column in zip(*found, strict=True)]


def percentile(numbers: Sequence[float], share: float) -> float:
    """Return what this share of the numbers is not above."""
    ordered = sorted(numbers)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
