"""Personal access tokens: the official examples, and every way in which the service says no."""

import json
from datetime import UTC, datetime

import pytest

from shared.azure_devops import personal_access_tokens as pats
from shared.azure_devops.organisation import Call
from shared.errors import CredentialError, RefusedError, UnknownError
from tests.unit.canned import JSON, Answering, example, ok

SINCE = datetime(2026, 11, 20, tzinfo=UTC)


def read[T](call: Call[T], path: str) -> T:
    found: T = Answering(example(path)).do(call)
    return found


def test_a_new_token_and_a_list_of_them() -> None:
    made = read(pats.create_token("new_token", ("app_token",), SINCE), "tokens/7.1/Pats/CreatePat")
    page = read(pats.list_tokens(), "tokens/7.1/Pats/ListPats")

    assert made.value == "dip55dwf4vpitomw63jzvomefmi2jluguprzwwqwuc6xq4fhocwq"
    assert made.value not in repr(made)
    assert made.token.valid_to == datetime(2020, 12, 1, 23, 46, 23, 320000, UTC)
    assert [token.name for token in page.entries] == ["all_access_token", "work_token", "new_token", "analytics_token"]
    assert page.entries[0].organisations is None
    assert page.entries[1].organisations == ("38aaa865-2c70-4bf7-a308-0c6539c38c1a",)
    assert page.continuation == ""


def test_one_token_is_read_changed_and_revoked() -> None:
    assert read(pats.get_token("x"), "tokens/7.1/Pats/GetPat").scopes == ("vso.analytics",)
    assert read(pats.update_token("x", name="y"), "tokens/7.1/Pats/UpdatePat").name == "updated_token"
    read(pats.revoke_token("x"), "tokens/7.1/Pats/RevokePat")


@pytest.mark.parametrize("status", [203, 302, 401])
def test_only_users_manage_tokens_whatever_the_service_says(status: int) -> None:
    with pytest.raises(CredentialError, match="Only a user can manage personal access tokens"):
        Answering((status, {"content-type": "text/html"}, b"<html>Sign In</html>")).do(pats.list_tokens())


def test_a_refusal_of_access_is_one_of_the_credential() -> None:
    body = json.dumps({"message": "no", "typeKey": "InvalidAccessException"}).encode()
    with pytest.raises(CredentialError, match="Only a user"):
        Answering((400, JSON, body)).do(pats.list_tokens())
    with pytest.raises(RefusedError, match="no"):
        Answering((400, JSON, b'{"message": "no"}')).do(pats.list_tokens())


@pytest.mark.parametrize("word", ["accessDenied", "invalidUserType", "userIdRequired"])
def test_a_word_for_not_being_a_user(word: str) -> None:
    with pytest.raises(CredentialError, match="Only a user"):
        Answering(ok({"patToken": None, "patTokenError": word})).do(pats.get_token("x"))


def test_a_word_that_nobody_knows_yet_is_shown_with_the_services_message() -> None:
    answer = ok({"patToken": None, "patTokenError": "newPolicy", "patTokenErrorMessage": "Not on Sundays."})

    with pytest.raises(RefusedError, match="Not on Sundays") as refused:
        Answering(answer).do(pats.create_token("x", ("vso.work",), SINCE))
    assert refused.value.rule == "newPolicy"


def test_a_new_token_without_a_value_may_exist() -> None:
    with pytest.raises(UnknownError):
        Answering(ok({"patToken": {"token": None}, "patTokenError": "none"})).do(
            pats.create_token("x", ("vso.work",), SINCE)
        )
