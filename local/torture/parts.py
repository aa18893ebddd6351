"""The parts of a run, made for one machine and one plan."""

from collections.abc import Callable
from dataclasses import dataclass

from local.torture.chaos import Chaos
from local.torture.faults import Durations
from local.torture.kills import Kills
from local.torture.ledger import Ledger
from local.torture.machine import Machine
from local.torture.messages import Messages
from local.torture.options import Options
from local.torture.people import People
from local.torture.plan import Plan
from local.torture.record import Record
from local.torture.settling import Settling
from local.torture.traffic import Traffic
from local.torture.updates import Updates

_LEASE, _REQUEST = 300.0, 100.0
"""The bridge's real durations of a lease and of a request, in seconds."""
_BEYOND = 1200
"""Milliseconds of latency for each second of a request: a fifth longer than it may take."""
_RESTARTS, _RESTART_AT_MOST_EVERY = 10, 45.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What goes on at the same time; nothing of it is started here."""

    traffic: Traffic
    people: People
    updates: Updates
    chaos: Chaos
    kills: Kills
    messages: Messages
    settling: Settling

    @classmethod
    def make(
        cls, options: Options, plan: Plan, ledger: Ledger, machine: Machine, record: Record, tell: Callable[[str], None]
    ) -> "Parts":
        """Return the parts of a run; the machine must be running."""
        storage, control, functions, seed = machine.storage, machine.control(), machine.functions(), options.seed
        updates, chaos = Updates(storage), _chaos(options, machine, record)
        people = People(
            plan=plan,
            ledger=ledger,
            updates=updates,
            control=control,
            states=machine.states,
            record=record,
            seconds=options.duration,
        )
        lease = _LEASE * options.time_scale
        return cls(
            traffic=Traffic(plan, ledger, functions, storage, record, options.duration),
            people=people,
            updates=updates,
            chaos=chaos,
            kills=Kills(machine, record, seed, lease, chaos.storage_steady, options.duration, options.kills),
            messages=Messages(storage, record, seed),
            settling=Settling(storage, control, functions, tell),
        )


def _chaos(options: Options, machine: Machine, record: Record) -> Chaos:
    scale = options.time_scale
    return Chaos(
        machine=machine,
        control=machine.control(),
        record=record,
        seed=options.seed,
        drops=options.drops,
        durations=Durations(longest_latency=int(_REQUEST * scale * _BEYOND), lease=_LEASE * scale),
        storage_every=max(_RESTART_AT_MOST_EVERY, options.duration / _RESTARTS),
    )
