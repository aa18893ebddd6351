"""Kills hosts at random moments, starts them again, and finds out which kills hit one that held a lane's lease.

Who is dead writes nothing any more. A lease that was held when a host was killed, and whose row then stays as it was
until the lease is over, was the dead one's: a living owner renews it with each write, or releases it.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import requests
from azure.core.exceptions import AzureError
from azure.data.tables import TableClient

from local.processes import StartError
from local.torture.machine import HOSTS, Machine
from local.torture.plan import chance
from local.torture.record import Record
from local.vault import VaultError

_PATIENCE = 2.0
_LOOK_EVERY = 0.4
_MARGIN = 1.0
_AROUND = (0.4, 1.6)
_MISSES, _START = 1.2, 2.5
"""How many kills make a hit, and seconds that a start takes."""
_SHORTEST_LIFE = 1.0

type Held = dict[tuple[str, str], str]
"""The etags of the rows of leases that have an owner, by connection and row."""


@dataclass
class Kills:
    """One thread for each host, until `stop`."""

    machine: Machine
    record: Record
    seed: int
    lease: float
    """Seconds."""
    steady: threading.Lock
    seconds: float
    """In which `wanted` kills are to hit."""
    wanted: int
    count: int = 0
    hits: int = 0
    _counted: set[tuple[str, str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _judges: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        for name in HOSTS:
            thread = threading.Thread(target=self._run, args=(name,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Return when both hosts run again and the last hits are counted."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        for judge in self._judges:
            judge.join()

    def _run(self, name: str) -> None:
        dice = chance(self.seed, f"kills of {name}")
        table = TableClient.from_connection_string(self.machine.storage, "tickets", retry_total=1)
        begun, start = time.monotonic(), 0.0
        # On a slow machine a host that lived no longer than its start took would do nothing at all.
        while not self._ended.wait(max(self._life(time.monotonic() - begun), 2 * start) * dice.uniform(*_AROUND)):
            self._until_somebody_works(table)
            time.sleep(dice.uniform(0, 0.3))
            start = self._kill(name, table)

    def _life(self, passed: float) -> float:
        missing = self.wanted - self.hits
        return life(self.seconds - passed, missing) if missing > 0 else life(self.seconds, self.wanted)

    def _until_somebody_works(self, table: TableClient) -> None:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and not self._ended.is_set():
            if held(table, self._lately()):
                return
            time.sleep(_LOOK_EVERY)

    def _kill(self, name: str, table: TableClient) -> float:
        """Kill a host and start it again; return how many seconds the start took."""
        with self.steady:
            self.machine.stack.kill(name)
            died_at = datetime.now(UTC)
            left = held(table, self._lately())
        self.count += 1
        self.record("killed", host=name, held=len(left))
        # The verdict takes as long as a lease; the next death need not wait for it.
        judge = threading.Thread(target=self._judge, args=(name, left, died_at), daemon=True)
        self._judges.append(judge)
        judge.start()
        since = time.monotonic()
        self._start_again(name)
        return time.monotonic() - since

    def _start_again(self, name: str) -> None:
        while True:
            try:
                self.machine.start_host(name)
            except (StartError, VaultError, requests.RequestException) as error:
                self.record("not started", host=name, why=str(error)[:500])
                self.machine.stack.kill(name)
                time.sleep(1)
            else:
                return

    def _judge(self, name: str, left: Held, died_at: datetime) -> None:
        table = TableClient.from_connection_string(self.machine.storage, "tickets", retry_total=1)
        while left:
            time.sleep(self.lease / 6)
            now = held(table, datetime.min.replace(tzinfo=UTC))
            if datetime.now(UTC) > died_at + timedelta(seconds=self.lease - _MARGIN):
                break
            left = {row: etag for row, etag in left.items() if now.get(row) == etag or not now}
        fresh = self._new((*row, etag) for row, etag in left.items())
        if fresh:
            with self._lock:
                self.hits += 1
            self.record("hit", host=name, lanes=fresh)

    def _lately(self) -> datetime:
        """Leases that were written before this moment are over: somebody left them long ago."""
        return datetime.now(UTC) - timedelta(seconds=self.lease - _MARGIN)

    def _new(self, rows: Iterable[tuple[str, str, str]]) -> int:
        """Count each lease for one kill only: the other host may have died in the same moment."""
        with self._lock:
            fresh = set(rows) - self._counted
            self._counted |= fresh
        return len(fresh)


def life(seconds: float, hits: int) -> float:
    """Return how many seconds a host lives on average for so many hits in so many seconds, evenly spread.

    Each death keeps a lane from being worked on for as long as a lease: more of them than are asked for are no harder
    test, only a slower one.
    """
    return max(_SHORTEST_LIFE, seconds * len(HOSTS) / (max(1, hits) * _MISSES) - _START)


def held(table: TableClient, since: datetime) -> Held:
    """Return the leases that somebody has, written since a moment; none while storage is away."""
    found: Held = {}
    try:
        query = "RowKey ge 'l|' and RowKey lt 'l|~' and owner ne ''"
        for row in table.query_entities(query, select=["PartitionKey", "RowKey", "Timestamp"]):
            if (row.metadata["timestamp"] or since) > since:
                found[str(row["PartitionKey"]), str(row["RowKey"])] = str(row.metadata["etag"])
    except AzureError:
        return {}
    return found
