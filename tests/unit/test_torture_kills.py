"""How long hosts live in a torture run, and how often it reconciles."""

import pytest

from local.torture.kills import life
from local.torture.machine import HOSTS, Machine


def test_the_kills_that_are_asked_for_are_spread_over_the_time_that_is_left() -> None:
    start, misses = 2.5, 1.2
    kills = len(HOSTS) * 1500 / (life(1500, 150) + start)

    assert round(kills) == round(150 * misses)
    assert life(750, 75) == life(1500, 150)
    assert life(750, 30) > life(750, 75)


def test_a_host_lives_for_a_moment_at_least() -> None:
    assert life(0, 3) == life(-100, 3) == life(1, 1_000) == 1.0


@pytest.mark.parametrize(
    ("scale", "seconds", "verified"),
    [(0.002, 5, "*/20 * * * * *"), (0.02, 10, "*/40 * * * * *"), (1, 30, "0 */2 * * * *")],
)
def test_timers_fire_as_often_as_the_time_scale_says(scale: float, seconds: int, verified: str) -> None:
    assert Machine.schedules(scale) == {
        "RECONCILE_SCHEDULE": f"*/{seconds} * * * * *",
        "VERIFY_SCHEDULE": verified,
    }
    assert Machine.round(scale) == seconds
