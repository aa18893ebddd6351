"""One commit is read once, whoever asks at once and whoever dies: on real rows and blobs, with a small Azure DevOps."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import pytest

from shared.azure_devops.repositories import Repository
from shared.connections.defaults import Defaults
from shared.connections.models import Connection
from shared.errors import RejectedRequestError, TransientError
from shared.links.service_hooks import Pushes
from shared.registries.graph import Registry
from shared.registries.keeping.following import Followed, Following
from shared.registries.keeping.forgetting import Forgetting
from shared.registries.keeping.questions import Asked
from shared.registries.keeping.reading import MOST_ATTEMPTS, Patience, ReadCommit, TooSlowError
from shared.registries.keeping.readings import Reading, Readings, State
from shared.registries.keeping.runs import Runs
from shared.registries.keeping.shelf import CONTAINER, Shelf
from shared.registries.sources.limits import Limits
from shared.registries.sources.versions import Version
from shared.settings import StorageAccount
from shared.storage import blobs
from shared.storage.account import Account
from shared.storage.tables import Table
from shared.times import Times
from tests.functional.azure_devops_client import Client, azure_devops, client
from tests.functional.pushed_code import component
from tests.functional.test_departures_resumed import NO_CREDENTIAL, DiedError, Kept, Life, Mortal

PATIENT = Patience(60.0, Limits())
TIMES = Times()
AT_ONCE = replace(TIMES, lease=-5.0)
"""Leases that are over at once: whoever takes one knows that the last process is dead."""


@dataclass
class World:
    """One repository of one organisation, and storage of its own."""

    account: Account
    azure: Client
    table: Table = field(init=False)

    def __post_init__(self) -> None:
        self.table = Table(self.account, f"registries{secrets.token_hex(5)}")
        assert self.table.get("c", "x") is None  # the first look makes the table

    def push(self, **files: str) -> Asked:
        named = {f"{name}.py": component(value) for name, value in files.items()}
        asked = {"organization": self.azure.name, "project": "Mobile", "name": "shop", "files": named}
        made = self.azure.control("POST", "repositories", asked)
        repository = Repository(made["id"], "shop", "Mobile", "refs/heads/main", disabled=False)
        organisation = self.azure.as_bearer("ada")
        connection = Connection("c", "https://u/o", "service_principal", "s", "B", Defaults())
        return Asked(connection, organisation, repository, Version(made["commit"], "refs/heads/main"), [])

    def reader(self, times: Times = TIMES, life: Life | None = None) -> ReadCommit:
        def mortal(target: Any) -> Any:
            return Mortal(target, life) if life else target

        return ReadCommit(Readings(mortal(self.table), times), mortal(Shelf(self.account)), times)

    def row(self, asked: Asked) -> Reading:
        found = Readings(self.table, TIMES).find(asked.key)
        assert found
        return found

    def calls(self) -> list[str]:
        found = self.azure.control("GET", "requests")["requests"]
        paths = [one["path"] for one in found if one["path"].startswith(f"/{self.azure.name}/")]
        return [path.rpartition("/")[2] for path in paths if "/_apis/git/" in path]


class Meanwhile(list[Mapping[str, Any]]):
    """A link's conventions, of which there are none; when a worker looks at them, something happens."""

    happens: Callable[[], object] | None = None

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        happens, self.happens = self.happens, None
        if happens:
            happens()
        return super().__iter__()


def interrupted(asked: Asked, happens: Callable[[], object]) -> Asked:
    """Let something happen when the commit's tree was read, and before its files are."""
    meanwhile = Meanwhile()
    made = replace(asked, given=meanwhile)
    assert made.key == asked.key  # from now on it is known without looking
    meanwhile.happens = happens
    return made


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with azure_devops(tmp_path_factory.mktemp("once") / "state.db") as address:
        yield address


@pytest.fixture
def world(azurite: str, base: str) -> Iterator[World]:
    account = Account(StorageAccount(connection_string=azurite), lambda: NO_CREDENTIAL)
    with client(base) as made:
        yield World(account, made)


def names(registry: Registry | None) -> set[str]:
    assert registry
    return {node.name for node in registry.nodes}


def test_what_was_read_is_not_read_again(world: World) -> None:
    asked = world.push(a="a.v1")
    first = world.reader()(asked, PATIENT)
    before = len(world.calls())

    assert world.reader()(asked, PATIENT) == first
    assert len(world.calls()) == before
    assert world.row(asked).state is State.DONE


