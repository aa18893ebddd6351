"""A managed token through its life: made, replaced, taken back; and what is mended."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from shared.azure_devops import personal_access_tokens as pats
from shared.errors import ConflictError, CredentialError, TransientError
from shared.telemetry import metrics
from shared.tokens.managed import DAY, Held, new_rotation
from shared.tokens.managed_tokens import ManagedTokens
from shared.tokens.proving import Proving
from shared.tokens.runs import Runs
from tests.functional import managed_world
from tests.functional.azure_devops_client import azure_devops
from tests.functional.managed_world import NAME, SCOPES, TIMES, World
from tests.functional.simulated_azure import SimulatedAzure

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with azure_devops(Path(tmp_path_factory.mktemp("rotation")) / "state.db") as address:
        yield address


@pytest.fixture
def world(azurite: str, azure: SimulatedAzure, base: str) -> Iterator[World]:
    with managed_world.world(azurite, azure, base) as made:
        yield made


def current(world: World) -> Held:
    found = world.token().current
    assert found
    return found


def test_the_first_run_makes_it_and_the_next_one_leaves_it_alone(world: World) -> None:
    first = world.run()
    again = world.run()

    assert first
    assert again
    assert world.newest_works()
    assert first.current == again.current == current(world)
    assert [entry["event"] for entry in first.journal] == ["begun", "stored"]
    assert [one.name for one in world.active()] == [f"{world.token().label}{current(world).rotation}"]
    assert (world.orphans(), world.token().owner) == ([], "")


def test_what_becomes_of_each_run_is_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[object] = []
    monkeypatch.setattr(
        metrics, "rotations", SimpleNamespace(add=lambda _, attributes: counted.append(attributes["outcome"]))
    )

    world.run()
    world.run()
    monkeypatch.setattr(Proving, "works", _away)
    with pytest.raises(TransientError):
        world.run()

    assert counted == ["replaced", "proved", "failed"]


def _away(*_: object, **__: object) -> None:
    raise TransientError("Azure DevOps could not be reached.")


def test_it_is_replaced_before_its_end_and_the_old_one_ends_after_the_overlap(world: World) -> None:
    world.run()
    before, old = current(world), world.vault.get(world.secret)

    world.shift = 20 * DAY + timedelta(minutes=1)
    world.run()
    after, new = world.token(), world.vault.get(world.secret)
    assert [one.authorization_id for one in after.retiring] == [before.authorization_id]
    assert (world.opens(old), world.opens(new), old == new) == (True, True, False)

    world.shift += DAY
    world.run()
    assert (world.opens(old), world.opens(new), world.token().retiring) == (False, True, ())
    assert world.vault.version(world.secret, before.version) is None  # nobody reads what does not work any more


def test_one_that_was_revoked_is_replaced_by_the_next_run(world: World) -> None:
    world.run()
    world.user.do(pats.revoke_token(current(world).authorization_id))
    assert not world.newest_works()

    world.run()

    assert world.newest_works()


def test_a_newest_version_that_does_not_work_is_replaced_by_the_one_that_does(world: World) -> None:
    world.run()
    before = current(world)
    world.vault.set(world.secret, "x" * 84, tags={"somebody": "else"})

    world.run()

    assert world.newest_works()
    assert current(world).authorization_id == before.authorization_id
    assert len(world.active()) == 1


def test_a_leaked_one_is_revoked_as_soon_as_there_is_another(world: World) -> None:
    world.run()
    old = world.vault.get(world.secret)
    world.runs().one(NAME, lambda token: replace(token, rotation=new_rotation(), at_once=True))

    assert (world.opens(old), world.newest_works(), len(world.active())) == (False, True, 1)


def test_another_purpose_is_another_token(world: World) -> None:
    world.run()
    token = world.token()
    world.store().save(replace(token, policy=replace(token.policy, scopes=("vso.work",))))

    world.run()

    assert world.newest_works()
    assert sorted(one.scopes for one in world.active()) == [("vso.code",), ("vso.work",)]


def test_a_life_that_a_policy_cuts_short_is_not_replaced_all_the_time(world: World) -> None:
    policy = {"organization": world.user.name, "lifespan_days": 3, "over": "clamp"}
    world.user.control("POST", "token-policies", policy)
    world.run()
    first = current(world)

    world.run()
    assert current(world) == first
    world.shift = 2 * DAY + timedelta(minutes=1)
    world.run()
    assert current(world) != first


def without_new_ones(world: World) -> Runs:
    """Return a process to which Azure DevOps takes no new token."""
    runs = world.runs()
    never = _Never(runs.tools.proving.organisations, world.lacking, 0.1)
    return replace(runs, tools=replace(runs.tools, proving=never))


class _Never(Proving):
    """Azure DevOps takes no new token."""

    __slots__ = ()

    def objection(self, *_: object) -> str:
        return "it is not accepted"


def test_what_is_not_accepted_in_time_is_revoked_and_never_stored(world: World) -> None:
    world.run()
    before = world.vault.get(world.secret)
    world.shift = 21 * DAY

    with pytest.raises(TransientError, match="not accepted: it was revoked"):
        without_new_ones(world).one(NAME)

    assert world.vault.get(world.secret) == before
    assert len(world.active()) == 1


def test_where_new_ones_are_of_no_use_they_are_made_later_each_time_unless_it_is_urgent(world: World) -> None:
    world.run()
    world.shift = 21 * DAY
    runs = without_new_ones(world)
    for hours in range(8):
        world.shift = 21 * DAY + timedelta(hours=hours, minutes=1)
        with suppress(TransientError):
            runs.one(NAME)
    assert len(world.active("all")) == 1 + 4  # after 0, 1, 3 and 7 hours
    problem = world.token().problem
    assert problem
    assert "not accepted" in problem.message

    world.shift = 28 * DAY + timedelta(minutes=1)  # two overlaps before the end
    for _ in range(3):
        with pytest.raises(TransientError):
            runs.one(NAME)
    assert len(world.active("all")) == 1 + 4 + 3

    world.run()
    assert world.newest_works()
    assert (world.token().wasted, world.token().retry_at, world.token().problem) == (0, None, None)


def test_what_waits_is_tried_at_once_when_a_person_asks(world: World) -> None:
    world.run()
    first = current(world)
    world.shift = 21 * DAY
    with pytest.raises(TransientError):
        without_new_ones(world).one(NAME)
    assert world.run()
    assert current(world) == first

    ManagedTokens(world.runs().tools, world.runs()).rotate(NAME, at_once=False)

    assert current(world) != first


def test_a_new_one_must_do_for_its_users_what_the_one_before_it_does(world: World) -> None:
    world.users = [world.connection("boards")]
    use(world, "vso.work")
    world.run()
    first, kept = current(world), world.vault.get(world.secret)

    use(world, "vso.code")
    with pytest.raises(TransientError, match="boards: work_items_read"):
        world.run()
    assert (current(world), world.vault.get(world.secret), len(world.active())) == (first, kept, 1)

    use(world, "vso.work_write")
    world.run()
    assert current(world).authorization_id != first.authorization_id


def test_what_its_users_never_could_keeps_no_token_from_being_replaced(world: World) -> None:
    world.users = [world.connection("boards")]
    use(world, "vso.code")
    world.run()
    first = current(world)

    world.shift = 21 * DAY
    world.run()

    assert current(world) != first


def test_where_nothing_works_any_that_is_accepted_will_do(world: World) -> None:
    world.users = [world.connection("boards")]
    use(world, "vso.work")
    world.run()
    world.user.do(pats.revoke_token(current(world).authorization_id))

    use(world, "vso.code")
    world.run()

    assert world.newest_works()


def test_what_took_longer_than_its_lease_is_asked_for_again(world: World) -> None:
    """It was frozen, or its machine is slow: nobody may have to wait for the timer's next hour."""
    message = {"schema": 1, "round": "token", "token": NAME}
    world.times = replace(TIMES, send_window=-1.0)

    world.runs().run(message)

    assert world.token().current is None
    (((again,), more),) = world.asked.messages
    assert (again, more) == (message, {"delay": TIMES.lease})

    world.times = TIMES
    world.runs().run(again)

    assert world.newest_works()


