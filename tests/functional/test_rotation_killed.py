"""A run over a managed token whose process dies between any two steps, in every order; and two hosts at once.

At each instant the newest secret works, at most one token is nobody's, and the next run ends as if nothing had been.
"""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.errors import ConflictError
from shared.times import Times
from shared.tokens.managed import DAY, ManagedToken, new_rotation
from tests.functional import managed_world
from tests.functional.azure_devops_client import azure_devops
from tests.functional.managed_world import NAME, World
from tests.functional.simulated_azure import SimulatedAzure
from tests.functional.test_departures_resumed import DiedError, Life
from tests.thorough import THOROUGH

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
_LATER = DAY + timedelta(minutes=1)
_TRIES, _ROTATIONS = (100, 200) if THOROUGH else (25, 40)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with azure_devops(Path(tmp_path_factory.mktemp("rotation")) / "state.db") as address:
        yield address


@pytest.fixture
def fresh(azurite: str, azure: SimulatedAzure, base: str) -> Iterator[Callable[..., World]]:
    """Makes a world, which ends with the test."""
    with ExitStack() as opened:
        yield lambda **options: opened.enter_context(managed_world.world(azurite, azure, base, **options))


def first(world: World) -> None:
    """There is none yet."""
    del world


def due(world: World) -> None:
    """There is one that is to be replaced."""
    world.run()
    world.shift = 20 * DAY + timedelta(minutes=1)


def overlapping(world: World) -> None:
    """One was replaced a while ago and is to be revoked."""
    due(world)
    world.run()
    world.shift += _LATER


def leaked(world: World) -> None:
    """One is to be replaced and revoked at once."""
    world.run()
    world.store().save(replace(world.token(), rotation=new_rotation(), at_once=True))


def refused(world: World) -> None:
    """Somebody stored what does not work."""
    world.run()
    world.vault.set(world.secret, "x" * 84)


SITUATIONS = (first, due, overlapping, leaked, refused)


def one_life(world: World, steps: int) -> bool:
    """Whether a process that lives so many steps got to the end of its run."""
    try:
        world.run(Life(steps))
    except DiedError:
        return False
    return True


def check_instant(world: World, *, worked: bool) -> None:
    assert world.newest_works() or not worked
    assert len(world.orphans()) <= 1


def check_end(world: World) -> None:
    """The next runs, a day apart, leave one token that works and nothing else."""
    for _ in range(3):
        world.run()
        assert world.newest_works()
        world.shift += _LATER
    world.run()
    assert world.newest_works()
    assert world.orphans() == []
    assert [one.authorization_id for one in world.active()] == [held.authorization_id for held in world.token().held]
    assert world.token().rotation == ""


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.__name__)
def test_a_death_between_any_two_steps(fresh: Callable[..., World], situation: Callable[[World], None]) -> None:
    for steps in itertools.count(step=1 if THOROUGH else 2):
        world = fresh()
        situation(world)
        worked = world.newest_works()

        if one_life(world, steps):
            assert steps > 5
            return
        check_instant(world, worked=worked)
        check_end(world)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.__name__)
def test_deaths_in_any_order(fresh: Callable[..., World], situation: Callable[[World], None]) -> None:
    chance = random.Random(situation.__name__)
    for _ in range(5):
        world = fresh()
        situation(world)
        worked = world.newest_works()
        for _ in range(4):
            one_life(world, chance.randrange(60))
            check_instant(world, worked=worked)
            worked = worked or world.newest_works()
            world.shift += _LATER
        check_end(world)


def test_two_hosts_never_replace_it_twice(fresh: Callable[..., World]) -> None:
    world, chance = fresh(times=Times.scaled(0.1)), random.Random(3)
    with ThreadPoolExecutor(2) as hosts:
        for number in range(_TRIES):
            world.store().save(replace(world.token(), rotation=new_rotation(), at_once=True))
            late = chance.random() / 10  # the second one meets the first at any of its steps
            found = list(hosts.map(lambda delay: raced(world, delay), (0.0, late)))
            assert any(found)
            assert len(world.active()) == 1
            assert len(world.vault.versions(world.secret)) == number + 1
    assert len(world.active("all")) == _TRIES  # nor was one made in vain
    assert world.newest_works()


def raced(world: World, delay: float) -> ManagedToken | None:
    time.sleep(delay)
    try:
        return world.runs().one(NAME)
    except ConflictError:
        return None


@dataclass
class Reader:
    """Another program: fetches the newest secret and uses it at once, again and again."""

    world: World
    reading: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)
    results: list[bool] = field(default_factory=list)

    def read(self) -> None:
        while not self.over.wait(0.05):
            with self.reading:
                self.results.append(self.world.newest_works())


def test_a_reader_sees_no_failure_through_rotations_with_deaths(fresh: Callable[..., World]) -> None:
    world, chance = fresh(), random.Random(7)
    world.run()
    reader = Reader(world)
    with ThreadPoolExecutor(1) as other:
        done = other.submit(reader.read)
        for _ in range(_ROTATIONS):
            with reader.reading:  # no read takes as long as the overlap
                world.shift += 20 * DAY + timedelta(minutes=1)
            before = world.token().current
            while world.token().current == before or world.token().rotation:
                one_life(world, chance.randrange(20, 90))
        reader.over.set()
        done.result()

    assert len(reader.results) > _ROTATIONS
    assert all(reader.results)
