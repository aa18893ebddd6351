"""What became of the results of an import."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TypedDict

from shared.errors import RejectedRequestError
from shared.tickets.imports.records import FIGURES
from shared.tickets.intake.accept import Outcome
from shared.tickets.vulnerabilities.scans import RefusedResult

_MAX_REFUSALS = 100


class NotCompared(TypedDict):
    """A scan of a full report, and why nothing of it counts as gone."""

    scan: str
    reason: str


TallyView = TypedDict(
    "TallyView",
    {
        "import": str,
        "accepted": int,
        "changed": int,
        "unchanged": int,
        "refused": int,
        "gone": int,
        "refusals": list[RefusedResult],
        "more_refusals": int,
        "not_compared": list[NotCompared],
    },
)
"""What became of a report's results; `refusals` are the first hundred that cannot become tickets, with the reasons."""


@dataclass(slots=True)
class Tally:
    """Counts; `refusals` are the first hundred. `not_compared` says of scans why nothing in them counts as gone."""

    id: str
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    gone: int = 0
    refused: int = 0
    refusals: list[RefusedResult] = field(default_factory=list)
    not_compared: dict[str, str] = field(default_factory=dict)

    def refuse(self, refused: RefusedResult) -> None:
        """Count a result that cannot become a ticket, and keep its reason."""
        self.refused += 1
        if len(self.refusals) < _MAX_REFUSALS:
            self.refusals.append(refused)

    def refuse_for(self, index: int, error: RejectedRequestError) -> None:
        """Count a result that cannot be accepted."""
        where = error.problems[0].field if error.problems else ""
        self.refuse(RefusedResult(index, where, f"{error.message} {error.hint}"))

    def counts(self) -> dict[str, int]:
        """Return the figures that are remembered."""
        view = self.view()
        return {name: view[name] for name in FIGURES}

    def view(self) -> TallyView:
        """Return what the API answers."""
        changed = self.outcomes[Outcome.CHANGED]
        return {
            "import": self.id,
            "accepted": self.outcomes.total(),
            "changed": changed,
            "unchanged": self.outcomes.total() - changed,
            "refused": self.refused,
            "gone": self.gone,
            "refusals": self.refusals,
            "more_refusals": self.refused - len(self.refusals),
            "not_compared": [{"scan": scan, "reason": why} for scan, why in sorted(self.not_compared.items())],
        }
