"""The judge itself: real traffic passes, and each kind of slip is found."""

import json
from typing import Any

import pytest

from tests.contract.deviations import DEVIATIONS, Kind
from tests.contract.exchanges import Exchange
from tests.contract.recorded import recorded_exchanges
from tests.contract.specs import operations
from tests.contract.verdicts import verdict

CREATE = "/contoso/Web%20Shop/_apis/wit/workitems/$Issue?api-version=7.1"
PATCH = {"content-type": "application/json-patch+json"}
ITEM = {"id": 1, "rev": 1, "fields": {"System.Title": "x"}, "url": "https://dev.azure.com/x"}
TITLE = {"op": "add", "path": "/fields/System.Title", "value": "x"}


def made(target: str = CREATE, asked: Any = (TITLE,), answered: Any = ITEM, status: int = 200) -> Exchange:
    return Exchange("POST", target, status, PATCH, json.dumps(asked).encode(), {}, json.dumps(answered).encode())


def test_a_right_exchange_has_no_problems() -> None:
    found = verdict(made())

    assert (found.operation, found.problems) == ("wit: Work Items_Create", ())


@pytest.mark.parametrize(
    ("exchange", "problem"),
    [
        (made(CREATE.partition("?")[0]), "query: api-version is missing"),
        (made(CREATE.replace("7.1", "6.0")), "query: api-version is 6.0"),
        (made(CREATE + "&$expand=everything"), "query: $expand is everything"),
        (made(CREATE + "&validateOnly=perhaps"), "query: validateonly is perhaps"),
        (made(CREATE + "&surprise=1"), "query: surprise is not a parameter"),
        (made(asked=[{**TITLE, "op": "set"}]), "request/0/op"),
        (made(asked=[{**TITLE, "oops": 1}]), "request/0: Additional properties"),
        (made(asked={}), "request/: {} is not of type 'array'"),
        (made(answered={**ITEM, "id": "1"}), "answer/id: '1' is not"),
        (made(answered={**ITEM, "fields": []}), "answer/fields"),
        (made(answered=[ITEM]), "answer/"),
        (made(status=201), "answer: 201 is not documented"),
        (made(status=400, answered={"message": "no"}), "error/"),
        (made("/contoso/_apis/wit/nonsense?api-version=7.1"), "is in no document"),
    ],
)
def test_a_slip_is_found(exchange: Exchange, problem: str) -> None:
    assert any(found.startswith(problem) for found in verdict(exchange).problems), verdict(exchange).problems


def test_null_is_an_answer_and_never_a_question() -> None:
    assert verdict(made(answered={**ITEM, "relations": None})).problems == ()
    assert verdict(made(asked=[{**TITLE, "from": None}])).problems


def test_the_entries_of_a_batch_are_judged() -> None:
    entry = {"method": "PATCH", "uri": CREATE.removeprefix("/contoso"), "headers": dict(PATCH), "body": [TITLE]}
    answer = {"count": 1, "value": [{"code": 200, "headers": {}, "body": json.dumps({**ITEM, "rev": "one"})}]}
    batch = Exchange(
        "PATCH",
        "/contoso/_apis/wit/$batch?api-version=7.1",
        200,
        request_body=json.dumps([entry]).encode(),
        answer_body=json.dumps(answer).encode(),
    )

    (inner,) = batch.entries()

    assert any("answer/rev" in problem for problem in verdict(inner).problems)


@pytest.mark.parametrize("exchange", recorded_exchanges(), ids=lambda each: f"{each.method} {each.target}")
def test_what_the_service_really_answered_passes(exchange: Exchange) -> None:
    found = verdict(exchange)
    assert [problem for problem in found.problems if problem.startswith(("answer", "error"))] == []


def test_every_known_deviation_names_an_operation() -> None:
    names = {operation.id for operation in operations()}
    for each in DEVIATIONS:
        assert each.reason
        assert each.kind is Kind.UNSPECIFIED or each.operation in names
