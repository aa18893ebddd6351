"""What 10,000 tickets and an idle month cost, and what gives first with 10, 1,000 and 100,000 tenants: `make scale`.

Requests are counted on this machine, with Azurite and the simulators, one process doing what triggers do; limits and
prices are those that `limits.py` and `prices.json` name. Nothing here is a measurement of Azure.
"""

import argparse
import json
import logging
import os
import secrets
import tempfile
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from azure.data.tables import TableClient
from azure.storage.queue import QueueClient

from bench.counting import KINDS, Requests
from bench.limits import Costs, Load, dollars, telemetry_gigabytes, uses
from local.stack import Stack
from shared.services import Services
from shared.tickets.lanes.wake_ups import read_until
from shared.tickets.observing.hook_events import HookEvent
from shared.tickets.rows import keys
from shared.tickets.upkeep.rounds import Round
from shared.tickets.vulnerabilities.scans import Report, Scan
from shared.tickets.vulnerabilities.snapshots import read_snapshot
from tests.functional.bridge import Bridge

TENANTS = (10, 1_000, 100_000)
MONTH = 30 * 86_400
TURNS = {
    "sweep": MONTH / 60,
    "reconcile": MONTH / 900,
    "doctor": MONTH / 3600,
    "verify": 30.0,
    "rights": 30.0,
    "count": MONTH / 3600,
}
_PRICES = json.loads((Path(__file__).parent / "prices.json").read_text())


class Bench:
    """One process that does what the triggers of the core do, and is counted."""

    def __init__(self, stack: Stack, bridge: Bridge) -> None:
        environment = stack._host_environment()
        os.environ.update(environment)
        self.stack = stack
        self.bridge = bridge
        self.services = Services(environment)
        self.queue = QueueClient.from_connection_string(stack.addresses.storage_connection_string, "ticket-work")

    @classmethod
    def alone(cls, stack: Stack) -> "Bench":
        """Return one that is the only process to work, and has read what is read once per process."""
        logging.disable()
        bridge = Bridge.fresh(stack)
        stack.kill("functions")
        bench = cls(stack, bridge)
        bench.take(1)
        bench.drain()
        return bench

    def first_ticket(self) -> str:
        """Return the key of the only ticket that there is."""
        with TableClient.from_connection_string(self.stack.addresses.storage_connection_string, "tickets") as table:
            (row,) = table.query_entities("RowKey ge 't|' and RowKey lt 't|~'", select=["RowKey"])
        return keys.ticket_of_row(row["RowKey"])

    def count(self, what: Callable[[], object]) -> Requests:
        """Do something and count what it asks for."""
        found = Requests(self.stack)
        with found.counting():
            what()
        return found

    def take(self, number: int, names: Sequence[str] = ()) -> None:
        """Take a report of so many vulnerabilities: of other ones than before, or of these."""
        name = secrets.token_hex(4)
        found = [read_snapshot(self.bridge.snapshot(one)) for one in names or [f"{name}-{at}" for at in range(number)]]
        self.services.take_report(Report((Scan(),), lambda: ((Scan(), one) for one in found)), secrets.token_hex(16))

    def drain(self) -> tuple[Requests, int]:
        """Do all that waits on `ticket-work`; also how many messages that were. The host's own requests come on top."""
        counted, messages = Requests(self.stack), 0
        while page := next(self.queue.receive_messages(messages_per_page=32).by_page(), None):
            waiting = list(page)
            if not waiting:
                break
            for message in waiting:
                self.queue.delete_message(message)
                with counted.counting():
                    self._work(json.loads(b64decode(message.content)))
                messages += 1
        return counted, messages

    def _work(self, message: Mapping[str, Any]) -> None:
        if "round" in message:
            self.services.rounds.run(message)
        else:
            self.services.work.lane(message["connection"], message["lane"], read_until(message))

    def hear(self, number: int) -> Requests:
        """Take in one event for each of so many work items, which somebody has begun to work on."""
        items = self.bridge.work_items()[:number]
        for item in items:
            self.bridge.act(item["id"], state="Doing")
        events = [
            HookEvent(
                *(self.bridge.name, "updated", item["id"], item["rev"] + 1, "Web Shop", "Ada"),
                *(item["fields"]["System.WorkItemType"], "Doing", "", "Phoenix_Security"),
            )
            for item in items
        ]
        counted = Requests(self.stack)
        with counted.counting():
            for event in events:
                self.services.observe.event(event)
        return counted


def table(counts: Mapping[str, float]) -> str:
    """One line of figures."""
    return " ".join(f"{counts[kind]:>12,.2f}" for kind in KINDS)


