"""answers.judge(): every form in which Azure DevOps answers."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.azure_devops.answers import Answer, judge
from shared.azure_devops.batches import WholeBatchError, together
from shared.azure_devops.work_items import WorkItem, change
from shared.errors import (
    BridgeError,
    ConflictError,
    CredentialError,
    NotFoundError,
    RefusedError,
    ThrottledError,
    TransientError,
    UnknownError,
)

JSON = {"content-type": "application/json; charset=utf-8"}


def answer(status: int, body: Any = b"", **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {**JSON, **{k.replace("_", "-"): v for k, v in headers.items()}}, content)


def test_json_is_a_value() -> None:
    assert judge(answer(200, {"id": 1}), changes=False) == {"id": 1}


def test_json_behind_a_byte_order_mark_is_a_value() -> None:
    assert judge(answer(200, b"\xef\xbb\xbf[1]"), changes=False) == [1]


def test_nothing_is_none() -> None:
    assert judge(answer(204), changes=True) is None


@pytest.mark.parametrize(
    ("given_answer", "error"),
    [
        (answer(203, b"<html>Sign in</html>"), CredentialError),
        (answer(302, b"Object moved", location="https://spsprodeus.example/_signin"), CredentialError),
        (answer(401), CredentialError),
        (answer(401, {"message": "TF400813: not authorized"}), CredentialError),
        (answer(403, {"message": "TF401027: You need the permission"}), RefusedError),
        (answer(404, {"message": "TF401232: Work item 1 does not exist"}), NotFoundError),
        (answer(404, b"plain text"), NotFoundError),
        (answer(409, {"message": "TF26071"}), ConflictError),
        (answer(412, {"message": "VS403351"}), ConflictError),
        (answer(429, retry_after="7"), ThrottledError),
        (answer(400, {"message": "TF401320: Rule Error"}), RefusedError),
        (answer(418), RefusedError),
    ],
)
@pytest.mark.parametrize("changes", [True, False])
def test_an_error_is_the_same_for_reads_and_writes(given_answer: Answer, error: type, changes: bool) -> None:
    with pytest.raises(error):
        judge(given_answer, changes=changes)


@pytest.mark.parametrize("given_answer", [answer(500), answer(503), answer(408), answer(200, b"{broken")])
def test_what_proves_nothing_is_unknown_for_a_write_only(given_answer: Answer) -> None:
    with pytest.raises(UnknownError):
        judge(given_answer, changes=True)
    with pytest.raises(TransientError) as caught:
        judge(given_answer, changes=False)

    assert not isinstance(caught.value, UnknownError)


def test_a_web_page_proves_nothing_of_a_write() -> None:
    page = Answer(200, {"content-type": "text/html"}, b"<html>")

    with pytest.raises(CredentialError):
        judge(page, changes=False)
    with pytest.raises(UnknownError):
        judge(page, changes=True)


@pytest.mark.parametrize(("header", "seconds"), [("inf", 3600), ("nan", 30), ("-1", 30), ("soon", 30)])
def test_a_wait_that_makes_no_sense_is_bounded(header: str, seconds: float) -> None:
    with pytest.raises(ThrottledError) as caught:
        judge(answer(429, retry_after=header), changes=True)

    assert caught.value.retry_after == seconds


def test_a_rule_error_names_its_fields() -> None:
    body = {
        "message": "TF401320: Rule Error for field Custom.Team. Error code: Required, InvalidEmpty.",
        "customProperties": {"RuleValidationErrors": [{"fieldReferenceName": "Custom.Team"}]},
    }

    with pytest.raises(RefusedError) as caught:
        judge(answer(400, body), changes=True)

    assert caught.value.rule == "TF401320"
    assert caught.value.fields == ("Custom.Team",)
    assert "Custom.Team" in caught.value.hint


def test_the_wait_is_the_one_that_azure_devops_names() -> None:
    with pytest.raises(ThrottledError) as caught:
        judge(answer(429, retry_after="42"), changes=True)

    assert caught.value.retry_after == 42


def test_a_message_without_a_body_comes_from_the_header() -> None:
    with pytest.raises(RefusedError, match="no such field"):
        judge(answer(400, x_tfs_serviceerror="no+such%20field"), changes=True)


@given(st.integers(100, 599), st.binary(), st.sampled_from(["application/json", "text/html", ""]), st.booleans())
def test_no_answer_raises_anything_but_our_errors(status: int, body: bytes, kind: str, changes: bool) -> None:
    with suppress(BridgeError):
        judge(Answer(status, {"content-type": kind, "retry-after": "soon"}, body), changes=changes)


def entry(code: int, body: Any) -> dict[str, Any]:
    return {"code": code, "headers": JSON, "body": json.dumps(body)}


ITEM = {"id": 3, "rev": 1, "fields": {"System.State": "New"}}


def test_each_entry_of_a_batch_is_judged_by_itself() -> None:
    call = together([change(number, []) for number in range(4)])

    outcomes = call.read(
        {
            "count": 4,
            "value": [
                entry(200, ITEM),
                entry(400, {"message": "TF401320: Rule Error"}),
                entry(500, {"count": 1, "value": {"Message": "TF401321: Whole Bulk failed."}}),
                {"nonsense": True},
            ],
        }
    )

    assert [type(outcome) for outcome in outcomes] == [WorkItem, RefusedError, WholeBatchError, WholeBatchError]
    assert "Whole Bulk" in str(outcomes[2])


def test_a_batch_answer_of_another_length_is_nobodys_result() -> None:
    with pytest.raises(WholeBatchError, match="another number"):
        together([change(1, []), change(2, [])]).read({"count": 1, "value": [entry(200, ITEM)]})


@pytest.mark.parametrize(
    ("status", "named", "told"),
    [
        (401, "5f0c1d3a-6c1e-4c57-9a55-1f2e8c3b7a10", True),
        (401, "00000000-0000-0000-0000-000000000000", False),  # connected to no tenant
        (401, "<script>", False),
        (404, "5f0c1d3a-6c1e-4c57-9a55-1f2e8c3b7a10", False),
    ],
)
def test_a_refused_credential_hears_of_the_tenant_that_would_do(status: int, named: str, told: bool) -> None:
    with pytest.raises(BridgeError) as refused:
        judge(answer(status, x_vss_resourcetenant=named), changes=False)

    assert (named in refused.value.hint) is told
