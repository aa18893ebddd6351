"""Credentials: what may be sent, what Entra's refusals mean, and when a token is renewed."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.azure_devops.answers import Answer, judge
from shared.connections.credentials.answers import refused, refused_text
from shared.connections.credentials.bearer import Bearer
from shared.connections.credentials.credential import AccessToken, claims_of
from shared.connections.credentials.models import CredentialRequest
from shared.connections.models import ConnectionRequest
from shared.errors import BridgeError, CredentialError, RejectedRequestError, TransientError
from shared.validation import validated

ID = "11111111-2222-3333-4444-555555555555"
APPLICATION = {"kind": "service_principal", "tenant": "contoso.example", "client_id": ID}
FOR_USERS = {"tenant": ID, "client_id": ID}
USER = {"kind": "user_password", **FOR_USERS, "user_name": "a@contoso.example", "password": "canary"}


def credential(value: Any) -> CredentialRequest:
    body = {"url": "https://dev.azure.com/contoso", "credential": value}
    found = validated(ConnectionRequest, body, what="connection").credential
    assert found
    return found


class TestRequest:
    @pytest.mark.parametrize(
        ("value", "details"),
        [
            ({"kind": "personal_access_token", "token": "x" * 52}, {}),
            ({"kind": "personal_access_token", "token": "x" * 84}, {}),
            ({**APPLICATION, "client_secret": "canary"}, {"proof": "client_secret"}),
            ({**APPLICATION, "federated": True}, {"proof": "federated"}),
            (
                {**APPLICATION, "federated": True, "managed_identity": ID},
                {"proof": "federated", "managed_identity": ID},
            ),
            ({"kind": "managed_identity"}, {}),
            ({"kind": "managed_identity", "client_id": ID}, {"client_id": ID}),
            (USER, {"user_name": "a@contoso.example"}),
            ({"kind": "signed_in_user", **FOR_USERS}, {"tenant": ID}),
        ],
    )
    def test_what_may_be_shown_and_what_may_not(self, value: dict[str, Any], details: dict[str, str]) -> None:
        found = credential(value)

        account = found.account()
        assert account.kind == value["kind"]
        assert details.items() <= account.details.items()
        assert "canary" not in f"{account} {found} {found!r} {found.model_dump_json()}"
        assert bool(found.secret()) is ("canary" in str(value) or "x" * 52 in str(value))

    @pytest.mark.parametrize(
        ("value", "field"),
        [
            (APPLICATION, "/credential"),
            ({**APPLICATION, "client_secret": "canary", "federated": True}, "/credential"),
            ({**APPLICATION, "client_secret": "canary", "managed_identity": ID}, "/credential"),
            ({**APPLICATION, "client_secret": ""}, "/credential/client_secret"),
            ({**APPLICATION, "federated": False}, "/credential/federated"),
            ({**APPLICATION, "certificate": "canary"}, "/credential/certificate"),
            ({**APPLICATION, "client_secret": "canary", "tenant": "../canary"}, "/credential/tenant"),
            ({**APPLICATION, "client_secret": "canary", "client_id": "canary"}, "/credential/client_id"),
            ({**USER, "user_name": "canary"}, "/credential/user_name"),
            ({**USER, "user_name": "../canary@contoso.example"}, "/credential/user_name"),
            ({**USER, "token": "canary"}, "/credential/token"),
            (
                {"kind": "signed_in_user", **FOR_USERS, "refresh_token": "canary"},
                "/credential/refresh_token",
            ),
            ({"kind": "canary"}, "/credential/kind"),
            ({"tenant": "canary"}, "/credential/kind"),
            ("canary", "/credential"),
        ],
    )
    def test_what_is_wrong_is_named_and_not_repeated(self, value: Any, field: str) -> None:
        with pytest.raises(RejectedRequestError) as caught:
            credential(value)

        assert [problem.field for problem in caught.value.problems] == [field]
        assert "canary" not in f"{caught.value} {caught.value.hint} {caught.value.problems}"


class TestRefusals:
    @pytest.mark.parametrize(
        ("code", "says"),
        [
            (7000215, "client secret is wrong"),
            (7000222, "client secret has expired"),
            (90002, "no such tenant"),
            (700016, "not known in the tenant"),
            (50076, "second factor"),
            (50079, "second factor"),
            (53003, "conditional access"),
            (50126, "password is wrong"),
            (700082, "expired or was revoked"),
            (50173, "expired or was revoked"),
            (65001, "agreed"),
            (4242, "refused"),
        ],
    )
    def test_each_says_what_is_wrong_and_what_to_do(self, code: int, says: str) -> None:
        error = refused({"error": "invalid_grant", "error_description": f"AADSTS{code}: canary"})

        assert isinstance(error, CredentialError)
        assert says in error.message
        assert f"AADSTS{code}" in error.message
        assert error.hint
        assert "canary" not in f"{error} {error.hint}"

    @pytest.mark.parametrize("name", ["temporarily_unavailable", "server_error"])
    def test_what_passes_is_no_refusal(self, name: str) -> None:
        assert isinstance(refused({"error": name}), TransientError)

    def test_what_discovery_says_of_a_tenant(self) -> None:
        assert isinstance(refused_text('{"error_description": "AADSTS90002: Tenant"}'), CredentialError)
        assert isinstance(refused_text("Expecting value: line 1"), TransientError)

    @given(st.dictionaries(st.sampled_from(["error", "error_description", "x"]), st.none() | st.text() | st.integers()))
    def test_whatever_comes_is_one_of_our_errors(self, answer: dict[str, Any]) -> None:
        assert isinstance(refused(answer), BridgeError)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_who_is_no_member_has_a_credential_problem_whatever_the_status(status: int) -> None:
    """A ticket must wait for it, and not fail."""
    body = json.dumps({"message": "TF401444: Sign-in required."}).encode()

    with pytest.raises(CredentialError, match="TF401444"):
        judge(Answer(status, {}, body), changes=True)


class TestBearer:
    def bearer(self, *lifetimes: float, refused_for: float = 60) -> Bearer:
        left = list(enumerate(lifetimes))

        def obtain() -> AccessToken:
            number, seconds = left.pop(0)
            if seconds < 0:
                raise CredentialError("no", hint="mend it")
            return AccessToken(f"t{number}", seconds)

        return Bearer(obtain, refused_for=refused_for)

    def test_a_token_is_kept_until_it_is_about_to_end(self) -> None:
        assert {self.bearer(3600).authorization(renew=False) for _ in range(3)} == {"Bearer t0"}
        short = self.bearer(0, 3600)
        assert [short.authorization(renew=False) for _ in range(3)] == ["Bearer t0", "Bearer t1", "Bearer t1"]

    def test_a_refused_one_is_renewed_once_however_many_threads_had_it(self) -> None:
        bearer = self.bearer(3600, 3600)  # a third would fail
        together = threading.Barrier(8)

        def use(_: int) -> str:
            bearer.authorization(renew=False)
            together.wait()
            return bearer.authorization(renew=True)

        with ThreadPoolExecutor(8) as threads:
            assert set(threads.map(use, range(8))) == {"Bearer t1"}

    def test_a_refusal_is_remembered_for_a_while_and_not_longer(self) -> None:
        bearer = self.bearer(-1, 3600)
        for _ in range(3):
            with pytest.raises(CredentialError, match="no") as caught:
                bearer.authorization(renew=False)
            assert caught.value.hint == "mend it"

        soon = self.bearer(-1, 3600, refused_for=0)
        with pytest.raises(CredentialError):
            soon.authorization(renew=False)
        assert soon.authorization(renew=False) == "Bearer t1"

    def test_one_that_was_edited_in_key_vault_is_told_and_not_quoted(self) -> None:
        bearer = Bearer(lambda: AccessToken(json.loads("canary")["value"], 60), refused_for=60)

        with pytest.raises(CredentialError, match="form in which this app stores it") as caught:
            bearer.authorization(renew=False)
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)

    def test_none_is_in_a_repr(self) -> None:
        bearer = self.bearer(3600)
        bearer.authorization(renew=False)

        assert "t0" not in f"{bearer!r} {AccessToken('t0', 1)!r}"


@given(st.text())
def test_what_is_no_token_has_no_claims(text: str) -> None:
    assert claims_of(f"Bearer {text}") == {} or text.count(".")