def test_while_one_reads_the_other_gets_nothing_and_asks_nothing(world: World) -> None:
    asked = world.push(a="a.v1")
    taken = Readings(world.table, TIMES).take(Reading(asked.key, "Mobile"))
    assert taken

    assert world.reader()(asked, PATIENT) is None
    assert world.calls() == []


def test_a_process_that_dies_anywhere_is_followed_by_one_that_ends_it(world: World) -> None:
    asked = world.push(a="a.v1")
    steps = 0
    while True:
        try:
            world.reader(AT_ONCE, Life(steps))(asked, PATIENT)
            break
        except DiedError:
            steps += 1
        except RejectedRequestError:  # so many died that it is called a failure: a person asks again
            continue
    assert steps > 5

    assert names(world.reader()(asked, PATIENT)) == {"a.v1"}
    assert world.row(asked).state is State.DONE


def test_what_kills_every_process_is_called_a_failure(world: World) -> None:
    asked = world.push(a="a.v1")
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(DiedError):
            world.reader(AT_ONCE, Life(4))(asked, PATIENT)

    with pytest.raises(RejectedRequestError, match="again and again"):
        world.reader(AT_ONCE)(asked, PATIENT)
    assert world.row(asked).state is State.FAILED


@pytest.mark.parametrize(("times", "reads_on"), [(TIMES, True), (replace(TIMES, lease=0.0), False)])
def test_one_who_was_overtaken_ends_nothing_and_stops_when_the_lease_is_renewed(
    world: World, times: Times, reads_on: bool
) -> None:
    asked = world.push(a="a.v1", b="b.v1")

    def overtake() -> None:
        row = world.row(asked)
        Readings(world.table, TIMES).save(replace(row, owner="another"))

    assert world.reader(times)(interrupted(asked, overtake), PATIENT) is None

    assert (world.row(asked).owner, world.row(asked).state) == ("another", State.READING)
    assert bool(Shelf(world.account).registry(asked.key)) == reads_on


def test_what_takes_too_long_fails_with_what_to_do(world: World) -> None:
    asked = world.push(a="a.v1")

    with pytest.raises(TooSlowError, match="longer than 0 seconds"):
        world.reader()(asked, Patience(0.0, Limits()))

    row = world.row(asked)
    assert (row.state, row.owner) == (State.FAILED, "")
    assert row.problem
    assert "split it" in row.problem.hint
    assert not row.problem.passing


