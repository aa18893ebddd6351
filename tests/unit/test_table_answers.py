"""What the service says: done, refused, or nothing that one could rely on."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from shared.errors import TransientError
from shared.settings import StorageAccount
from shared.storage import tables
from shared.storage.account import Account
from shared.storage.table_service import StorageRefusedError
from shared.storage.tables import RowChangedError, Table
from tests.unit.test_transaction_size import CONNECTION_STRING, HOST

DONE = 'HTTP/1.1 204 No Content\r\nCache-Control: no-cache\r\nDataServiceVersion: 1.0;\r\nETag: W/"{}"\r\n\r\n'
DELETED = "HTTP/1.1 204 No Content\r\nCache-Control: no-cache\r\n\r\n"


def tickets() -> Table:
    account = Account(StorageAccount(connection_string=CONNECTION_STRING), lambda: pytest.fail("not asked"))
    return Table(account, "tickets")


def part(text: str) -> str:
    head = "--changesetresponse_7\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    return f"{head}{text}\r\n"


def batch(*parts: str) -> str:
    head = "--batchresponse_7\r\nContent-Type: multipart/mixed; boundary=changesetresponse_7\r\n\r\n"
    return f"{head}{''.join(map(part, parts))}--changesetresponse_7--\r\n--batchresponse_7--\r\n"


def error(code: str, message: str) -> str:
    return json.dumps({"odata.error": {"code": code, "message": {"lang": "en-US", "value": message}}})


def refused(status: str, code: str, message: str) -> str:
    return batch(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n\r\n{error(code, message)}")


@pytest.fixture
def transact() -> Callable[..., list[str]]:
    """Three writes, of which the last one is a delete, that the service answers so."""
    table = tickets()
    operations = [tables.create("a", {"n": 1}), tables.upsert("b", {"n": 1}), tables.delete("c", 'W/"1"')]

    def ask(answer: str, status: int = 202) -> list[str]:
        with responses.RequestsMock() as mock:
            mock.add(responses.POST, f"{HOST}/$batch", answer, status=status, content_type="multipart/mixed")
            return table.transact("contoso", operations)

    return ask


@pytest.mark.parametrize("spelt", ["ETag", "etag", "Etag"])
def test_etags_are_in_the_order_of_the_writes(spelt: str, transact: Callable[..., list[str]]) -> None:
    done = DONE.replace("ETag", spelt)

    assert transact(batch(done.format(1), done.format(2), DELETED)) == ['W/"1"', 'W/"2"', ""]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "<html>Sign in</html>",
        batch(),
        batch(DONE.format(1)),
        batch(*[DONE.format(1)] * 2),
        batch(*[DONE.format(1)] * 4),
        batch(*[DONE.format(1)] * 3)[:300],
        batch(*[DONE.format(1)] * 3).rpartition("ETag")[0],
    ],
)
@pytest.mark.every_case
def test_what_does_not_speak_of_each_write_says_nothing(answer: str, transact: Callable[..., list[str]]) -> None:
    with pytest.raises(TransientError, match="could not be read"):
        transact(answer)


@pytest.mark.parametrize(
    ("status", "code"),
    [("409 Conflict", "EntityAlreadyExists"), ("412 Precondition Failed", "UpdateConditionNotSatisfied")],
)
def test_a_row_that_is_otherwise_is_named(status: str, code: str, transact: Callable[..., list[str]]) -> None:
    with pytest.raises(RowChangedError) as raised:
        transact(refused(status, code, "2:It is otherwise.\nRequestId:0"))

    assert raised.value.index == 2


def test_the_first_is_named_where_the_service_names_none(transact: Callable[..., list[str]]) -> None:
    with pytest.raises(RowChangedError) as raised:
        transact(refused("404 Not Found", "ResourceNotFound", "The specified resource does not exist."))

    assert raised.value.index == 0


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_trouble_of_the_service_is_tried_again(status: int, transact: Callable[..., list[str]]) -> None:
    with pytest.raises(TransientError, match=f"answered {status}"):
        transact(refused(f"{status} Trouble", "ServerBusy", "0:The server is busy."))


@pytest.mark.parametrize("answer", [error("AuthorizationFailure", "not allowed"), "", "<html>no</html>", "[]", "null"])
@pytest.mark.every_case
def test_what_is_wrong_with_all_of_it_is_said(answer: str, transact: Callable[..., list[str]]) -> None:
    with pytest.raises(StorageRefusedError, match="403") as raised:
        transact(answer, status=403)

    assert ("not allowed" in str(raised.value)) == ("not allowed" in answer)


@pytest.mark.parametrize("status", [403, 404, 409, 412])
@pytest.mark.every_case
def test_what_somebody_else_answers_is_news_of_no_row(
    status: int, answering: tuple[Table, responses.RequestsMock]
) -> None:
    """In whatever bytes, and even if it has the status that the service would have."""
    table, mock = answering
    page = "<html>Zugriff verweigert für Sie</html>".encode("latin-1")
    for method in (responses.GET, responses.PATCH, responses.POST):
        mock.add(method, re.compile(HOST), page, status=status, content_type="text/html; charset=utf-8")
    asked: list[Callable[[], object]] = [
        lambda: table.get("p", "r"),
        lambda: list(table.range("p", "", "~")),
        lambda: table.write("p", tables.merge("r", {}, "*")),
        lambda: table.transact("p", [tables.create("r", {})]),
    ]

    for ask in asked:
        with pytest.raises(StorageRefusedError if status == 403 else TransientError) as raised:
            ask()
        assert not isinstance(raised.value, RowChangedError)


def test_bytes_that_are_no_text_do_not_hide_that_an_answer_cannot_be_read(transact: Callable[..., list[str]]) -> None:
    with pytest.raises(TransientError, match="could not be read"):
        transact(batch(DONE.format(1)).encode() + b"\xff\xfe")


@pytest.fixture
def answering() -> Iterator[tuple[Table, responses.RequestsMock]]:
    with responses.RequestsMock() as mock:
        yield tickets(), mock


NO_ROWS = ["", "<html>Sign in</html>", "[]", "null", "{}", '{"value": {}}', '{"value": [{}]}', '{"value": ["RowKey"]}']


@pytest.mark.parametrize("answer", NO_ROWS)
@pytest.mark.every_case
def test_what_has_no_rows_is_not_no_row(answer: str, answering: tuple[Table, responses.RequestsMock]) -> None:
    table, mock = answering
    mock.add(responses.GET, re.compile(HOST), answer)

    with pytest.raises(TransientError, match="could not be read"):
        table.get("p", "r")
    if answer != '{"value": {}}':  # which is a page without rows
        with pytest.raises(TransientError, match="could not be read"):
            list(table.range("p", "", "~"))


@pytest.mark.parametrize("operation", [tables.create("a", {}), tables.merge("a", {}, "*"), tables.delete("a", "*")])
def test_a_page_of_a_proxy_is_no_write(
    operation: tables.Operation, answering: tuple[Table, responses.RequestsMock]
) -> None:
    table, mock = answering
    for method in (responses.POST, responses.PATCH, responses.DELETE):
        mock.add(method, re.compile(HOST), "<html>Sign in</html>", status=200)
    mock.assert_all_requests_are_fired = False

    with pytest.raises(TransientError, match="could not be read"):
        table.write("p", operation)


def test_an_empty_page_may_have_a_next_one(answering: tuple[Table, responses.RequestsMock]) -> None:
    table, mock = answering
    row = {"PartitionKey": "p", "RowKey": "r", "Timestamp": "2026-11-28T10:00:00.1234567Z", "odata.etag": "e", "n": 1}
    more = {"x-ms-continuation-NextPartitionKey": "1!4!cA--", "x-ms-continuation-NextRowKey": "1!8!a&b="}
    mock.add(responses.GET, f"{HOST}/tickets()", json={"value": []}, headers=more)
    following = {"NextPartitionKey": "1!4!cA--", "NextRowKey": "1!8!a&b="}
    asked = [responses.matchers.query_param_matcher(following, strict_match=False)]
    mock.add(responses.GET, f"{HOST}/tickets()", json={"value": [row]}, match=asked)

    (found,) = table.range("p", "", "~")

    assert (found.key, found.values, found.etag) == ("r", {"n": 1}, "e")
    assert found.written_at == datetime(2026, 11, 28, 10, 0, 0, 123456, tzinfo=UTC)


def test_a_table_that_somebody_else_makes_meanwhile_is_used(answering: tuple[Table, responses.RequestsMock]) -> None:
    table, mock = answering
    mock.add(responses.GET, re.compile(HOST), error("TableNotFound", "There is none."), status=404)
    mock.add(responses.POST, f"{HOST}/Tables", error("TableAlreadyExists", "There is one."), status=409)
    mock.add(responses.GET, re.compile(HOST), error("ResourceNotFound", "No such row."), status=404)

    assert table.get("p", "r") is None


def test_what_is_missing_may_be_said_in_a_header_alone(answering: tuple[Table, responses.RequestsMock]) -> None:
    table, mock = answering
    missing = {"x-ms-error-code": "TableNotFound"}
    mock.add(responses.PUT, re.compile(HOST), status=404, headers=missing)
    mock.add(responses.POST, f"{HOST}/Tables", status=204)
    mock.add(responses.PUT, re.compile(HOST), status=204, headers={"ETag": "e"})

    assert table.write("p", tables.upsert("r", {})) == "e"


@pytest.mark.parametrize(
    ("code", "said"), [("TableBeingDeleted", "answered 409"), ("TableAlreadyExists", "not there yet")]
)
def test_a_table_that_does_not_come_is_waited_for(
    code: str, said: str, answering: tuple[Table, responses.RequestsMock]
) -> None:
    table, mock = answering
    mock.add(responses.GET, re.compile(HOST), error("TableNotFound", "There is none."), status=404)
    mock.add(responses.POST, f"{HOST}/Tables", error(code, "Not now."), status=409)

    with pytest.raises(TransientError, match=said):
        table.get("p", "r")


def test_who_may_not_make_a_table_is_told_so(answering: tuple[Table, responses.RequestsMock]) -> None:
    table, mock = answering
    mock.add(responses.GET, re.compile(HOST), error("TableNotFound", "There is none."), status=404)
    mock.add(responses.POST, f"{HOST}/Tables", error("AuthorizationPermissionMismatch", "not allowed"), status=403)

    with pytest.raises(StorageRefusedError, match="not allowed"):
        table.get("p", "r")


ROW = {"PartitionKey": "p", "RowKey": "r", "Timestamp": "2026-11-28T10:00:00.1234567Z", "odata.etag": "e"}


def test_null_is_nothing(answering: tuple[Table, responses.RequestsMock]) -> None:
    """As the service answers for a selected property that a row has not."""
    table, mock = answering
    row = {**ROW, "a@odata.type": "Edm.String", "a": None, "n": 1}
    mock.add(responses.GET, f"{HOST}/tickets()", json={"value": [row]})

    (found,) = table.range("p", "", "~", select=["a", "n"])

    assert found.values == {"n": 1}


def test_an_etag_that_is_left_out_is_that_of_the_time(answering: tuple[Table, responses.RequestsMock]) -> None:
    table, mock = answering
    mock.add(responses.GET, re.compile(HOST), json={key: value for key, value in ROW.items() if key != "odata.etag"})

    row = table.get("p", "r")

    assert row is not None
    assert row.etag == "W/\"datetime'2026-11-28T10%3A00%3A00.1234567Z'\""


@pytest.mark.parametrize("kind", ["merge", "replace", "delete"])
@pytest.mark.parametrize("together", [True, False])
def test_a_write_of_no_version_is_not_sent(*, together: bool, kind: Any) -> None:
    table = tickets()
    operation = tables.Operation(kind, "r", {}, "")

    with pytest.raises(ValueError, match="needs its etag"):
        table.transact("p", [operation]) if together else table.write("p", operation)


@pytest.mark.parametrize(("limit", "page"), [(10_000, "1000"), (7, "7")])
def test_no_more_rows_are_asked_for_than_the_service_gives(
    limit: int, page: str, answering: tuple[Table, responses.RequestsMock]
) -> None:
    table, mock = answering
    asked = [responses.matchers.query_param_matcher({"$top": page}, strict_match=False)]
    mock.add(responses.GET, f"{HOST}/tickets()", json={"value": []}, match=asked)

    assert list(table.range("p", "", "~", limit=limit)) == []


def test_a_page_that_broke_off_is_read_once_more(answering: tuple[Table, responses.RequestsMock]) -> None:
    table, mock = answering
    mock.add(responses.GET, f"{HOST}/tickets()", '{"value": [', headers={"Content-Length": "4000"})
    mock.add(responses.GET, f"{HOST}/tickets()", json={"value": [ROW]})

    assert [row.key for row in table.range("p", "", "~")] == ["r"]


def test_a_write_whose_answer_broke_off_is_not_sent_again(answering: tuple[Table, responses.RequestsMock]) -> None:
    table, mock = answering
    mock.add(responses.POST, f"{HOST}/$batch", "--batch", status=202, headers={"Content-Length": "4000"})

    with pytest.raises(TransientError):
        table.transact("p", [tables.create("r", {})])
    assert len(mock.calls) == 1


def test_a_transaction_that_is_too_large_is_not_sent() -> None:
    large = {f"p{number}": b"x" * 60_000 for number in range(15)}

    with pytest.raises(ValueError, match="at most 4 MiB"):
        tickets().transact("p", [tables.create(f"r{number}", large) for number in range(4)])
