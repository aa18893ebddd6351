"""Breaks the surroundings: faults of Azure DevOps, its batch mode, deliveries of hooks, and storage that restarts."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from local.processes import StartError
from local.torture.clients import Control, UnavailableError
from local.torture.faults import LATE_CREATE, Durations, faults
from local.torture.machine import Machine
from local.torture.plan import CONNECTIONS, chance
from local.torture.record import Record

_WAITING_AT_ONCE = 24
_ARM_EVERY = 0.25
_STALE_AFTER = 40
_SWITCH_EVERY = (4.0, 15.0)
_STORAGE_AROUND = (0.5, 1.5)
_HOOK_DELAYS = (0.0, 3.0)
_TWICE = 0.1


@dataclass
class Chaos:
    """Three threads of trouble, until `stop`."""

    machine: Machine
    control: Control
    record: Record
    seed: int
    drops: float
    durations: Durations
    storage_every: float
    """Seconds between two restarts of storage, on average: each takes several."""
    happened: dict[str, int] = field(default_factory=dict)
    restarts: int = 0
    switches: int = 0
    storage_steady: threading.Lock = field(default_factory=threading.Lock)
    """Held while storage is away, and by whoever needs it to be there."""
    _ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        network = {"drop": self.drops, "duplicate": _TWICE, "delay": list(_HOOK_DELAYS), "seed": str(self.seed)}
        self.control.ask("POST", "settings", {"hooks": network})
        for run in (self._arm, self._switch, self._restart_storage):
            thread = threading.Thread(target=run, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End, and let Azure DevOps and its hooks be as they should."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self._look()
        self.control.ask("DELETE", "faults")
        self.control.ask("POST", "settings", {"hooks": {}})

    @property
    def faults(self) -> int:
        """How many faults met their request."""
        return sum(self.happened.values())

    @property
    def late_creates(self) -> int:
        """How many creates were carried out late."""
        return self.happened.get(LATE_CREATE, 0)

    def _arm(self) -> None:
        coming = faults(chance(self.seed, "faults"), self.durations)
        rounds = 0
        while not self._ended.wait(_ARM_EVERY):
            rounds += 1
            try:
                waiting = self._look()
                if rounds % _STALE_AFTER == 0:  # those whose requests are rare would take all places
                    self.control.ask("DELETE", "faults")
                    waiting = 0
                for _ in range(_WAITING_AT_ONCE - waiting):
                    fault = next(coming)
                    self.control.ask("POST", "faults", fault)
                    self.record("fault", **fault)
            except UnavailableError:
                continue

    def _look(self) -> int:
        found: dict[str, Any] = self.control.ask("GET", "faults")
        self.happened = found["happened"]
        return len(found["faults"])

    def _switch(self) -> None:
        dice = chance(self.seed, "batch modes")
        while not self._ended.wait(dice.uniform(*_SWITCH_EVERY)):
            organisation, mode = dice.choice(CONNECTIONS), dice.choice(("independent", "atomic"))
            self.control.ask("POST", "settings", {"organization": organisation, "batch": mode})
            self.switches += 1
            self.record("batch mode", organisation=organisation, mode=mode)

    def _restart_storage(self) -> None:
        dice = chance(self.seed, "storage")
        while not self._ended.wait(self.storage_every * dice.uniform(*_STORAGE_AROUND)):
            with self.storage_steady:
                self._storage_again()
            self.restarts += 1
            self.record("storage restarted")

    def _storage_again(self) -> None:
        """Until it is there: that it does not start says something of the machine, and nothing of the bridge."""
        while True:
            try:
                self.machine.stack.restart("azurite")
            except StartError as error:
                self.record("storage not restarted", why=str(error)[:500])
                time.sleep(1)
            else:
                return
