"""What gives first, and when: counted requests against the limits of each part. Pure, so that anybody can try figures.

Limits: https://learn.microsoft.com/azure/storage/tables/scalability-targets, .../queues/scalability-targets,
https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.tickets.upkeep.sweep import AT_ONCE

ACCOUNT_PER_SECOND = 20_000
QUEUE_PER_SECOND = 2_000
PARTITION_PER_SECOND = 2_000
TIMEOUT = 600.0
"""Seconds that a function may take: host.json."""
INSTANCES = 40
"""Of the template; Flex Consumption allows 1,000, if the subscription's quota of cores does."""
THREADS = 24
"""Messages of one queue that one instance takes at once: batch size and threshold."""
SWEEP_EVERY, RECONCILE_EVERY = 60.0, 900.0
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Costs:
    """Requests by kind, as counted: for a new ticket, an event of a hook, and a connection in one turn of a timer."""

    ticket: Mapping[str, float]
    event: Mapping[str, float]
    sweep: Mapping[str, float]
    reconcile: Mapping[str, float]
    messages_per_ticket: float


@dataclass(frozen=True, slots=True)
class Load:
    """What is assumed of tenants, of whom each has one connection, and of Azure."""

    tenants: int
    tickets_per_day: float = 50.0
    events_per_ticket: float = 3.0
    peak: float = 10.0
    """How many times the mean the busiest minutes have."""
    round_trip: float = 0.005
    """Seconds that storage takes to answer."""
    azure_devops: float = 0.2
    """Seconds that Azure DevOps takes to answer."""
    telemetry_item: float = 1_500
    """Bytes that a request, a line or a call takes in Log Analytics."""


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a limit is used; 1 is all of it."""

    part: str
    used: float
    what: str


def uses(costs: Costs, load: Load) -> Iterator[Use]:
    """Yield each limit, in no order."""
    tickets = load.tenants * load.tickets_per_day / DAY * load.peak
    events = tickets * load.events_per_ticket
    together = min(load.tenants, AT_ONCE)
    sweeping = (together * _storage(costs.sweep) + load.tenants / AT_ONCE) * load.round_trip
    rounds = load.tenants / RECONCILE_EVERY
    yield Use("sweep, its timer", sweeping / SWEEP_EVERY, f"{sweeping:.1f} s of the 60 s until the next")
    starting = load.tenants * load.round_trip
    yield Use("starting the rounds of all connections", starting / TIMEOUT, f"{starting:.1f} s of {TIMEOUT:.0f} s")
    work = tickets * costs.messages_per_ticket + rounds + load.tenants / AT_ONCE / SWEEP_EVERY
    yield Use("queue ticket-work", work / QUEUE_PER_SECOND, f"{work:.1f} messages/s of {QUEUE_PER_SECOND:,}")
    yield Use(
        "queue service-hook-events", events / QUEUE_PER_SECOND, f"{events:.1f} messages/s of {QUEUE_PER_SECOND:,}"
    )
    yield Use("queue ticket-updates", (tickets + events) / QUEUE_PER_SECOND, f"{tickets + events:.1f} messages/s")
    requests = (
        tickets * _storage(costs.ticket)
        + events * _storage(costs.event)
        + rounds * _storage(costs.reconcile)
        + load.tenants * _storage(costs.sweep) / SWEEP_EVERY
    )
    yield Use("storage account", requests / ACCOUNT_PER_SECOND, f"{requests:,.0f} requests/s of {ACCOUNT_PER_SECOND:,}")
    reads = work + events + load.tenants / SWEEP_EVERY / 1000
    yield Use(
        "table connections, one partition",
        reads / PARTITION_PER_SECOND,
        f"{reads:.1f} reads/s of {PARTITION_PER_SECOND:,}",
    )
    own = (tickets * costs.ticket["table"] + events * costs.event["table"]) / load.tenants
    yield Use(
        "one tenant's partition of tickets",
        own / PARTITION_PER_SECOND,
        f"{own:.2f} requests/s of {PARTITION_PER_SECOND:,}",
    )
    busy = tickets * _seconds(costs.ticket, load) + events * _seconds(costs.event, load)
    busy += rounds * _seconds(costs.reconcile, load)
    busy += load.tenants / SWEEP_EVERY * _seconds(costs.sweep, load)
    yield Use("instances of the core", busy / THREADS / INSTANCES, f"{busy / THREADS:.2f} of {INSTANCES} busy")


def _storage(costs: Mapping[str, float]) -> float:
    return costs["table"] + costs["queue"] + costs["blob"]


def _seconds(costs: Mapping[str, float], load: Load) -> float:
    return _storage(costs) * load.round_trip + costs["azure_devops"] * load.azure_devops


def telemetry_gigabytes(executions: float, calls: float, load: Load) -> float:
    """Return the GB in Log Analytics: a request and a line of each execution, and each call to Azure DevOps."""
    return (2 * executions + calls) * load.telemetry_item / 1e9


def dollars(counts: Mapping[str, float], executions: float, seconds: float, prices: Mapping[str, float]) -> float:
    """What requests, executions and the time of an instance of 2 GB cost."""
    return (
        counts["table"] / 1e4 * prices["table_operations_10k"]
        + counts["queue"] / 1e4 * prices["queue_operations_10k"]
        + counts["blob"] / 1e4 * prices["blob_operations_10k"]
        + counts["vault"] / 1e4 * prices["secret_operations_10k"]
        + executions / 1e6 * prices["executions_1m"]
        + seconds * 2 * prices["gb_seconds"]
    )