def test_a_defect_of_ours_leaves_no_lease_and_is_tried_again(world: World) -> None:
    asked = world.push(a="a.v1")

    with pytest.raises(ZeroDivisionError):
        world.reader()(interrupted(asked, lambda: 1 // 0), PATIENT)

    row = world.row(asked)
    assert (row.state, row.owner, row.attempts) == (State.WAITING, "", 1)
    assert row.problem
    assert "unexpected" in row.problem.message
    assert world.reader()(asked, PATIENT)


def test_where_no_room_is_left_it_is_put_back_and_nothing_is_asked() -> None:
    queue, nobody = Kept(), SimpleNamespace()
    runs = Runs(nobody, nobody, nobody, nobody, nobody, nobody, nobody, queue, TIMES)  # type: ignore[arg-type]
    message = {"schema": 1, "round": "read", "connection": "c", "project": "p", "repository": "r", "ref": "main"}
    while runs.room.acquire(blocking=False):
        pass

    runs.run(message)

    assert queue.messages == [((message,), {"delay": TIMES.turn})]


def test_a_push_costs_what_it_changed(world: World) -> None:
    first = world.push(**{f"m{number}": f"c{number}.v1" for number in range(50)})
    world.reader()(first, PATIENT)
    second = world.push(**{f"m{number}": f"c{number}.v1" for number in range(49)}, m49="new.v1")
    before = len(world.calls())

    found = names(world.reader()(second, PATIENT))

    assert "new.v1" in found
    assert len(found) == 50
    assert world.calls()[before:] == ["items", "blobs"]


def test_what_passes_is_written_down_and_tried_again(world: World) -> None:
    asked = world.push(a="a.v1")
    fault = {"match": f"GET /{world.azure.name}/.*/items", "times": 1, "fault": "status:500"}
    world.azure.control("POST", "faults", fault)

    with pytest.raises(TransientError):
        world.reader()(asked, PATIENT)
    row = world.row(asked)
    assert (row.state, row.attempts, bool(row.problem and row.problem.passing)) == (State.WAITING, 1, True)
    assert world.reader()(asked, PATIENT)
    assert world.row(asked).problem is None


def test_of_a_repository_the_last_commits_are_kept(world: World) -> None:
    asked = [world.push(a=f"a.v{number}") for number in range(23)]
    for one in asked:
        world.reader()(one, PATIENT)

    kept = [one for one in asked if Shelf(world.account).registry(one.key)]

    assert len(kept) == 20
    assert kept[-1] == asked[-1]
    assert len(list(Readings(world.table, TIMES).of("c"))) == 20


def forgetting(world: World, hooks: Any) -> Forgetting:
    known: Any = SimpleNamespace(find=lambda name: Connection(name, "u", "k", "s", "B", Defaults()), of=lambda _: None)
    reader = world.reader()
    following = Following(world.table)
    return Forgetting(known, known, hooks, reader.readings, reader, following, reader.shelf, days=30)


def test_what_nobody_asks_for_is_forgotten_with_its_subscription(world: World) -> None:
    old, new = world.push(a="a.v1"), world.push(a="a.v2")
    readings = Readings(world.table, TIMES)
    long_ago = readings.now() - timedelta(days=31)
    for asked in (old, new):
        world.reader()(asked, PATIENT)
    readings.save(replace(world.row(old), asked_at=long_ago))
    following, removed = Following(world.table), Kept()
    for ref in ("refs/heads/main", "refs/heads/old"):
        following.ask(Followed("c", "p", "Mobile", old.key.repository, ref))
    hooks = SimpleNamespace(remove_pushes=lambda _, __, pushes: removed.send(pushes))

    forgetting(world, hooks)("c")
    assert readings.find(old.key) is None
    shelf = Shelf(world.account)
    assert (shelf.registry(old.key), shelf.summaries(old.key)) == (None, None)
    assert Shelf(world.account).registry(new.key)
    assert (len(list(following.all("c"))), removed.messages) == (2, [])

    world.table.clock.observe(format_datetime(datetime.now(UTC) + timedelta(days=60)))
    forgetting(world, hooks)("c")
    assert (list(following.all("c")), list(readings.of("c"))) == ([], [])
    assert removed.messages == [((Pushes("p", old.key.repository),), {})]


def test_of_a_repository_the_last_refs_are_followed(world: World) -> None:
    following = Following(world.table)

    first = [following.ask(Followed("c", "p", "Mobile", "r", f"refs/heads/{number}")) for number in range(12)]

    assert first == [True] + [False] * 11
    refs = {one.ref for one in following.all("c", "r")}
    assert len(refs) == 10
    assert "refs/heads/11" in refs
    assert following.pushes("c") == {Pushes("p", "r"): "Mobile"}


def test_a_blob_that_is_lost_or_broken_is_made_again(world: World) -> None:
    asked = world.push(a="a.v1")
    first = world.reader()(asked, PATIENT)
    Shelf(world.account).remove(asked.key)

    assert world.reader()(asked, PATIENT) == first


def test_where_only_the_registry_is_lost_no_file_is_read_again(world: World) -> None:
    asked = world.push(a="a.v1")
    first = world.reader()(asked, PATIENT)
    before = len(world.calls())
    blobs.delete(world.account, CONTAINER, f"c/{asked.key.repository}/{asked.key.commit}/{asked.key.basis}/registry")

    assert world.reader()(asked, PATIENT) == first
    assert world.calls()[before:] == ["items"]


def test_secrets_in_source_are_not_kept(world: World) -> None:
    token = "ghp_" + "a1B2" * 9
    asked = world.push(a=token)

    assert world.reader()(asked, PATIENT)

    assert token not in str(Shelf(world.account).summaries(asked.key))
    assert token not in str(Shelf(world.account).registry(asked.key))


def test_everything_of_a_connection_is_cleared_and_nothing_of_others(world: World) -> None:
    asked = world.push(a="a.v1")
    world.reader()(asked, PATIENT)
    shelf = Shelf(world.account)

    shelf.clear("other")
    assert shelf.registry(asked.key)
    shelf.clear("c")
    assert (shelf.registry(asked.key), shelf.summaries(asked.key)) == (None, None)
