"""Managed tokens through the API and the queue: made, replaced at once, in use, ended; and what is refused."""

import json
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest
import requests

from local.stack import Stack
from shared.azure_devops.token_errors import ONLY_A_USER
from tests.functional.bridge import Bridge, eventually
from tests.functional.stored import messages, rows, texts_of
from tests.functional.test_secrets import files
from tests.functional.token_owner import TokenOwner


@pytest.fixture
def owner(stack: Stack) -> TokenOwner:
    return TokenOwner.fresh(stack)


def body(owner: TokenOwner, **changes: Any) -> dict[str, Any]:
    return {"connection": owner.bridge.name, "secret": owner.secret, "scopes": ["vso.work_write"], **changes}


def ask(owner: TokenOwner, method: str, rest: str = "", **request: Any) -> requests.Response:
    return owner.bridge.ask(method, f"tokens/{owner.bridge.name}{rest}", **request)


def made(owner: TokenOwner, **changes: Any) -> dict[str, Any]:
    """Save a policy, and return the managed token once there is one."""
    answer = ask(owner, "PUT", json=body(owner, **changes))
    assert answer.status_code == 200, answer.text
    return eventually(lambda: with_token(owner), what="the token")


def with_token(owner: TokenOwner) -> dict[str, Any] | None:
    found = ask(owner, "GET").json()
    return dict(found) if found["current"] and not found["rotating"] else None


def said(answer: requests.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return json.dumps(answer.json(), ensure_ascii=False)


def test_it_is_made_after_it_was_asked_for_and_replaced_on_demand(owner: TokenOwner) -> None:
    first = made(owner)
    old = owner.value()
    assert owner.opens(old)
    assert (first["state"], first["problem"], first["retiring"]) == ("active", None, [])

    answer = ask(owner, "POST", "/rotate")

    new = owner.value()
    assert answer.status_code == 200, answer.text
    assert (owner.opens(old), owner.opens(new), old == new) == (True, True, False)
    assert [one["authorization_id"] for one in answer.json()["retiring"]] == [first["current"]["authorization_id"]]
    assert [entry["event"] for entry in answer.json()["journal"]] == ["begun", "stored", "stored"]
    for text in (answer.text, ask(owner, "GET").text, owner.bridge.ask("GET", "tokens").text):
        assert new not in text
        assert old not in text


def test_values_are_in_key_vault_and_nowhere_else(owner: TokenOwner) -> None:
    made(owner)
    first = owner.value()
    assert ask(owner, "POST", "/rotate").ok
    stack = owner.bridge.stack

    found = rows(stack.addresses.storage_connection_string)
    texts = [text for row in found.values() for text in texts_of(row)]
    texts += [*messages(stack.addresses.storage_connection_string), *files(stack)]
    assert owner.secret in "".join(texts)  # the row was looked at
    for value in (first, owner.value()):
        assert not any(value in text or b64encode(f":{value}".encode()).decode() in text for text in texts)


def test_one_that_leaked_is_revoked_at_once(owner: TokenOwner) -> None:
    made(owner)
    old = owner.value()

    assert ask(owner, "POST", "/rotate", params={"revoke_old": "true"}).status_code == 200

    assert (owner.opens(old), owner.opens(owner.value()), len(owner.names())) == (False, True, 1)


def test_the_current_one_is_revoked_on_purpose_only_and_then_replaced(owner: TokenOwner) -> None:
    where = f"/{made(owner)['current']['authorization_id']}"

    assert "the current one of the managed token" in said(owner.ask("DELETE", where), 409)
    assert owner.ask("DELETE", where, params={"confirm": "true"}).status_code == 204
    assert not owner.opens(owner.value())

    url = f"{owner.bridge.stack.addresses.functions}/admin/functions/rotate_tokens"
    key = {"x-functions-key": owner.bridge.stack.addresses.host_key}
    assert owner.bridge.session.post(url, json={}, headers=key, timeout=30).ok
    eventually(lambda: owner.opens(owner.value()), what="another token")


def test_it_ends_with_all_its_tokens(owner: TokenOwner) -> None:
    made(owner)
    assert ask(owner, "POST", "/rotate").ok

    answer = ask(owner, "DELETE")

    assert (answer.status_code, answer.json()["state"]) == (202, "deleting")
    eventually(lambda: ask(owner, "GET").status_code == 404, what="its end")
    assert (owner.names(), len(owner.names(show="revoked")), owner.value()) == ([], 2, "")
    made(owner)  # the name and the secret are free again
    assert owner.opens(owner.value())


def test_a_policy_is_changed_but_not_whose_it_is_and_where(owner: TokenOwner) -> None:
    first = made(owner)

    changed = made(owner, scopes=["vso.code"], overlap_hours=2, rotate_before_days=5, lifetime_days=60)

    assert (changed["overlap_hours"], changed["lifetime_days"]) == (2, 60)
    eventually(lambda: ask(owner, "GET").json()["current"] != first["current"], what="one of the new kind")
    assert "stays" in said(ask(owner, "PUT", json=body(owner, secret=f"{owner.secret}-2")), 409)
    assert "If-Match" not in said(ask(owner, "PUT", json=body(owner), headers={"If-Match": "W/old"}), 412)


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"scopes": ["vso.all"]}, 422, "is not a scope"),
        ({"scopes": []}, 422, "needs scopes"),
        ({"lifetime_days": 10, "rotate_before_days": 10}, 422, "less than lifetime_days"),
        ({"overlap_hours": 0}, 422, "/overlap_hours"),
        ({"connection": "not-there"}, 404, "PUT /api/connections/not-there"),
        ({"secret": "connection-x"}, 422, "must not begin with connection-"),
    ],
)
def test_what_cannot_be_a_policy(owner: TokenOwner, changes: dict[str, Any], status: int, words: str) -> None:
    assert words in said(ask(owner, "PUT", json=body(owner, **changes)), status)
    assert ask(owner, "GET").status_code == 404


