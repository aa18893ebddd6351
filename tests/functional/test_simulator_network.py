"""Service hooks of the simulator that are lost, repeated and delayed on their way, and faults that are counted."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.simulated_azure_devops import Organization, Receiver, receiver, simulator, until


@pytest.fixture
def organization(tmp_path: Path) -> Iterator[Organization]:
    with simulator(tmp_path / "state.db") as base, Organization(base) as organization:
        yield organization


@pytest.fixture
def hook(organization: Organization) -> Iterator[Receiver]:
    with receiver() as receiving:
        organization.subscribe("workitem.created", receiving.url)
        yield receiving


def deliveries(organization: Organization, result: str, count: int) -> dict[str, Any] | None:
    found: dict[str, Any] = organization.control("GET", "deliveries")
    return found if found[result] == count and not found["pending"] else None


def test_what_is_lost_never_comes_and_is_counted(organization: Organization, hook: Receiver) -> None:
    organization.control("POST", "settings", {"hooks": {"drop": 1}})
    organization.create()
    assert until(lambda: deliveries(organization, "lost", 1)) == {"pending": 0, "lost": 1, "failed": 0, "succeeded": 0}

    organization.control("POST", "settings", {"hooks": {}})
    organization.create()
    assert until(lambda: deliveries(organization, "succeeded", 1))
    assert len(hook.got) == 1


def test_what_is_repeated_comes_twice_the_same(organization: Organization, hook: Receiver) -> None:
    organization.control("POST", "settings", {"hooks": {"duplicate": 1}})
    organization.create()
    until(lambda: deliveries(organization, "succeeded", 1))

    first, second = hook.events()
    assert first == second


def test_what_is_delayed_comes_later(organization: Organization, hook: Receiver) -> None:
    organization.control("POST", "settings", {"hooks": {"delay": [0.4, 0.5]}})
    started = time.monotonic()
    organization.create()
    until(lambda: hook.got)

    assert time.monotonic() - started >= 0.4


def test_a_wrong_setting_is_refused(organization: Organization) -> None:
    with pytest.raises(AssertionError, match="hooks have no lose"):
        organization.control("POST", "settings", {"hooks": {"lose": 1}})


def test_faults_that_happened_are_counted_by_their_label(organization: Organization) -> None:
    match = {"method": "GET", "path": "_apis/projects"}
    organization.control("POST", "faults", {"match": match, "fault": "status:503", "times": 2, "label": "away"})
    organization.control("POST", "faults", {"match": "_apis/projects", "fault": "status:500", "times": 2})
    answers = [organization.call("GET", "_apis/projects").status_code for _ in range(3)]

    assert answers == [503, 503, 500]
    assert organization.control("GET", "faults")["happened"] == {"away": 2, "status": 1}
