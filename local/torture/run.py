"""One run: start, torment, drain, compare, report."""

import json
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from local.torture.comparison import Verdict, compare
from local.torture.finding import Found, read_items, read_rows, read_tickets
from local.torture.ledger import Ledger
from local.torture.machine import Machine
from local.torture.options import Options
from local.torture.parts import Parts
from local.torture.plan import Plan, make_plan
from local.torture.record import Record
from local.torture.report import Report

_REPORT_EVERY = 5.0
_LOOK_EVERY = 0.2
_LONGEST = 2.0
"""How many times its duration a run may take to reach its minima."""
_DRAINED_WITHIN = 240.0
_SHARE_FOR_DRAIN = 0.75
_QUIET = 2.5
"""Rounds of reconciliation; longer, too, than the longest delay of a request that is carried out late."""
_SHOWN = 40


@dataclass
class Run:
    """One run over one folder."""

    options: Options
    folder: Path
    say: Callable[[str], None] = print
    ledger: Ledger = field(default_factory=Ledger)
    drained: bool = False
    crashes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.plan: Plan = make_plan(self.options.seed, self.options.tickets)
        self.record = Record(self.folder / "torture.jsonl")
        self.record("options", **asdict(self.options))
        self.machine = Machine(self.folder, seed=self.options.seed, time_scale=self.options.time_scale)
        self._started = time.monotonic()

    def __call__(self) -> bool:
        """Return whether the ledgers agree and every minimum was reached."""
        self.say(self.machine.skew.why_not or f"clocks are wrong by (seconds): {self.machine.clocks}")
        threading.excepthook = self._crashed
        try:
            with self.machine.stack:
                self.machine.start()
                self.machine.set_up(self.plan.assets)
                self._tell("everything is set up")
                parts = Parts.make(self.options, self.plan, self.ledger, self.machine, self.record, self._tell)
                report = Report(self.options, self.ledger, parts)
                self._torment(parts, report)
                self._drain(parts)
                return self._judge(parts, report)
        finally:
            self.record.close()

    def _crashed(self, crash: threading.ExceptHookArgs) -> None:
        """A part of the run that broke off did not do what it should: the run proves nothing."""
        lines = traceback.format_exception(crash.exc_type, crash.exc_value, crash.exc_traceback)
        self.crashes.append("".join(lines))
        self._tell(f"a part of the run broke off:\n{self.crashes[-1]}")

    def _torment(self, parts: Parts, report: Report) -> None:
        for part in (parts.updates, parts.chaos, parts.kills, parts.messages):
            part.start()
        people, traffic = parts.people.start(), parts.traffic.start()
        self._until_enough(parts, report)
        parts.traffic.ended.set()
        parts.people.ended.set()
        for thread in (people, *traffic):
            thread.join()
        for part in (parts.kills, parts.messages, parts.chaos):
            part.stop()

    def _until_enough(self, parts: Parts, report: Report) -> None:
        begun = told = time.monotonic()
        while True:
            passed = time.monotonic() - begun
            enough = not parts.traffic.left and not report.missing()
            if (passed > self.options.duration and enough) or passed > self.options.duration * _LONGEST:
                return
            if time.monotonic() - told > _REPORT_EVERY:
                told = time.monotonic()
                self._tell(report.progress())
            time.sleep(_LOOK_EVERY)

    def _drain(self, parts: Parts) -> None:
        self._tell("the torment is over")
        seconds = max(_DRAINED_WITHIN, self.options.duration * _SHARE_FOR_DRAIN)
        quiet = _QUIET * self.machine.round(self.options.time_scale)
        self.drained = parts.settling.wait(seconds=seconds, quiet=quiet)
        parts.updates.stop()

    def _judge(self, parts: Parts, report: Report) -> bool:
        verdict = compare(self.ledger, self._found(parts))
        self._keep(parts, verdict)
        for difference in verdict.differences[:_SHOWN]:
            self.say(str(difference))
        if len(verdict.differences) > _SHOWN:
            self.say(f"… and {len(verdict.differences) - _SHOWN} more, in differences.txt")
        self.say(f"Replay: {report.replay()}; what happened and when: {self.record.path}")
        problems = self._unfinished(parts) + report.missing()
        self.say(report.line(verdict, problems, time.monotonic() - self._started))
        return not (verdict.differences or problems)

    def _found(self, parts: Parts) -> Found:
        tickets = read_tickets(self.machine.functions(), self.plan.assets)
        types = {(asset.connection, asset.project, asset.work_item_type) for asset in self.plan.assets}
        return Found(
            items=read_items(self.machine.control(), self.machine.categories(types)),
            tickets=tickets,
            rows=read_rows(self.machine.storage),
            updates=parts.updates.all(),
            contradictions=parts.updates.contradictions,
        )

    def _keep(self, parts: Parts, verdict: Verdict) -> None:
        differences = "".join(f"{difference}\n" for difference in verdict.differences)
        (self.folder / "differences.txt").write_text(differences, encoding="utf-8")
        for name, content in (("ledger.json", self.ledger.view()), ("updates.json", parts.updates.all())):
            text = json.dumps(content, ensure_ascii=False, default=str)
            (self.folder / name).write_text(text, encoding="utf-8")

    def _unfinished(self, parts: Parts) -> list[str]:
        unfinished = [f"{len(self.crashes)} parts broke off"] if self.crashes else []
        unfinished += [f"{parts.traffic.left} snapshots not sent"] if parts.traffic.left else []
        return unfinished + ([] if self.drained else ["not drained"])

    def _tell(self, text: str) -> None:
        self.say(f"{time.monotonic() - self._started:6.1f} s  {text}")
