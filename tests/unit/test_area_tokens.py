"""Personal access tokens: the official examples, and every way in which the service says no."""

import json
from datetime import UTC, datetime
from typing import Any

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


EVERY: dict[str, Call[Any]] = {
    "list": pats.list_tokens(),
    "get": pats.get_token("x"),
    "create": pats.create_token("x", ("vso.work",), SINCE),
    "update": pats.update_token("x", name="y"),
    "revoke": pats.revoke_token("x"),
}
HTML = {"content-type": "text/html"}
DENIED = json.dumps({"message": "no", "typeKey": "InvalidAccessException"}).encode()


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(
    "answer",
    [
        (203, HTML, b"<html>Sign In</html>"),
        (302, {**HTML, "location": "https://spsprodeus.example/_signin"}, b"Object moved"),
        (401, {}, b""),
        (401, JSON, b'{"message": "TF400813: The user is not authorized to access this resource."}'),
        (400, JSON, DENIED),
        (403, JSON, DENIED),
        *(
            ok({"patToken": None, "patTokenError": word})
            for word in ("accessDenied", "invalidUserType", "userIdRequired")
        ),
    ],
    ids=["page", "redirect", "nothing", "TF400813", "400", "403", "accessDenied", "invalidUserType", "userIdRequired"],
)
def test_only_users_manage_tokens_whatever_the_service_says(name: str, answer: Any) -> None:
    if name == "list" and b"patTokenError" in answer[2]:
        pytest.skip("a list has no such word")
    with pytest.raises(CredentialError, match="Only a user can manage personal access tokens") as refused:
        Answering(answer).do(EVERY[name])
    assert "service principal" in refused.value.hint


def test_another_refusal_is_none_of_the_credential() -> None:
    with pytest.raises(RefusedError, match="no"):
        Answering((400, JSON, b'{"message": "no"}')).do(pats.list_tokens())


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
