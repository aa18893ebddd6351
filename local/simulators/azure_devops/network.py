"""What the network does to deliveries of service hooks: loses, repeats and delays them, the same ones for one seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one notification; `delay` in seconds."""

    lost: bool = False
    twice: bool = False
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Network:
    """Shares of all notifications, and between which seconds the delay of each lies."""

    drop: float = 0.0
    duplicate: float = 0.0
    delay: tuple[float, float] = (0.0, 0.0)
    seed: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, Any] | None) -> "Network":
        """Return what a control request describes. Raises `ValueError` or `TypeError` with what is wrong with it."""
        asked = asked or {}
        unknown = set(asked) - {"drop", "duplicate", "delay", "seed"}
        if unknown:
            raise ValueError(f"hooks have no {', '.join(sorted(unknown))}")
        shortest, longest = asked.get("delay", (0, 0))
        return cls(
            drop=float(asked.get("drop", 0)),
            duplicate=float(asked.get("duplicate", 0)),
            delay=(float(shortest), float(longest)),
            seed=str(asked.get("seed", "")),
        )

    def fate(self, notification: int) -> Fate:
        """Return what becomes of a notification, by its number."""
        chance = Random(f"{self.seed}:{notification}")  # noqa: S311  to be repeated, not to be secret
        lost, twice = chance.random() < self.drop, chance.random() < self.duplicate
        return Fate(lost, twice, chance.uniform(*self.delay))