def test_what_cannot_be_done_is_left_to_the_timer(world: World) -> None:
    world.signs_in = False

    world.runs().run({"schema": 1, "round": "token", "token": NAME})

    assert world.asked.messages == []


def test_those_who_sign_in_with_it_hear_that_it_was_replaced(world: World) -> None:
    world.users = [world.connection("boards")]
    world.run()
    world.run()
    assert world.renewed == ["boards"]

    world.shift = 21 * DAY
    world.run()
    assert world.renewed == ["boards", "boards"]


def use(world: World, scope: str) -> None:
    """Change what the managed token is for."""
    token = world.token()
    world.store().save(replace(token.at_liberty(), policy=replace(token.policy, scopes=(scope,))))


def test_who_cannot_sign_in_is_told_in_time_and_once_for_each_threshold(world: World) -> None:
    world.run()
    world.signs_in = False
    heard = []
    for days in (1, 15, 17, 20, 23, 26, 27, 29, 29.5):
        world.shift = days * DAY
        with pytest.raises(CredentialError):
            world.run()
        heard.append(len(world.alerts.messages))

    assert heard == [0, 0, 1, 1, 2, 2, 3, 4, 4]
    assert world.newest_works()
    problem = world.token().problem
    assert problem
    assert "second factor" in problem.message

    world.signs_in = True
    world.run()
    assert (world.token().problem, world.token().warned) == (None, None)


def test_what_is_somebody_elses_is_never_revoked(world: World) -> None:
    world.user.do(pats.create_token("mine", SCOPES, world.now() + DAY))
    world.user.do(pats.create_token(f"{NAME} 0123abcd-9", SCOPES, world.now() + DAY))  # another installation's

    world.run()
    world.shift = 5 * DAY
    world.run()

    assert len(world.active()) == 3


def test_a_secret_that_key_vault_keeps_deleted_is_a_problem_that_is_told(world: World) -> None:
    world.run()
    world.vault.delete(world.secret)

    with pytest.raises(ConflictError, match="deleted one of that name"):
        world.run()

    problem = world.token().problem
    assert problem
    assert "recover or purge" in problem.hint
    assert (world.token().owner, len(world.alerts.messages)) == ("", 1)
    assert len(world.active()) == 1
