"""What a snapshot says: versions of one vulnerability, each newer than the one before. Pure."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any

# Never the lowest priority: that is what people choose, so that theirs and ours can be told apart.
SEVERITIES = ("critical", "high", "medium")
_CLOSED = ("fixed", "false_positive", "risk_accepted")
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)


class Dating(StrEnum):
    """How a platform says which of two snapshots is the newer one."""

    SEQUENCE = "sequence"
    OBSERVED = "observed"
    ARRIVAL = "arrival"


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """One vulnerability of one asset, and how its snapshots are dated."""

    id: str
    connection: str
    asset: str
    dating: Dating


@dataclass(frozen=True, slots=True)
class Version:
    """What is said of a vulnerability, from number 1 on."""

    number: int
    title: str
    description: str
    severity: str
    status: str

    @property
    def open(self) -> bool:
        """Whether it still is one."""
        return self.status == "open"


def first(id_: str, chance: Random) -> Version:
    """Return the first version of a vulnerability: hardly ever one that is fixed already."""
    status = "fixed" if chance.random() < 0.02 else "open"  # noqa: PLR2004  a share
    return Version(1, f"{id_} as found", token(id_, 1), chance.choice(SEVERITIES), status)


def following(id_: str, version: Version, chance: Random) -> Version:
    """Return the next version: at least one thing is different."""
    number = version.number + 1
    changed = {chance.choice(("title", "severity", "description", "status")) for _ in range(2)}
    after = replace(version, number=number)
    if "title" in changed:
        after = replace(after, title=f"{id_} renamed {number}")
    if "severity" in changed:
        others = [severity for severity in SEVERITIES if severity != version.severity]
        after = replace(after, severity=chance.choice(others))
    if "description" in changed:
        after = replace(after, description=token(id_, number))
    if "status" in changed:
        after = replace(after, status=chance.choice(_CLOSED) if version.open else "open")
    return after


def token(id_: str, number: int) -> str:
    """Return a description that is found again in a work item, whatever stands around it."""
    return f"Description {id_} no {number} end"


def snapshot(vulnerability: Vulnerability, version: Version) -> dict[str, Any]:
    """Return the message that says so."""
    said: dict[str, Any] = {
        "id": vulnerability.id,
        "asset": {"kind": "application", "id": vulnerability.asset},
        "title": version.title,
        "description": version.description,
        "severity": version.severity,
        "status": version.status,
    }
    if vulnerability.dating is Dating.SEQUENCE:
        said["sequence"] = version.number
    elif vulnerability.dating is Dating.OBSERVED:
        said["observed_at"] = (_FIRST + timedelta(minutes=version.number)).isoformat()
    return {"schema": 1, "vulnerability": said}