def main() -> None:
    """Count, compute and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000, help="how many are made to be counted")
    parser.add_argument("--tickets-per-day", type=float, default=50.0, help="of one tenant")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder), time_scale=1, in_memory_storage=True) as stack:
        counted(Bench.alone(stack), options.tickets, options.tickets_per_day)


def counted(bench: Bench, number: int, per_day: float) -> None:
    """Count with one connection that is there, and print all that follows from it."""
    taking = bench.count(lambda: bench.take(number))
    working, messages = bench.drain()
    hearing = bench.hear(min(number, 100))
    bench.services.rounds.start(Round.RECONCILE)  # the feed tells of what was just made: no idle connection has that
    bench.drain()
    (connection,) = bench.services.connections.all()
    idle = {"sweep": bench.count(lambda: bench.services.sweep._sweep(connection))}
    rounds: dict[str, Callable[[], object]] = {what.value: partial(bench.services.rounds.start, what) for what in Round}
    for name, start in {**rounds, "count": bench.services.counting.start}.items():
        started = bench.count(start)
        done, _ = bench.drain()
        started.counts.update(done.counts)
        idle[name] = started

    whole = {kind: (taking.counts[kind] + working.counts[kind]) / number for kind in KINDS}
    whole["queue"] += 2 * messages / number  # the host receives and deletes each
    event = {**hearing.each(min(number, 100))}
    event["queue"] += 3  # the edge puts it, the host receives and deletes it
    print(f"{'requests':<34} " + " ".join(f"{kind:>12}" for kind in KINDS))
    print(f"{'for each of ' + format(number, ',') + ' new tickets':<34} {table(whole)}")
    print(f"{'for each event of a hook':<34} {table(event)}")
    for name, found in idle.items():
        print(f"{'one ' + name + ', one idle connection':<34} {table(found.each(1))}")
    print(f"messages on ticket-work: {messages} for {number:,} tickets\n")
    _print_dollars(whole, event, {name: found.each(1) for name, found in idle.items()}, messages / number)
    sweep, reconcile = idle["sweep"].each(1), idle["reconcile"].each(1)
    _print_limits(Costs(whole, event, sweep, reconcile, messages / number), per_day)


def _print_dollars(
    ticket: Mapping[str, float], event: Mapping[str, float], idle: Mapping[str, Mapping[str, float]], messages: float
) -> None:
    prices = {name: one["usd"] for name, one in _PRICES.items() if isinstance(one, dict)}
    unread = [name for name, one in _PRICES.items() if isinstance(one, dict) and not one["read_on"]]
    load, number = Load(1), 10_000
    made = {kind: number * (ticket[kind] + load.events_per_ticket * event[kind]) for kind in KINDS}
    executions = number * (messages + 2 * load.events_per_ticket)  # an event is one of the edge and one of the core
    seconds = made["azure_devops"] * load.azure_devops + (made["table"] + made["queue"]) * load.round_trip
    print(f"10,000 tickets with {load.events_per_ticket:.0f} events each: {executions:,.0f} executions, ", end="")
    print(f"at most {seconds:,.0f} s, {dollars(made, executions, seconds, prices):.2f} USD", end="")
    _print_telemetry(telemetry_gigabytes(executions, made["azure_devops"], load), prices)
    month = {kind: sum(TURNS[name] * counts[kind] for name, counts in idle.items()) for kind in KINDS}
    turns = sum(TURNS.values()) * 2  # a timer and a message
    billed = turns * 1.0  # an execution is billed for a second at least
    print(
        f"idle month, one connection: {turns:,.0f} executions, {dollars(month, turns, billed, prices):.2f} USD", end=""
    )
    _print_telemetry(telemetry_gigabytes(turns, month["azure_devops"], load), prices)
    if unread:
        print(f"UNVERIFIED prices, not read from their pages: {', '.join(unread)}")


def _print_telemetry(gigabytes: float, prices: Mapping[str, float]) -> None:
    print(f", and {gigabytes:.2f} GB of telemetry, {gigabytes * prices['telemetry_gb']:.2f} USD")


def _print_limits(costs: Costs, per_day: float) -> None:
    for tenants in TENANTS:
        print(f"\n{tenants:,} tenants, {per_day:.0f} new tickets a day each, ten times the mean at the peak")
        found = sorted(uses(costs, Load(tenants, per_day)), key=lambda use: -use.used)
        for use in found[:5]:
            print(f"  {use.used:>9.1%}  {use.part:<42} {use.what}")


if __name__ == "__main__":
    main()
