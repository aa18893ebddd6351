"""A report as an import takes it: the scans in it, and what each of them found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.tickets.vulnerabilities.snapshots import Vulnerability


@dataclass(frozen=True, slots=True)
class RefusedResult:
    """A result that cannot become a vulnerability. `index` counts all results of the report from 0."""

    index: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Scan:
    """One run of a tool.

    `tool` and `name` are the same in each further run that looks at the same things: what such a run does not have
    any more is gone, unless `incomplete` says why that may not be concluded. `observed_at` is when the run ended.
    """

    tool: str = ""
    name: str = ""
    incomplete: str = ""
    observed_at: datetime | None = None

    @property
    def title(self) -> str:
        """What a person calls it."""
        return " ".join(part for part in (self.tool, self.name) if part)


type Finding = tuple[Scan, Vulnerability | RefusedResult]


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was judged as a whole; `findings` reads it, once for each call, from its beginning."""

    scans: tuple[Scan, ...]
    findings: Callable[[], Iterator[Finding]]