def test_only_a_user_has_managed_tokens(bridge: Bridge) -> None:
    wanted = {"connection": bridge.name, "secret": f"sonar-{bridge.name}", "scopes": ["vso.code"]}

    assert ONLY_A_USER in said(bridge.ask("PUT", f"tokens/{bridge.name}", json=wanted), 422)


def test_a_secret_belongs_to_one(owner: TokenOwner) -> None:
    made(owner)
    again = owner.bridge.ask("PUT", f"tokens/{owner.bridge.name}-2", json=body(owner))
    assert "has the secret" in said(again, 409)

    assert "is a managed token's" in said(owner.ask("POST", json=owner.wanted()), 409)
    theirs = f"{owner.secret}-theirs"
    owner.bridge.stack.vault.set(theirs, "another program's password")
    refused = owner.bridge.ask("PUT", f"tokens/{owner.bridge.name}-3", json=body(owner, secret=theirs))
    assert "replace_secret" in said(refused, 409)


def test_a_user_who_can_no_longer_sign_in_is_told_of(owner: TokenOwner) -> None:
    owner.policy(refuses=["disablePatCreationPolicyViolation"])
    assert ask(owner, "PUT", json=body(owner)).status_code == 200

    found = eventually(lambda: ask(owner, "GET").json()["problem"], what="the problem")
    assert "allow list" in found["hint"]
    (alert,) = eventually(owner.bridge.alerts, what="the alert")
    assert (alert["kind"], alert["severity"]) == ("token", "error")
    assert "allow list" in said(ask(owner, "POST", "/rotate"), 422)

    owner.policy()
    assert ask(owner, "POST", "/rotate").json()["problem"] is None
    assert owner.opens(owner.value())


def test_what_is_not_there(bridge: Bridge) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate")):
        assert "PUT /api/tokens/not-there" in said(bridge.ask(method, f"tokens/not-there{path}"), 404)
    assert said(bridge.ask("PUT", "tokens/NOT", json={"connection": "c", "secret": "s", "scopes": ["vso.code"]}), 400)


