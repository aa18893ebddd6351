"""Personal access tokens through the API: created into Key Vault, listed, shown, changed, revoked; every refusal."""

import json
from typing import Any

import pytest
import requests

from local.stack import Stack
from shared.azure_devops.token_errors import ONLY_A_USER
from tests.functional.bridge import Bridge
from tests.functional.entra_admin import EntraAdmin, working
from tests.functional.token_owner import TokenOwner, in_days

NOBODY = "/00000000-0000-0000-0000-000000000001"


@pytest.fixture(scope="module")
def shared(stack: Stack) -> TokenOwner:
    """A user whom all tests of this module may share that only ask."""
    return TokenOwner.fresh(stack)


@pytest.fixture
def owner(stack: Stack) -> TokenOwner:
    return TokenOwner.fresh(stack)


def problem(answer: requests.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    return dict(answer.json())


def said(answer: requests.Response, status: int) -> str:
    return json.dumps(problem(answer, status), ensure_ascii=False)


def test_a_new_tokens_value_is_in_key_vault_and_in_no_answer(owner: TokenOwner) -> None:
    answer = owner.ask("POST", json=owner.wanted(scopes=["vso.work_write", "vso.code", "vso.code"]))

    made, value = answer.json(), owner.value()
    assert (answer.status_code, made["scopes"], made["warnings"]) == (201, ["vso.code", "vso.work_write"], [])
    assert owner.opens(value)
    assert made["secret"]["name"] == owner.secret
    assert owner.bridge.stack.vault.get(owner.secret, made["secret"]["version"]) == value
    assert value not in answer.text

    where = answer.headers["Location"].partition("/api/")[2]
    shown = owner.bridge.ask("GET", where)
    assert shown.json() == {name: made[name] for name in made if name not in ("secret", "warnings")}
    assert value not in shown.text


def test_a_token_is_changed_then_revoked(owner: TokenOwner) -> None:
    made, value = owner.create(), owner.value()
    where, end = f"/{made['authorization_id']}", in_days(3)

    changed = owner.ask("PUT", where, json={"name": "renamed", "valid_to": end, "scopes": ["vso.work"]}).json()
    assert (changed["name"], changed["scopes"], changed["warnings"]) == ("renamed", ["vso.work"], [])
    assert changed["valid_to"][:19] == end[:19]
    assert owner.opens(value)

    assert owner.ask("DELETE", where).status_code == 204
    assert not owner.opens(value)
    assert (owner.names(), owner.names(show="revoked")) == ([], ["renamed"])
    problem(owner.ask("PUT", where, json={"name": "again"}), 404)


def test_pages_have_every_token_once_in_the_order_that_is_asked_for(owner: TokenOwner) -> None:
    for name in ("b", "a", "c"):
        owner.create(name)

    assert owner.names(limit="2") == ["a", "b", "c"]
    assert owner.names(limit="1", descending="true") == ["c", "b", "a"]
    page = owner.ask("GET", params={"limit": "2"}).json()
    other = owner.ask("GET", params={"continuation": page["continuation"], "show": "all"})
    assert "another list" in said(other, 400)


def test_a_shorter_life_than_asked_for_is_said(owner: TokenOwner) -> None:
    owner.policy(lifespan_days=10, over="clamp")

    made = owner.create(valid_to=in_days(90))

    assert made["valid_to"][:10] == in_days(10)[:10]
    assert "only, not until" in made["warnings"][0]
    changed = owner.ask("PUT", f"/{made['authorization_id']}", json={"valid_to": in_days(60)}).json()
    assert len(changed["warnings"]) == 1


@pytest.mark.parametrize(
    ("policy", "changes", "status", "words"),
    [
        ({"lifespan_days": 10, "over": "refuse"}, {"valid_to": in_days(90)}, 422, "maximum personal access token life"),
        ({"refuses": ["disablePatCreationPolicyViolation"]}, {}, 422, "allow list"),
        ({"refuses": ["fullScopePatPolicyViolation"]}, {"scopes": [], "full_access": True}, 422, "full-scoped"),
        ({"refuses": ["failedToReadTenantPolicy"]}, {}, 503, "failedToReadTenantPolicy"),
    ],
)
def test_what_a_policy_forbids_is_explained_and_stores_nothing(
    owner: TokenOwner, policy: dict[str, Any], changes: dict[str, Any], status: int, words: str
) -> None:
    owner.policy(**policy)

    assert words in said(owner.ask("POST", json=owner.wanted(**changes)), status)

    assert owner.value() == ""
    assert owner.names(show="all") == []


def test_full_access_takes_its_own_word(owner: TokenOwner) -> None:
    made = owner.create(scopes=[], full_access=True)

    assert (made["full_access"], made["scopes"]) == (True, [])


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"scopes": ["vso.everything"]}, "/scopes/0", "there are vso.advsec, "),
    ({"scopes": ["app_token"]}, "/scopes/0", "full_access"),
    ({"scopes": []}, "", "needs scopes"),
    ({"full_access": True}, "", "either scopes or full_access"),
    ({"allOrgs": True}, "/allOrgs", "1 December 2026"),
    ({"all_organisations": True}, "/all_organisations", "one in each organisation"),
    ({"valid_to": "2020-01-01T00:00:00Z"}, "/valid_to", "future"),
    ({"valid_to": "2099-01-01T00:00:00"}, "/valid_to", "timezone"),
    ({"secret": "connection-contoso-1"}, "/secret", "must not begin with connection-"),
    ({"secret": "a/b"}, "/secret", "pattern"),
    ({"name": " "}, "/name", "at least 1"),
    ({"token": "mine"}, "/token", "not a field"),
]


