"""How many requests a lane sends at once: as many as Azure DevOps takes without asking to slow down."""

from dataclasses import dataclass, field

MOST = 6
_FASTER = 0.25


@dataclass(slots=True)
class Widths:
    """Known to this process, by connection. Half as many after it asked, one more after four times without that.

    https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
    """

    _widths: dict[str, float] = field(default_factory=dict)

    def of(self, connection: str) -> int:
        """Return how many may be sent at once, 1 to `MOST`."""
        return int(self._widths.get(connection, MOST))

    def learn(self, connection: str, *, slower: bool) -> None:
        """Take in whether Azure DevOps asked to slow down when something was sent."""
        width = self._widths.get(connection, MOST)
        self._widths[connection] = max(1.0, width / 2) if slower else min(MOST, width + _FASTER)
