"""What Azure DevOps refused a short while ago, so that it is not asked again for every ticket.

The memory is this process's: another one is refused once more, which costs a request and changes nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Refused:
    """What was refused, and why, for `seconds`."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    _known: dict[tuple[str, ...], tuple[float, str]] = field(default_factory=dict)

    def remember(self, key: tuple[str, ...], why: str) -> None:
        """Take in a refusal."""
        self._known[key] = (self.clock() + self.seconds, why)

    def why(self, key: tuple[str, ...]) -> str:
        """Return why this is left out; empty if it is not."""
        until, why = self._known.get(key, (0.0, ""))
        return why if self.clock() < until else ""
