"""The protections of the protocols, each with what takes it away and what must fail then."""

from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_KILLS = "tests/functional/kills/test_kill_matrix.py"
_FREEZES = "tests/functional/kills/test_freeze_matrix.py"


@dataclass(frozen=True, slots=True)
class Edit:
    """One place in a file of `shared/tickets`: `old` stands there exactly once."""

    file: str
    old: str
    new: str

    @property
    def path(self) -> Path:
        return Path("shared/tickets") / self.file


@dataclass(frozen=True, slots=True)
class Mutation:
    """A protection, what removes it, and the matrix that must fail then, in flows that begin so."""

    protection: str
    edits: tuple[Edit, ...]
    test: str
    flows: str


MUTATIONS = (
    Mutation(
        "fence of what is written",
        (
            Edit(
                "updates/journal.py",
                '_Step(lease.operation(), "lease")',
                '_Step(replace(lease.operation(), etag=ANY), "lease")',
            ),
        ),
        _FREEZES,
        "resolve: the next one dies",
    ),
    Mutation(
        "fence of what is about to be sent",
        (
            Edit(
                "work/lane.py", "[self.lease.operation(), *(put(", '[replace(self.lease.operation(), etag="*"), *(put('
            ),
        ),
        _FREEZES,
        "work: patch, taken back",
    ),
    Mutation(
        "look-up before a create is repeated",
        (
            Edit(
                "life/plan.py",
                "    if ticket.attempt:\n        return Look()",
                "    if ticket.attempt:\n        return Create()",
            ),
        ),
        _KILLS,
        "work: create",
    ),
    Mutation(
        "second look-up",
        (
            Edit(
                "work/resolving.py",
                'lambda ticket: looked_in_vain(ticket, asked_at), change="", by="")])\n'
                "            self.lane.defer(job.pending, times.look_ups_apart)",
                'not_created, change="", by="")])',
            ),
        ),
        _FREEZES,
        "work: create, looked for once",
    ),
    Mutation(
        "If-Match on the pending row",
        (Edit("updates/journal.py", "tables.delete(done.key, done.etag)", "tables.delete(done.key, ANY)"),),
        _FREEZES,
        "work: create, a newer one comes",
    ),
    Mutation(
        "watermark of revisions",
        (
            Edit("observing/observe.py", "0 < event.revision <= known.revision", "event.revision < 0"),
            Edit(
                "life/transitions.py",
                "replace(ticket, work_item=item, failure=failure) if is_news else ticket",
                "replace(ticket, work_item=item, failure=failure)",
            ),
        ),
        _FREEZES,
        "observe: a later event",
    ),
    Mutation(
        "outbox: sent before it is deleted",
        (
            Edit(
                "updates/outbox.py",
                "        for message in found.messages if found else ():\n"
                "            self.updates.send_text(message)\n",
                "",
            ),
            Edit(
                "updates/outbox.py",
                "            if sent is None or self._ended(connection, sent):\n                return\n",
                "            if sent is None:\n                return\n            if self._ended(connection, sent):\n"
                "                for message in sent.messages:\n                    self.updates.send_text(message)\n"
                "                return\n",
            ),
        ),
        _KILLS,
        "observe: updated",
    ),
    Mutation(
        "outbox: written with the history",
        (
            Edit(
                "updates/journal.py",
                "                etags = self.table.transact(connection, [step.operation for step in steps])\n",
                '                later = [step for step in steps if step.part == "outbox"]\n'
                "                steps = [*(step for step in steps if step not in later), *later]\n"
                "                first = [step.operation for step in steps[: len(steps) - len(later)]]\n"
                "                etags = [*self.table.transact(connection, first)]\n"
                "                etags += [self.table.write(connection, step.operation) for step in later]\n",
            ),
        ),
        _KILLS,
        "observe: updated",
    ),
    Mutation(
        "sweep: wake-ups",
        (Edit("upkeep/sweep.py", "            self.wake(connection.name)", "            pass"),),
        _KILLS,
        "accept: new",
    ),
    Mutation(
        "sweep: unsent history",
        (Edit("upkeep/sweep.py", "self.outbox.send_forgotten(connection.name, older_than=self.times.retry)", "pass"),),
        _KILLS,
        "observe: updated",
    ),
    Mutation(
        "If-Match on the ticket",
        (
            Edit(
                "updates/journal.py",
                "tables.replace(row, values, stored.etag)",
                "tables.replace(row, values, ANY)",
            ),
        ),
        _FREEZES,
        "work: patch, a person edits",
    ),
    Mutation(
        "revision that a patch tests",
        (Edit("work/changing.py", "[test_revision(edit.item.revision), *edit.operations()]", "edit.operations()"),),
        _FREEZES,
        "work: patch, a person edits",
    ),
    Mutation(
        "announcement of patches",
        (Edit("work/changing.py", "[edit.announced() for edit in edits]", "[edit.job.ticket for edit in edits]"),),
        _FREEZES,
        "work: patch, taken over",
    ),
    Mutation(
        "memory of a patch without an answer",
        (Edit("life/patches.py", "sending=None if was_sent else ticket.sending", "sending=None"),),
        _FREEZES,
        "work: patch, taken back",
    ),
    Mutation(
        "healing of duplicates",
        (
            Edit(
                "work/healing.py",
                "            if item and not self._removed(job, item, own_revision):",
                "            if item is None:",
            ),
        ),
        _FREEZES,
        "work: create, taken over",
    ),
    Mutation(
        "token of the feed: moved on last",
        (
            Edit(
                "upkeep/reconcile.py",
                "            self._take_in(connection, batch)\n"
                "            if not self._advanced(connection.name, project, row, batch) or batch.last:\n",
                "            moved = self._advanced(connection.name, project, row, batch)\n"
                "            self._take_in(connection, batch)\n"
                "            if not moved or batch.last:\n",
            ),
        ),
        _KILLS,
        "reconcile",
    ),
)
