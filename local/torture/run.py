"""One run: start, torment, drain, compare, report."""

import json
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from local.torture.chaos import Chaos
from local.torture.comparison import Verdict, compare
from local.torture.faults import Durations
from local.torture.finding import Found, read_items, read_rows, read_tickets
from local.torture.kills import Kills
from local.torture.ledger import Ledger
from local.torture.machine import HOSTS, Machine
from local.torture.messages import Messages
from local.torture.options import Options
from local.torture.people import People
from local.torture.plan import Plan, make_plan
from local.torture.record import Record
from local.torture.settling import Settling
from local.torture.traffic import Traffic
from local.torture.updates import Updates

_REPORT_EVERY = 5.0
_LOOK_EVERY = 0.2
_LONGEST = 2.0
"""How many times its duration a run may take to reach its minima."""
_LEASE, _REQUEST = 300.0, 100.0
"""The bridge's real durations of a lease and of a request, in seconds."""
_QUIET = 25.0
"""Longer than two rounds of reconciliation and the longest pause after a fault that is left."""
_SHOWN = 40


@dataclass
class Run:
    """All parts of one run over one folder."""

    options: Options
    folder: Path
    say: Callable[[str], None] = print
    ledger: Ledger = field(default_factory=Ledger)
    drained: bool = False
    crashes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        options = self.options
        self.plan: Plan = make_plan(options.seed, options.tickets)
        self.record = Record(self.folder / "torture.jsonl")
        self.record("options", **{name: getattr(options, name) for name in options.__dataclass_fields__})
        self.machine = Machine(self.folder, seed=options.seed, time_scale=options.time_scale)
        self._started = time.monotonic()

    def __call__(self) -> bool:
        """Return whether the ledgers agree and every minimum was reached."""
        self.say(self.machine.skew.why_not or f"clocks are wrong by (seconds): {self.machine.clocks}")
        threading.excepthook = self._crashed
        try:
            with self.machine.stack:
                return self._torment()
        finally:
            self.record.close()

    def _crashed(self, crash: threading.ExceptHookArgs) -> None:
        """A part of the run that broke off did not do what it should: the run proves nothing."""
        lines = traceback.format_exception(crash.exc_type, crash.exc_value, crash.exc_traceback)
        self.crashes.append("".join(lines))
        self._tell(f"a part of the run broke off:\n{self.crashes[-1]}")

    def _torment(self) -> bool:
        self.machine.start()
        self.machine.set_up(self.plan.assets)
        self._parts()
        self._tell("everything is set up")
        for part in (self.updates, self.chaos, self.kills, self.messages):
            part.start()
        people, traffic = self.people.start(), self.traffic.start()
        self._until_enough()
        self.traffic.ended.set()
        self.people.ended.set()
        for thread in (people, *traffic):
            thread.join()
        self.kills.stop()
        self.messages.stop()
        self.chaos.stop()
        self._tell("the torment is over")
        quiet = _QUIET
        self.drained = self.settling.wait(seconds=max(240.0, self.options.duration * 0.75), quiet=quiet)
        self.updates.stop()
        return self._judge()

    def _parts(self) -> None:
        options, machine = self.options, self.machine
        scale, storage, control = options.time_scale, machine.storage, machine.control()
        functions = machine.functions()
        durations = Durations(longest_latency=int(_REQUEST * scale * 1200), lease=_LEASE * scale)
        self.chaos = Chaos(
            machine, control, self.record, options.seed, options.drops, durations, max(30.0, options.duration / 10)
        )
        self.kills = Kills(
            machine, self.record, options.seed, _LEASE * scale, self.chaos.storage_steady, self._kill_pause()
        )
        self.messages = Messages(storage, self.record, options.seed)
        self.updates = Updates(storage)
        self.people = People(
            plan=self.plan,
            ledger=self.ledger,
            updates=self.updates,
            control=control,
            states=machine.states,
            record=self.record,
            seconds=options.duration,
        )
        self.traffic = Traffic(self.plan, self.ledger, functions, storage, self.record, options.duration)
        self.settling = Settling(storage, control, functions, self._tell)

    def _kill_pause(self) -> float:
        """Of two hosts; some kills miss, and a start takes a while."""
        return max(1.0, self.options.duration * len(HOSTS) / (max(1, self.options.kills) * 1.6) - 2.5)

    def _until_enough(self) -> None:
        begun = told = time.monotonic()
        while True:
            passed = time.monotonic() - begun
            enough = not self.traffic.left and not self._missing()
            if (passed > self.options.duration and enough) or passed > self.options.duration * _LONGEST:
                return
            if time.monotonic() - told > _REPORT_EVERY:
                told = time.monotonic()
                self._tell(self._progress())
            time.sleep(_LOOK_EVERY)

    def _missing(self) -> list[str]:
        wanted = {
            "kills that hit": (self.kills.hits, self.options.kills),
            "faults": (self.chaos.faults, self.options.faults),
            "late creates": (self.chaos.late_creates, self.options.late),
        }
        return [f"{name} {count} of {least}" for name, (count, least) in wanted.items() if count < least]

    def _progress(self) -> str:
        tickets, snapshots, deeds = self.ledger.counts()
        return (
            f"{tickets} tickets, {snapshots} snapshots ({self.traffic.left} to come), {deeds} deeds, "
            f"{self.kills.count} kills ({self.kills.hits} hits), {self.chaos.faults} faults "
            f"({self.chaos.late_creates} late creates), {self.chaos.restarts} storage restarts, "
            f"{self.messages.moved + self.messages.copied} messages moved or copied, {self.updates.count} updates"
        )

    def _judge(self) -> bool:
        verdict = compare(self.ledger, self._found())
        ledger = self.folder / "ledger.json"
        ledger.write_text(json.dumps(self.ledger.view(), ensure_ascii=False, default=str), encoding="utf-8")
        updates = self.folder / "updates.json"
        updates.write_text(json.dumps(self.updates.all(), ensure_ascii=False), encoding="utf-8")
        listed = self.folder / "differences.txt"
        listed.write_text("".join(f"{difference}\n" for difference in verdict.differences), encoding="utf-8")
        for difference in verdict.differences[:_SHOWN]:
            self.say(str(difference))
        if len(verdict.differences) > _SHOWN:
            self.say(f"… and {len(verdict.differences) - _SHOWN} more: {listed}")
        agreed = not (verdict.differences or self._missing() or self._unfinished())
        self.say(self._replay())
        self.say(self._line(verdict, agreed=agreed))
        return agreed

    def _found(self) -> Found:
        items = self.machine.control()
        tickets = read_tickets(self.machine.functions(), self.plan.assets)
        projects = {asset.id: asset.project for asset in self.plan.assets}
        types = {
            (ticket["id"].rpartition(".")[0], projects[ticket["asset"]["id"]], ticket["work_item"]["type"])
            for ticket in tickets.values()
            if ticket["work_item"]
        }
        return Found(
            items=read_items(items, self.machine.categories(types)),
            tickets=tickets,
            rows=read_rows(self.machine.storage),
            updates=self.updates.all(),
            contradictions=self.updates.contradictions,
        )

    def _unfinished(self) -> list[str]:
        unfinished = [f"{len(self.crashes)} parts broke off"] if self.crashes else []
        unfinished += [f"{self.traffic.left} snapshots not sent"] if self.traffic.left else []
        return unfinished + ([] if self.drained else ["not drained"])

    def _replay(self) -> str:
        options = self.options
        return (
            f"Replay: make torture SEED={options.seed} DURATION={options.duration} TICKETS={options.tickets} "
            f"KILLS={options.kills} FAULTS={options.faults} "
            f"LATE={options.late} DROPS={options.drops}; what happened and when: {self.record.path}"
        )

    def _line(self, verdict: Verdict, *, agreed: bool) -> str:
        kinds = Counter(difference.kind for difference in verdict.differences)
        problems = [f"{count} {kind}" for kind, count in sorted(kinds.items())]
        problems += self._unfinished()
        problems += [f"only {what}" for what in self._missing()]
        return (
            f"{'AGREED' if agreed else 'DIFFERENT'} seed {self.options.seed}: {self._progress()} "
            f"({self.updates.repeated} repeated), {len(self.settling.retried)} retried, "
            f"{verdict.removed} duplicates removed, {verdict.commented} commented, "
            f"{self.chaos.switches} batch switches, {time.monotonic() - self._started:.0f} s: "
            f"{', '.join(problems) or '0 lost, 0 twice, 0 wrong, 0 gaps'}"
        )

    def _tell(self, text: str) -> None:
        self.say(f"{time.monotonic() - self._started:6.1f} s  {text}")
