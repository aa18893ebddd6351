"""What a run of torture takes for an answer, and when it asks again."""

from collections.abc import Iterator

import pytest
import responses

from local.torture.clients import Functions, Http, RefusedError, UnavailableError

DEAD, ALIVE = "http://127.0.0.1:1", "http://127.0.0.1:2"


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def test_what_is_no_json_is_no_answer_of_ours(wire: responses.RequestsMock) -> None:
    wire.get(DEAD, body="<html>", status=200)

    with pytest.raises(UnavailableError, match="no JSON"):
        Http().ask("GET", DEAD)


def test_the_other_host_is_asked_then(wire: responses.RequestsMock) -> None:
    wire.get(f"{DEAD}/api/tickets", body="<html>", status=200)
    wire.get(f"{ALIVE}/api/tickets", json={"value": []})

    assert Functions(lambda: [DEAD, ALIVE], "key").ask("GET", "tickets") == {"value": []}


def test_an_empty_answer_is_one_and_a_refusal_is_not_asked_again(wire: responses.RequestsMock) -> None:
    wire.get(ALIVE, status=204)
    wire.get(f"{ALIVE}/no", status=422, json={})

    assert Http().ask("GET", ALIVE) is None
    with pytest.raises(RefusedError, match="422"):
        Http().ask("GET", f"{ALIVE}/no")
