"""What a run says of itself: how far it is, what is missing, and the one line at its end."""

from collections import Counter
from dataclasses import dataclass

from local.torture.comparison import Verdict
from local.torture.ledger import Ledger
from local.torture.options import Options
from local.torture.parts import Parts


@dataclass(frozen=True, slots=True)
class Report:
    """Reads the figures of a run's parts."""

    options: Options
    ledger: Ledger
    parts: Parts

    def progress(self) -> str:
        """Return the figures so far."""
        tickets, snapshots, deeds = self.ledger.counts()
        kills, chaos, messages = self.parts.kills, self.parts.chaos, self.parts.messages
        return (
            f"{tickets} tickets, {snapshots} snapshots ({self.parts.traffic.left} to come), {deeds} deeds, "
            f"{kills.count} kills ({kills.hits} hits), {chaos.faults} faults "
            f"({chaos.late_creates} late creates), {chaos.restarts} storage restarts, "
            f"{messages.moved + messages.copied} messages moved or copied, {self.parts.updates.count} updates"
        )

    def missing(self) -> list[str]:
        """Return the minima that are not reached."""
        wanted = {
            "kills that hit": (self.parts.kills.hits, self.options.kills),
            "faults": (self.parts.chaos.faults, self.options.faults),
            "late creates": (self.parts.chaos.late_creates, self.options.late),
        }
        return [f"only {count} of {least} {name}" for name, (count, least) in wanted.items() if count < least]

    def replay(self) -> str:
        """Return how to do the same again."""
        options = self.options
        return (
            f"make torture SEED={options.seed} DURATION={options.duration} TICKETS={options.tickets} "
            f"KILLS={options.kills} FAULTS={options.faults} LATE={options.late} DROPS={options.drops} "
            f"TIME_SCALE={options.time_scale}"
        )

    def line(self, verdict: Verdict, problems: list[str], seconds: float) -> str:
        """Return the last line: all figures, and whether the ledgers agree."""
        kinds = Counter(difference.kind for difference in verdict.differences)
        told = [f"{count} {kind}" for kind, count in sorted(kinds.items())] + problems
        return (
            f"{'DIFFERENT' if told else 'AGREED'} seed {self.options.seed}: {self.progress()} "
            f"({self.parts.updates.repeated} repeated), {len(self.parts.settling.retried)} retried, "
            f"{self.parts.updates.refused} dead messages told and {self.parts.settling.resent} sent again, "
            f"{verdict.removed} duplicates removed, {verdict.commented} commented, "
            f"{self.parts.chaos.switches} batch switches, {seconds:.0f} s: "
            f"{', '.join(told) or '0 lost, 0 twice, 0 wrong, 0 gaps'}"
        )
