"""Generated requests, a few to each route; `make fuzz` sends thousands."""

from collections.abc import Iterator

import pytest

import function_app
from local.stack import Stack
from shared.triggers.operations import declared
from tests.functional.bridge import Bridge
from tests.functional.fuzz import Fuzz

assert function_app.app
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    """A stack that nobody else has: everything in it is changed in some way."""
    folder = tmp_path_factory.mktemp("fuzz")
    with Stack(folder, time_scale=0.02, in_memory_storage=True) as stack:
        yield Bridge.fresh(stack)


def test_no_answer_is_off_the_description_or_an_error_of_ours(alone: Bridge) -> None:
    fuzz = Fuzz(alone, at_once=2)

    fuzz.run(100)

    assert fuzz.failures == {}
    assert fuzz.statuses.keys() == {operation.id for operation in declared()}
    succeeded = {name for name, statuses in fuzz.statuses.items() if any(status < 300 for status in statuses)}
    assert len(succeeded) > len(fuzz.statuses) // 2


@pytest.mark.thorough
def test_what_is_wrong_is_found(alone: Bridge) -> None:
    """A description that says too little, and a path that nobody answers."""
    fuzz = Fuzz(alone)
    schemas = {one.label: one for one in fuzz.operations}
    health = schemas["GET /health"].definition.raw["responses"]["200"]["content"]["application/json"]
    health["schema"] = {"type": "object", "required": ["colour"]}
    fuzz.operations = [schemas["GET /health"]]

    fuzz.run(1)

    assert "colour" in fuzz.failures["health"]


def test_without_a_key_only_three_routes_answer(alone: Bridge) -> None:
    for operation in declared():
        path = "/".join("x" if part.startswith("{") else part for part in operation.path.split("/"))
        answer = alone.ask(operation.method, path, key="")
        expected = {"key": {401}, "basic": {401}, "none": {200}}[operation.security]
        assert answer.status_code in expected, operation.id
        assert bool(answer.content) == (operation.security != "key")
