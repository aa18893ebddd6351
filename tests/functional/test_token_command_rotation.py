"""`python -m shared.tokens rotate`: for cron, for any place; and a death between any two calls."""

import itertools
import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.identity import ManagedIdentityCredential

from shared.azure_devops import personal_access_tokens as pats
from shared.azure_devops.paging import every
from shared.azure_devops.personal_access_tokens import PersonalAccessToken
from shared.storage.secrets import Vault
from shared.times import Times
from shared.tokens.command.environment import Environment
from shared.tokens.command.files import File
from shared.tokens.command.rotating import Rotating, Tools
from shared.tokens.command.rotation_steps import Wanted
from shared.tokens.command.user import place_of, proving, user
from tests.functional.pipeline import Pipeline, azure_devops_of, pipeline_at
from tests.functional.simulated_azure import SimulatedAzure
from tests.functional.simulated_azure_devops import until
from tests.functional.test_departures_resumed import DiedError, Life, Mortal

pytestmark = pytest.mark.filterwarnings("ignore:This API has been deprecated for public client flows")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(scope="module")
def base(azure: SimulatedAzure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with azure_devops_of(azure, tmp_path_factory.mktemp("rotate") / "state.db") as address:
        yield address


@pytest.fixture
def pipeline(azure: SimulatedAzure, base: str, tmp_path: Path) -> Iterator[Pipeline]:
    with pipeline_at(azure, base, tmp_path) as made:
        yield made


def rotate(pipeline: Pipeline, *options: str, status: int = 0, **more: str) -> dict[str, Any]:
    place = () if "--key-vault" in options else ("--out", str(pipeline.file))
    scopes = ("--scope", "vso.code", "--days", "30")
    ran = pipeline.run("rotate", "sonar", *scopes, *place, "--json", *options, **more)
    assert ran.status == status, ran.err
    return dict(json.loads(ran.out)) if ran.out else {"said": ran.err}


def test_a_process_of_its_own_rotates_and_says_so_to_people(pipeline: Pipeline) -> None:
    arguments = ("rotate", "sonar", "--scope", "vso.code", "--days", "30", "--if-expires-within", "10")

    first = pipeline.process(*arguments, "--out", str(pipeline.file))
    again = pipeline.process(*arguments, "--out", str(pipeline.file))

    assert (first.status, again.status, first.err, again.err) == (0, 0, "", "")
    assert (first.out.splitlines()[0][:8], again.out.splitlines()[0][:13]) == ("Rotated:", "Nothing to do")
    assert "To be replaced after" in again.out
    assert pipeline.file_opens()
    assert len(pipeline.names("--show", "all")) == 1


def test_it_does_nothing_before_it_is_due_and_then_replaces_what_is_there(pipeline: Pipeline) -> None:
    first = rotate(pipeline, "--if-expires-within", "29")
    assert (first["rotated"], first["retiring"], first["revoked"]) == (True, [], [])
    old = pipeline.file.read_text()

    assert rotate(pipeline, "--if-expires-within", "29")["rotated"] is False
    assert pipeline.file.read_text() == old

    assert pipeline.run("update", first["token"]["authorization_id"], "--days", "20").status == 0
    second = rotate(pipeline, "--if-expires-within", "19")
    assert second["rotated"] is False
    third = rotate(pipeline, "--if-expires-within", "25")
    assert third["rotated"] is False  # of 20 days, the last third
    third = rotate(pipeline)
    assert third["rotated"] is True
    assert [one["authorization_id"] for one in third["retiring"]] == [first["token"]["authorization_id"]]
    assert (pipeline.opens(old), pipeline.file_opens(), pipeline.file.read_text() == old) == (True, True, False)


def test_without_an_overlap_the_old_one_ends_with_the_run(pipeline: Pipeline) -> None:
    rotate(pipeline)
    old = pipeline.file.read_text()

    found = rotate(pipeline, "--overlap-hours", "0")

    assert (found["rotated"], len(found["revoked"]), found["retiring"]) == (True, 1, [])
    assert (pipeline.opens(old), pipeline.file_opens(), len(pipeline.names())) == (False, True, 1)


def test_scopes_and_lifetime_are_those_of_the_last_one(pipeline: Pipeline) -> None:
    rotate(pipeline)

    ran = pipeline.run("rotate", "sonar", "--out", str(pipeline.file), "--json")

    assert ran.status == 0, ran.err
    token = ran.json["token"]
    life = datetime.fromisoformat(token["valid_to"]) - datetime.fromisoformat(token["valid_from"])
    assert (token["scopes"], round(life / DAY)) == (["vso.code"], 30)


def test_a_token_that_was_made_by_hand_is_replaced_by_its_id(pipeline: Pipeline) -> None:
    by_hand = pipeline.run(
        "create", "sonar", "--scope", "vso.code", "--days", "5", "--out", str(pipeline.file), "--json"
    )
    replaces = ("--replaces", by_hand.json["authorization_id"])

    found = rotate(pipeline, *replaces, "--overlap-hours", "0")

    assert [one["name"] for one in found["revoked"]] == ["sonar"]
    assert (pipeline.file_opens(), len(pipeline.names())) == (True, 1)
    assert rotate(pipeline, *replaces, "--if-expires-within", "10")["rotated"] is False


def test_one_that_was_revoked_or_lost_is_replaced_whatever_its_dates_say(pipeline: Pipeline) -> None:
    first = rotate(pipeline)
    assert pipeline.run("revoke", first["token"]["authorization_id"]).status == 0
    assert rotate(pipeline, "--if-expires-within", "10")["rotated"] is True
    assert pipeline.file_opens()

    pipeline.file.unlink()
    assert rotate(pipeline, "--if-expires-within", "10")["rotated"] is True
    assert pipeline.file_opens()


def test_what_is_somebody_elses_is_left_alone(pipeline: Pipeline) -> None:
    for name in ("sonar", "sonar 0123abcd-9", "sonar rotated", "sonar2 rotated-0123abcd"):
        place = ("--scope", "vso.code", "--days", "30", "--out", str(pipeline.folder / "other"))
        assert pipeline.run("create", name, *place).status == 0

    for _ in range(2):
        rotate(pipeline, "--overlap-hours", "0")

    assert len(pipeline.names()) == 5


def test_a_secret_of_key_vault_is_rotated(pipeline: Pipeline, azure: SimulatedAzure) -> None:
    name = f"sonar-{pipeline.organization.name}"
    vault = Vault(azure.vault, ManagedIdentityCredential)
    place = ("--key-vault", azure.vault, "--secret", name, "--if-expires-within", "10")

    first = rotate(pipeline, *place)
    assert first["rotated"] is True
    assert pipeline.opens(vault.get(name))
    assert rotate(pipeline, *place)["rotated"] is False
    newest = vault.newest(name)
    assert newest
    assert newest.tags["authorization-id"] == first["token"]["authorization_id"]


def test_a_place_that_fails_takes_the_new_token_back_and_leaves_the_old_one(pipeline: Pipeline) -> None:
    rotate(pipeline)
    old = pipeline.file.read_text()
    (pipeline.folder / ".token.new").mkdir()  # what nobody can write to, nor remove as a file

    assert "cannot be used" in rotate(pipeline, status=2)["said"]

    assert (pipeline.file.read_text(), pipeline.opens(old), len(pipeline.names())) == (old, True, 1)


@pytest.mark.parametrize("match", ["POST _apis/tokens/pats", "PUT _apis/tokens/pats"])
def test_a_lost_answer_leaves_the_old_one_and_the_next_run_clears_up(pipeline: Pipeline, match: str) -> None:
    rotate(pipeline)
    old = pipeline.file.read_text()
    pipeline.fault(match, "drop_after")

    rotate(pipeline, status=3)

    assert (pipeline.file.read_text(), pipeline.opens(old)) == (old, True)
    assert rotate(pipeline, "--overlap-hours", "0")["rotated"] is True
    assert (pipeline.file_opens(), len(pipeline.names())) == (True, 1)


@dataclass
class World:
    """The parts of a run, each of whose calls may be a process's last one; time is ours."""

    pipeline: Pipeline
    shift: timedelta = timedelta()
    times: Times = field(default_factory=Times)

    def run(self, life: Life | None = None, *, overlap: timedelta = HOUR) -> None:
        def mortal(target: Any) -> Any:
            return Mortal(target, life) if life else target

        environment = Environment.read(self.pipeline.environment())
        owner = user(environment, None)
        tools = Tools(
            organisation=mortal(owner.open()),
            place=mortal(File(self.pipeline.file)),
            proving=mortal(proving(environment, owner)),
            connection=place_of(environment),
            times=self.times,
            now=self.now,
        )
        wanted = Wanted(overlap, timedelta(seconds=self.times.lease), 10 * DAY, ("vso.code",))
        Rotating(tools, "sonar", wanted, 30 * DAY).run()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def active(self) -> list[PersonalAccessToken]:
        owner = user(Environment.read(self.pipeline.environment()), None)
        return list(every(owner.open(), pats.list_tokens))


def first(world: World) -> None:
    del world


def due(world: World) -> None:
    world.run()
    world.shift = 21 * DAY


def overlapping(world: World) -> None:
    due(world)
    world.run()
    world.shift += 2 * HOUR


@pytest.mark.thorough
@pytest.mark.timeout(400)
@pytest.mark.parametrize("situation", [first, due, overlapping], ids=lambda one: one.__name__)
def test_a_death_between_any_two_calls(
    azure: SimulatedAzure, base: str, tmp_path: Path, situation: Callable[[World], None]
) -> None:
    for steps in itertools.count():
        folder = tmp_path / str(steps)
        folder.mkdir()
        with pipeline_at(azure, base, folder) as pipeline:
            world = World(pipeline)
            situation(world)
            worked = pipeline.file_opens()
            known = len(world.active())
            try:
                world.run(Life(steps))
            except DiedError:
                assert pipeline.file_opens() or not worked
                assert len(world.active()) <= known + 1
                check_next_run(world)
            else:
                assert steps > 5
                return


def check_next_run(world: World) -> None:
    """A run after the longest that a process may be slow ends as if nothing had been."""
    world.shift += timedelta(seconds=world.times.lease) + timedelta(seconds=1)
    world.run()
    assert world.pipeline.file_opens()
    world.shift += 2 * HOUR
    world.run()
    assert world.pipeline.file_opens()
    assert len(world.active()) == 1


KILLED_AT = ["GET _apis/connectionData", "POST _apis/tokens/pats", "PUT _apis/tokens/pats", "DELETE _apis/tokens/pats"]


@pytest.mark.thorough
@pytest.mark.parametrize("match", KILLED_AT)
def test_a_killed_process_leaves_a_token_that_works_and_nothing_that_stays(pipeline: Pipeline, match: str) -> None:
    rotate(pipeline)
    pipeline.fault(match, "latency:4000")
    arguments = ("rotate", "sonar", "--overlap-hours", "0", "--out", str(pipeline.file))
    with pipeline.start(*arguments) as running:
        until(lambda: not pipeline.organization.control("GET", "faults")["faults"], seconds=60)
        running.send_signal(signal.SIGKILL)
        out, err = running.communicate(timeout=30)
    assert (out, err) == ("", "")
    assert pipeline.file_opens()

    def cleared_up() -> bool:
        """A run waits for what may be under way, a fiftieth of five minutes here."""
        done = pipeline.run(*arguments, "--if-expires-within", "10", TIME_SCALE="0.02")
        assert pipeline.file_opens()
        return done.status == 0 and len(pipeline.names()) == 1

    until(cleared_up, seconds=60)