@pytest.mark.parametrize(("changes", "field", "words"), WRONG)
def test_what_is_wrong_is_said_before_any_call(
    shared: TokenOwner, changes: dict[str, Any], field: str, words: str
) -> None:
    before = len(shared.bridge.asked())

    found = problem(shared.ask("POST", json=shared.wanted(**changes)), 422)

    assert [(one["field"], words in one["message"]) for one in found["problems"]] == [(field, True)]
    assert len(shared.bridge.asked()) == before


def test_a_change_of_nothing_is_none(shared: TokenOwner) -> None:
    assert "changes nothing" in said(shared.ask("PUT", NOBODY, json={}), 422)


@pytest.mark.parametrize("query", [{"show": "none"}, {"sort": "id"}, {"descending": "maybe"}, {"limit": "0"}])
def test_a_query_that_cannot_be_used(shared: TokenOwner, query: dict[str, str]) -> None:
    assert problem(shared.ask("GET", params=query), 400)["problems"][0]["field"] in query


@pytest.mark.parametrize("where", [NOBODY, "/not-an-id"])
def test_a_token_that_is_not_there(shared: TokenOwner, where: str) -> None:
    problem(shared.ask("GET", where), 404)
    problem(shared.ask("PUT", where, json={"name": "x"}), 404)
    problem(shared.ask("DELETE", where), 404)


def test_an_expired_token_is_shown_and_not_extended(owner: TokenOwner) -> None:
    made = owner.create()
    owner.bridge.control("PUT", f"personal-access-tokens/{owner.value()}", {"valid_to": "2026-01-01T00:00:00Z"})

    refused = owner.ask("PUT", f"/{made['authorization_id']}", json={"valid_to": in_days(3)})
    assert "Create a new one" in said(refused, 422)
    assert (owner.names(), owner.names(show="expired")) == ([], ["sonar"])


@pytest.mark.parametrize("kind", ["personal_access_token", "client_secret", "managed_identity"])
def test_only_a_user_manages_tokens(admin: EntraAdmin, kind: str) -> None:
    working(admin, kind)
    owner = TokenOwner(admin)
    before = len(owner.bridge.asked())

    for method, rest, body in (("GET", "", None), ("POST", "", owner.wanted()), ("DELETE", NOBODY, None)):
        assert ONLY_A_USER in said(owner.ask(method, rest, json=body), 422)

    assert len(owner.bridge.asked()) == before


def test_a_secret_of_somebody_else_is_only_replaced_on_purpose(owner: TokenOwner) -> None:
    owner.bridge.stack.vault.set(owner.secret, "another program's password")

    assert "replace_secret" in said(owner.ask("POST", json=owner.wanted()), 409)
    assert owner.value() == "another program's password"
    assert owner.names(show="all") == []

    owner.create(replace_secret=True)
    assert owner.opens(owner.value())
    owner.create("the next one")  # which is ours now


def vault_fault(owner: TokenOwner, fault: str, times: int = 4) -> None:
    match = f"PUT /secrets/{owner.secret}.*"
    url = f"{owner.bridge.stack.addresses.key_vault}/_simulator/faults"
    answer = owner.admin.session.post(url, json={"match": match, "times": times, "fault": fault}, timeout=10)
    assert answer.ok, answer.text


def test_a_token_whose_value_cannot_be_stored_is_revoked(owner: TokenOwner) -> None:
    vault_fault(owner, "status:403")

    assert "store the secret" in said(owner.ask("POST", json=owner.wanted()), 503)

    assert (owner.names(), owner.names(show="revoked"), owner.value()) == ([], ["sonar"], "")


def test_a_token_that_can_neither_be_stored_nor_revoked_is_named(owner: TokenOwner) -> None:
    vault_fault(owner, "status:403")
    owner.bridge.fault("DELETE .*pats.*", "status:500")

    found = said(owner.ask("POST", json=owner.wanted()), 503)

    (token,) = owner.ask("GET").json()["personal_access_tokens"]
    assert token["authorization_id"] in found
    assert "could not be revoked" in found


def test_a_lost_answer_of_azure_devops_says_how_to_find_what_was_made(owner: TokenOwner) -> None:
    owner.bridge.fault("POST .*pats.*", "drop_after")

    found = said(owner.ask("POST", json=owner.wanted("lost")), 503)

    assert "Look for “lost”" in found
    assert (owner.names(), owner.value()) == (["lost"], "")


def test_a_connection_that_is_not_there(bridge: Bridge) -> None:
    problem(bridge.ask("GET", "connections/not-there/personal-access-tokens"), 404)
