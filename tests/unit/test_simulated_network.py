"""What the simulated network does to service hooks."""

import pytest

from local.simulators.azure_devops.network import Fate, Network

COUNT = 2000


def test_as_it_is_everything_arrives_once_and_at_once() -> None:
    assert {Network.read(None).fate(number) for number in range(50)} == {Fate()}


def test_shares_and_delays_are_as_asked_for_and_the_same_for_the_same_seed() -> None:
    network = Network.read({"drop": 0.1, "duplicate": 0.3, "delay": [1, 2], "seed": "7"})
    fates = [network.fate(number) for number in range(COUNT)]

    assert 0.07 < sum(fate.lost for fate in fates) / COUNT < 0.13
    assert 0.26 < sum(fate.twice for fate in fates) / COUNT < 0.34
    assert all(1 <= fate.delay <= 2 for fate in fates)
    assert [network.fate(number) for number in range(COUNT)] == fates
    assert [Network.read({"drop": 0.1, "seed": "8"}).fate(number).lost for number in range(COUNT)] != [
        fate.lost for fate in fates
    ]


@pytest.mark.parametrize("asked", [{"lose": 1}, {"drop": "often"}, {"delay": [1]}])
def test_what_it_does_not_know_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Network.read(asked)
