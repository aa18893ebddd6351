"""What became of the results of an import."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from shared.errors import RejectedRequestError
from shared.tickets.accept import Outcome
from shared.tickets.scans import RefusedResult

_MAX_REFUSALS = 100


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
        changed = self.outcomes[Outcome.CHANGED]
        return {
            "accepted": self.outcomes.total(),
            "changed": changed,
            "unchanged": self.outcomes.total() - changed,
            "refused": self.refused,
            "gone": self.gone,
        }

    def view(self) -> dict[str, Any]:
        """Return what the API answers."""
        return {
            "import": self.id,
            **self.counts(),
            "refusals": [{"index": r.index, "field": r.field, "message": r.message} for r in self.refusals],
            "more_refusals": self.refused - len(self.refusals),
            "not_compared": [{"scan": scan, "reason": why} for scan, why in sorted(self.not_compared.items())],
        }
