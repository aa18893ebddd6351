"""The lifecycle of personal access tokens: our client against the simulator."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.azure_devops import personal_access_tokens as tokens
from shared.azure_devops import projects
from shared.azure_devops.organisation import Call
from shared.azure_devops.paging import every
from shared.azure_devops.token_errors import ONLY_A_USER
from shared.errors import BridgeError, CredentialError, NotFoundError, RefusedError, TransientError
from tests.functional.azure_devops_client import APPLICATION, Client, azure_devops, client

SCOPES = ("vso.work_write", "vso.code")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with azure_devops(tmp_path_factory.mktemp("tokens") / "state.db") as address:
        yield address


@pytest.fixture
def contoso(base: str) -> Iterator[Client]:
    with client(base) as made:
        yield made


def in_days(days: float) -> datetime:
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)


def create(contoso: Client, name: str = "bridge", days: float = 7) -> tokens.NewToken:
    return contoso.do(tokens.create_token(name, SCOPES, in_days(days)))


def policy(contoso: Client, **asked: object) -> None:
    contoso.control("POST", "token-policies", {"organization": contoso.name, **asked})


def names(contoso: Client, show: tokens.Show) -> list[str]:
    found = every(contoso.as_bearer("ada"), lambda token: tokens.list_tokens(token, show=show))
    return [token.name for token in found]


def test_a_new_token_opens_the_organisation_until_it_is_revoked(contoso: Client) -> None:
    end = in_days(7)
    made = contoso.do(tokens.create_token("bridge", SCOPES, end))
    holder = contoso.as_token(made.value)
    assert holder.do(projects.who_am_i()).name == "Ada"
    assert (made.token.name, made.token.scopes, made.token.valid_to) == ("bridge", SCOPES, end)
    assert made.value not in repr(made)

    contoso.do(tokens.revoke_token(made.token.authorization_id))

    with pytest.raises(CredentialError):
        holder.do(projects.who_am_i())
    assert (names(contoso, "active"), names(contoso, "revoked")) == ([], ["bridge"])


def test_a_token_may_do_what_its_scopes_say(contoso: Client) -> None:
    made = contoso.do(tokens.create_token("code only", ("vso.code",), in_days(1)))

    with pytest.raises(CredentialError):
        contoso.as_token(made.value).do(projects.work_item_types("Mobile"))


def test_a_token_is_changed_and_keeps_its_value(contoso: Client) -> None:
    made, end = create(contoso), in_days(20)

    contoso.do(tokens.update_token(made.token.authorization_id, name="renamed", valid_to=end))

    changed = contoso.do(tokens.get_token(made.token.authorization_id))
    assert changed == replace(made.token, name="renamed", valid_to=end)
    assert contoso.as_token(made.value).do(projects.who_am_i()).name == "Ada"


def test_an_expired_token_is_neither_accepted_nor_extended(contoso: Client) -> None:
    made = create(contoso)
    contoso.control("PUT", f"personal-access-tokens/{made.value}", {"valid_to": "2026-01-01T00:00:00Z"})

    with pytest.raises(CredentialError):
        contoso.as_token(made.value).do(projects.who_am_i())
    with pytest.raises(RefusedError) as refused:
        contoso.do(tokens.update_token(made.token.authorization_id, valid_to=in_days(3)))
    assert (refused.value.rule, refused.value.hint) == ("expiredPatCannotBeExtended", "Create a new one.")
    assert (names(contoso, "active"), names(contoso, "expired")) == ([], ["bridge"])


def test_a_life_that_is_too_long_is_cut_where_the_service_clamps(contoso: Client) -> None:
    policy(contoso, lifespan_days=10, over="clamp")

    made = create(contoso, days=90)
    assert in_days(9.9) < made.token.valid_to < in_days(10.1)

    changed = contoso.do(tokens.update_token(made.token.authorization_id, valid_to=in_days(90)))
    assert changed.valid_to == made.token.valid_to


def test_a_life_that_is_too_long_is_refused_where_the_service_refuses(contoso: Client) -> None:
    policy(contoso, lifespan_days=10, over="refuse")

    with pytest.raises(RefusedError, match="Enforce maximum personal access token lifespan") as refused:
        create(contoso, days=90)
    assert refused.value.rule == "patLifespanPolicyViolation"
    assert create(contoso, days=9).value


@pytest.mark.parametrize(
    ("word", "kind", "says"),
    [
        ("disablePatCreationPolicyViolation", RefusedError, "The organisation's policy “Restrict"),
        ("failedToReadTenantPolicy", TransientError, "failedToReadTenantPolicy"),
        ("failedToReadOrgPolicy", TransientError, "failedToReadOrgPolicy"),
    ],
)
def test_a_policy_that_forbids_new_tokens_is_named(
    contoso: Client, word: str, kind: type[BridgeError], says: str
) -> None:
    policy(contoso, refuses=[word])

    with pytest.raises(kind, match=says):
        create(contoso)
    assert names(contoso, "all") == []


def test_full_access_may_be_forbidden(contoso: Client) -> None:
    policy(contoso, refuses=["fullScopePatPolicyViolation"])

    with pytest.raises(RefusedError, match="full-scoped"):
        contoso.do(tokens.create_token("all", ("app_token",), in_days(1)))
    assert create(contoso).value


@pytest.mark.parametrize("word", ["globalPATCreationBlocked", "globalPatPolicyViolation"])
def test_tokens_for_all_organisations_are_not_made(contoso: Client, word: str) -> None:
    policy(contoso, refuses=[word])
    wanted = tokens.create_token("everywhere", SCOPES, in_days(1))

    with pytest.raises(RefusedError) as refused:
        contoso.do(replace(wanted, body={**wanted.body, "allOrgs": True}))
    assert refused.value.rule == word


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"displayName": " "}, "displayNameRequired"),
        ({"scope": "everything"}, "invalidScope"),
        ({"validTo": "2020-01-01T00:00:00Z"}, "invalidValidTo"),
    ],
)
def test_what_is_wrong_with_a_request_has_a_word(contoso: Client, changed: dict[str, str], rule: str) -> None:
    wanted = tokens.create_token("bridge", SCOPES, in_days(1))

    with pytest.raises(RefusedError) as refused:
        contoso.do(replace(wanted, body={**wanted.body, **changed}))
    assert refused.value.rule == rule


def test_a_list_of_several_pages_ends_with_its_token(contoso: Client) -> None:
    made = [create(contoso, f"token {number:03}").token for number in range(205)]

    by_name = every(contoso.as_bearer("ada"), lambda token: tokens.list_tokens(token, ascending=False))
    assert [token.name for token in by_name] == [token.name for token in reversed(made)]

    first = contoso.do(tokens.list_tokens())
    with pytest.raises(RefusedError, match="does not belong to this list"):
        contoso.do(tokens.list_tokens(first.continuation, show="all"))


def test_a_token_that_is_not_there_is_not_found(contoso: Client) -> None:
    made = create(contoso)
    contoso.do(tokens.revoke_token(made.token.authorization_id))

    with pytest.raises(NotFoundError):
        contoso.do(tokens.get_token("00000000-0000-0000-0000-000000000001"))
    with pytest.raises(NotFoundError):
        contoso.do(tokens.update_token(made.token.authorization_id, name="again"))


ANY_CALL: list[Call[object]] = [
    tokens.list_tokens(),
    tokens.get_token("x"),
    tokens.create_token("bridge", SCOPES, in_days(1)),
    tokens.update_token("x", name="y"),
    tokens.revoke_token("x"),
]


@pytest.mark.parametrize("call", ANY_CALL, ids=lambda call: f"{call.method}-{len(call.query)}")
def test_only_a_user_can_manage_tokens(contoso: Client, call: Call[object]) -> None:
    contoso.control("POST", "members", {"organization": contoso.name, "object_id": APPLICATION.mail})
    for organisation in (contoso.as_bearer("application"), contoso.as_token(contoso.organization.token())):
        with pytest.raises(CredentialError) as refused:
            organisation.do(call)
        assert refused.value.message == ONLY_A_USER
        assert "service principal" in refused.value.hint


def test_a_sign_in_page_says_it_too(contoso: Client) -> None:
    match = f"GET /{contoso.name}/_apis/tokens/pats"
    contoso.control("POST", "faults", {"match": match, "times": 2, "fault": "sign_in_page"})

    with pytest.raises(CredentialError, match=ONLY_A_USER):
        contoso.do(tokens.list_tokens())


def test_reading_and_changing_take_different_permissions(contoso: Client) -> None:
    reader = contoso.as_bearer("reader")

    assert reader.do(tokens.list_tokens()).entries == []
    with pytest.raises(CredentialError) as refused:
        reader.do(tokens.create_token("bridge", SCOPES, in_days(1)))
    assert "vso.pats_manage" in refused.value.hint