def test_a_connection_that_signs_in_with_it_follows_it(owner: TokenOwner) -> None:
    made(owner, scopes=["vso.work_write", "vso.project"])
    bridge = replace(owner.bridge, name=f"{owner.bridge.name}-t")
    url = f"{bridge.stack.addresses.azure_devops}/{owner.bridge.name}"
    credential = {"kind": "managed_token", "token": owner.bridge.name}
    saved = bridge.connect(url=url, credential=credential)
    assert saved.status_code == 200, saved.text
    assert saved.json()["credential"] == credential
    assert bridge.link().ok
    first = bridge.until(bridge.send("V1"), "open")

    assert ask(owner, "POST", "/rotate", params={"revoke_old": "true"}).ok
    second = bridge.until(bridge.send("V2"), "open")

    assert first["work_item"]["id"] != second["work_item"]["id"]
    assert f"The connection {bridge.name} signs in" in said(ask(owner, "DELETE"), 409)
    assert "made as the user" in said(owner.bridge.ask("DELETE", f"connections/{owner.bridge.name}"), 409)

    own = {"kind": "personal_access_token", "token": bridge.token}
    assert bridge.connect(url=url, credential=own).status_code == 200
    assert owner.opens(owner.value())  # the secret was not the connection's to delete
    assert bridge.connect(url=url, credential=credential).status_code == 200
    assert bridge.ask("DELETE", f"connections/{bridge.name}").status_code == 202
    eventually(lambda: bridge.ask("GET", f"connections/{bridge.name}").status_code == 404, what="its end")
    assert owner.opens(owner.value())


def test_a_connection_whose_token_is_refused_has_another_one_within_seconds(owner: TokenOwner) -> None:
    current = made(owner, scopes=["vso.work_write", "vso.project"])["current"]
    bridge = replace(owner.bridge, name=f"{owner.bridge.name}-t")
    url = f"{bridge.stack.addresses.azure_devops}/{owner.bridge.name}"
    assert bridge.connect(url=url, credential={"kind": "managed_token", "token": owner.bridge.name}).ok
    assert bridge.link().ok
    bridge.until(bridge.send("V1"), "open")

    assert owner.ask("DELETE", f"/{current['authorization_id']}", params={"confirm": "true"}).status_code == 204
    bridge.until(bridge.send("V2"), "open")  # no timer of tokens runs in these tests

    assert owner.opens(owner.value())
    health = bridge.ask("GET", f"connections/{bridge.name}").json()["health"]
    assert (health["paused_until"], health["problem"]) == (None, None)


def test_one_that_stands_in_a_finding_is_replaced_and_revoked_and_a_person_hears_of_it_once(owner: TokenOwner) -> None:
    made(owner)
    old = owner.value()
    bridge = replace(owner.bridge, name=f"{owner.bridge.name}-l")
    url = f"{bridge.stack.addresses.azure_devops}/{owner.bridge.name}"
    token = {"kind": "managed_token", "token": owner.bridge.name}
    assert bridge.connect(url=url, credential=token).ok
    assert bridge.link().ok

    for number in (1, 2):
        bridge.send(f"V{number}", description=f"A script has the line\n{old}\n")
    eventually(lambda: not owner.opens(old), what="its end")

    assert owner.opens(owner.value())
    told = eventually(owner.bridge.alerts, what="the alert")
    assert [one["kind"] for one in told] == ["token_leaked"]
    assert "the vulnerability V" in told[0]["message"]
    assert old not in str(told)
    assert "leaked" in [entry["event"] for entry in ask(owner, "GET").json()["journal"]]


def test_tokens_in_use_are_changed_and_revoked_on_purpose_only(owner: TokenOwner) -> None:
    before = made(owner)["current"]
    assert ask(owner, "POST", "/rotate").ok
    current = ask(owner, "GET").json()["current"]

    for held, words in ((before, "may use it until"), (current, "the current one of the managed token")):
        where = f"/{held['authorization_id']}"
        assert words in said(owner.ask("PUT", where, json={"name": "mine"}), 409)
        assert words in said(owner.ask("DELETE", where), 409)
    confirmed = owner.ask("PUT", where, json={"name": "mine"}, params={"confirm": "true"})
    assert (confirmed.status_code, confirmed.json()["name"]) == (200, "mine")


def test_a_managed_token_that_is_not_there_is_no_credential(owner: TokenOwner) -> None:
    answer = owner.bridge.connect(credential={"kind": "managed_token", "token": "not-there"})

    assert "/credential/token" in said(answer, 422)
