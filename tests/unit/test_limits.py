"""What gives first: arithmetic over counted requests."""

import pytest

from bench.limits import Costs, Load, dollars, telemetry_gigabytes, uses

NOTHING = dict.fromkeys(("table", "queue", "blob", "vault", "azure_devops", "other"), 0.0)
COSTS = Costs(
    ticket={**NOTHING, "table": 4, "queue": 2, "azure_devops": 1},
    event={**NOTHING, "table": 5, "queue": 3},
    sweep={**NOTHING, "table": 3},
    reconcile={**NOTHING, "table": 2, "queue": 1},
    messages_per_ticket=0.1,
)


def used(load: Load) -> dict[str, float]:
    return {use.part: use.used for use in uses(COSTS, load)}


def test_a_sweep_asks_a_thousand_connections_itself_and_has_the_others_asked() -> None:
    """3 requests of 5 ms for each of 1,000 are a quarter of the minute; 100 pages of names more are half a second."""
    assert used(Load(1_000))["sweep, its timer"] == pytest.approx(15.005 / 60)
    assert used(Load(100_000))["sweep, its timer"] == pytest.approx(15.5 / 60)


def test_a_queue_takes_two_thousand_messages_a_second() -> None:
    """864 tickets a day of each tenant are 10 a second of all, 100 in the busiest minutes, with 3 events each."""
    load = Load(1_000, tickets_per_day=864)

    assert used(load)["queue service-hook-events"] == pytest.approx(100 * 3 / 2_000)
    assert used(load)["queue ticket-work"] == pytest.approx((100 * 0.1 + 1_000 / 900 + 1 / 60) / 2_000)


def test_what_one_tenant_has_to_itself_does_not_depend_on_the_others() -> None:
    part = "one tenant's partition of tickets"

    assert used(Load(10))[part] == used(Load(100_000))[part] > 0


def test_a_bill_adds_up() -> None:
    prices = {
        "table_operations_10k": 1.0,
        "queue_operations_10k": 10.0,
        "blob_operations_10k": 100.0,
        "secret_operations_10k": 1_000.0,
        "executions_1m": 10_000.0,
        "gb_seconds": 100_000.0,
    }
    counts = {**NOTHING, "table": 1e4, "queue": 1e4, "blob": 1e4, "vault": 1e4}

    assert dollars(counts, executions=1e6, seconds=0.5, prices=prices) == pytest.approx(111_111.0)


def test_telemetry_is_a_request_and_a_line_of_each_execution_and_each_call() -> None:
    assert telemetry_gigabytes(1e6, 5e5, Load(1, telemetry_item=1_000)) == pytest.approx(2.5)
