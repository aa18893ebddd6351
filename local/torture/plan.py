"""What a run sends and what people do, from the seed alone: same seed and options, same plan. Pure.

Times are shares of the run's duration. A plan is longer than the run if that must go on to reach its minima:
`further` then goes on for ever.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from local.torture.versions import Dating, Version, Vulnerability, first, following

CONNECTIONS = ("alpha", "bravo", "charlie", "delta")
PROJECTS = (("Web Shop", "Issue"), ("Mobile", "User Story"), ("Platform", "Bug"), ("Compliance", "Requirement"))
"""Basic, Agile, Scrum and CMMI, and a work item type of each: each has states of its own."""


class Channel(StrEnum):
    """How a snapshot gets in."""

    POST = "post"
    IMPORT = "import"
    QUEUE = "queue"
    PLAIN = "plain"
    BLOB = "blob"


class Deed(StrEnum):
    """What a person does to a card."""

    TITLE = "title"
    PRIORITY = "priority"
    DESCRIPTION = "description"
    STATE = "state"
    COMMENT = "comment"
    DELETE = "delete"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Send:
    """One snapshot on its way in; `delay` in seconds, in a queue."""

    at: float
    vulnerability: int
    version: int
    channel: Channel
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a person does; `choice` picks among what the card's type offers."""

    at: float
    vulnerability: int
    deed: Deed
    choice: int


@dataclass(frozen=True, slots=True)
class Asset:
    """An application, and the project that its work items are made in."""

    id: str
    connection: str
    project: str
    work_item_type: str


@dataclass(slots=True)
class Plan:
    """All of it. `versions[i]` are those of `vulnerabilities[i]`."""

    seed: int
    assets: list[Asset]
    vulnerabilities: list[Vulnerability]
    versions: list[list[Version]]
    sends: list[Send]
    acts: list[Act]
    _further: Random = field(init=False, compare=False)

    def __post_init__(self) -> None:
        self._further = chance(self.seed, "further")

    def further(self) -> Iterator[Send]:
        """Yield changes beyond the planned ones, for ever; each makes a new version."""
        while True:
            yield self._change(self._further.randrange(len(self.vulnerabilities)), 1.0, self._further)

    def further_acts(self) -> Iterator[Act]:
        """Yield deeds beyond the planned ones, for ever."""
        chosen = chance(self.seed, "further acts")
        while True:
            yield _act(chosen, chosen.randrange(len(self.vulnerabilities)), 1.0)

    def _change(self, vulnerability: int, at: float, chosen: Random) -> Send:
        known = self.versions[vulnerability]
        known.append(following(self.vulnerabilities[vulnerability].id, known[-1], chosen))
        return _send(chosen, self.vulnerabilities[vulnerability], vulnerability, len(known), at)


def chance(seed: int, of_what: str) -> Random:
    """Return the dice for one matter: what one thread rolls must not depend on how fast another is."""
    return Random(f"{seed}:{of_what}")  # noqa: S311  to be repeated, not to be secret


def make_plan(seed: int, tickets: int) -> Plan:
    """Return the plan for a seed and a number of vulnerabilities."""
    dice = chance(seed, "plan")
    assets = [
        Asset(f"{connection}-{place}", connection, *PROJECTS[(number + 2 * place) % len(PROJECTS)])
        for number, connection in enumerate(CONNECTIONS)
        for place in range(2)
    ]
    plan = Plan(seed, assets, [], [], [], [])
    for number in range(tickets):
        _add(plan, number, dice)
    plan.sends.sort(key=lambda send: send.at)
    plan.acts.sort(key=lambda act: act.at)
    return plan


def _add(plan: Plan, number: int, dice: Random) -> None:
    asset = dice.choice(plan.assets)
    dating = dice.choices(list(Dating), (48, 48, 4))[0]
    vulnerability = Vulnerability(f"v{number:06}", asset.connection, asset.id, dating)
    versions = [first(vulnerability.id, dice)]
    while dice.random() < 0.5 and len(versions) < 8:  # noqa: PLR2004
        versions.append(following(vulnerability.id, versions[-1], dice))
    plan.vulnerabilities.append(vulnerability)
    plan.versions.append(versions)
    begin = dice.uniform(0, 0.06) if dice.random() < 0.3 else dice.uniform(0, 0.8)  # noqa: PLR2004
    moments = [begin, *sorted(dice.uniform(begin, 1.0) for _ in versions[1:])]
    sends = [_send(dice, vulnerability, number, place + 1, at) for place, at in enumerate(moments)]
    plan.sends += sends + _repeats(dice, vulnerability, sends)
    plan.acts += _acts(dice, number, begin)


def _send(dice: Random, vulnerability: Vulnerability, index: int, version: int, at: float) -> Send:
    if vulnerability.dating is Dating.ARRIVAL:  # its order is the order in which we were answered
        return Send(at, index, version, Channel.POST)
    channel = dice.choices(list(Channel), (4, 66, 14, 12, 4))[0]
    delay = dice.uniform(0, 4) if channel not in (Channel.POST, Channel.IMPORT) and dice.random() < 0.2 else 0.0  # noqa: PLR2004
    return Send(at, index, version, channel, round(delay, 2))


def _repeats(dice: Random, vulnerability: Vulnerability, sends: list[Send]) -> list[Send]:
    """Snapshots that are sent again, old ones among them; where arrival is the order, only the newest may be."""
    if dice.random() > 0.2:  # noqa: PLR2004
        return []
    again = sends[-1] if vulnerability.dating is Dating.ARRIVAL else dice.choice(sends)
    at = dice.uniform(sends[-1].at if again is sends[-1] else again.at, 1.0)
    return [_send(dice, vulnerability, again.vulnerability, again.version, at)]


def _acts(dice: Random, vulnerability: int, begin: float) -> list[Act]:
    acts = []
    while dice.random() < 0.3:  # noqa: PLR2004
        act = _act(dice, vulnerability, dice.uniform(begin, 1.0))
        acts.append(act)
        if act.deed is Deed.DELETE and dice.random() < 0.6:  # noqa: PLR2004
            acts.append(Act(dice.uniform(act.at, 1.0), vulnerability, Deed.RESTORE, 0))
    return acts


def _act(dice: Random, vulnerability: int, at: float) -> Act:
    deed = dice.choices(list(Deed), (20, 15, 15, 30, 8, 8, 4))[0]
    return Act(at, vulnerability, deed, dice.randrange(1_000_000))
