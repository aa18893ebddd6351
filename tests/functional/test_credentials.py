"""Every kind of credential: a work item through it, and what happens when it ends, is refused, and is mended."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.simulators.directory import AZURE_DEVOPS, BRIDGE_CLIENT_ID
from tests.functional.bridge import Bridge, eventually
from tests.functional.entra_admin import KINDS, OF_ENTRA, TOKENS, Case, EntraAdmin, case, mend, refuse, working

pytestmark = [pytest.mark.slow, pytest.mark.every_case]

SHORT = 3
"""Seconds that a token lives, where a test waits for its end."""


def is_well(bridge: Bridge) -> bool:
    return bridge.ask("GET", f"connections/{bridge.name}").json()["health"]["problem"] is None


def problem(bridge: Bridge) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = bridge.ask("GET", f"connections/{bridge.name}").json()["health"]["problem"]
        return dict(found) if found else None

    return eventually(look, what="the problem")


@pytest.fixture
def lasting(admin: EntraAdmin) -> Iterator[None]:
    """Whatever a test does to the machine's own identity, the next one finds it as it was."""
    yield
    admin.refuse(BRIDGE_CLIENT_ID, 0, times=0, resource=AZURE_DEVOPS)
    admin.change(BRIDGE_CLIENT_ID, token_lifetime=3600)


@pytest.mark.usefixtures("lasting")
@pytest.mark.parametrize("kind", OF_ENTRA)
def test_a_work_item_is_created_and_again_after_the_token_has_ended(admin: EntraAdmin, kind: str) -> None:
    working(admin, kind, token_lifetime=SHORT)
    bridge = admin.bridge

    first = bridge.until(bridge.send("V1"), "open")
    admin.wait_for_a_new_token()
    second = bridge.until(bridge.send("V2"), "open")

    assert first["work_item"]["id"] != second["work_item"]["id"]
    eventually(lambda: is_well(bridge), what="the end of the problem")


@pytest.mark.parametrize("kind", TOKENS)
def test_a_token_that_expires_makes_tickets_wait_until_there_is_another(admin: EntraAdmin, kind: str) -> None:
    made = working(admin, kind)
    bridge = admin.bridge
    bridge.until(bridge.send("V1"), "open")

    bridge.control("PUT", f"personal-access-tokens/{made.principal}", {"valid_to": "2020-01-01T00:00:00Z"})
    ticket = bridge.send("V2")
    assert problem(bridge)["code"] == "credential"
    mend(admin, made)

    bridge.until(ticket, "open")
    assert len(bridge.work_items()) == 2


# What the machine itself signs in with opens Key Vault, too, and cannot be revoked in Entra either.
@pytest.mark.parametrize("kind", [kind for kind in OF_ENTRA if kind not in ("signed_in_user", "system_assigned")])
def test_revoked_tokens_are_renewed_without_anybody_noticing(admin: EntraAdmin, kind: str) -> None:
    made = working(admin, kind)
    bridge = admin.bridge
    bridge.until(bridge.send("V1"), "open")

    admin.revoke(made.principal)

    bridge.until(bridge.send("V2"), "open")
    eventually(lambda: is_well(bridge), what="the end of the problem")


@pytest.mark.usefixtures("lasting")
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_refused_midway_waits_and_goes_on_once_it_is_mended(admin: EntraAdmin, kind: str) -> None:
    """Nobody saves the connection again, but for a new personal access token: all else is mended in Entra."""
    made = working(admin, kind)
    bridge = admin.bridge
    bridge.until(bridge.send("V1"), "open")

    refuse(admin, made)
    ticket = bridge.send("V2")
    found = problem(bridge)
    assert found["code"] == "credential"
    assert found["hint"]
    assert bridge.ticket(ticket)["status"] == "waiting"
    mend(admin, made)

    bridge.until(ticket, "open")
    assert len(bridge.work_items()) == 2
    eventually(lambda: is_well(bridge), what="the end of the problem")


@pytest.mark.parametrize("kind", OF_ENTRA)
def test_who_leaves_the_organisation_loses_no_ticket(admin: EntraAdmin, kind: str) -> None:
    made = working(admin, kind)
    bridge = admin.bridge

    admin.leave(made.principal)
    ticket = bridge.send("V1")
    assert "TF401444" in problem(bridge)["message"]
    assert bridge.ticket(ticket)["status"] == "waiting"
    admin.join(made.principal)

    bridge.until(ticket, "open")
    assert len(bridge.work_items()) == 1


def test_a_rotated_refresh_token_is_stored_before_it_is_used(admin: EntraAdmin) -> None:
    """Each one works once: without the newest, nobody could sign in again."""
    working(admin, "signed_in_user", token_lifetime=SHORT)
    bridge = admin.bridge
    for number in range(3):
        admin.wait_for_a_new_token()
        bridge.until(bridge.send(f"V{number}"), "open")
    bridge.stack.kill("functions")
    bridge.stack.start_functions()

    bridge.until(bridge.send("after a restart"), "open")


@pytest.mark.parametrize(
    ("kind", "changed", "says"),
    [
        ("client_secret", {"client_secret": "wrong"}, "AADSTS7000215"),
        ("client_secret", {"tenant": "unknown.example"}, "AADSTS90002"),
        ("client_secret", {"client_id": "11111111-2222-3333-4444-555555555555"}, "AADSTS700016"),
        ("user_password", {"password": "wrong"}, "AADSTS50126"),
        ("user_password", {"user_name": "nobody@contoso.example"}, "AADSTS50034"),
    ],
)
def test_a_credential_that_is_wrong_is_not_stored(
    admin: EntraAdmin, kind: str, changed: dict[str, str], says: str
) -> None:
    made = case(admin, kind)
    admin.join(made.principal)

    answer = admin.bridge.connect(credential={**made.credential, **changed})

    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert answer.json()["hint"]
    assert answer.json()["problems"][0]["field"] == "/credential"
    assert admin.bridge.ask("GET", f"connections/{admin.bridge.name}").status_code == 404


@pytest.mark.parametrize("code", [7000222, 50079, 53003, 65001, 50053, 123456])
def test_every_refusal_is_told_with_what_to_do(admin: EntraAdmin, code: int) -> None:
    made = case(admin, "client_secret")
    admin.refuse(made.principal, code)

    answer = admin.bridge.connect(credential=made.credential)

    assert answer.status_code == 422
    assert f"AADSTS{code}" in answer.json()["detail"]
    assert answer.json()["hint"]


def test_entra_that_does_not_answer_is_no_refusal(admin: EntraAdmin) -> None:
    made = case(admin, "client_secret")
    admin.join(made.principal)
    admin.refuse(made.principal, 90033, times=1)

    assert admin.bridge.connect(credential=made.credential).status_code == 503
    assert admin.bridge.connect(credential=made.credential).status_code == 200


def test_a_password_comes_with_a_warning(admin: EntraAdmin) -> None:
    made = case(admin, "user_password")
    admin.join(made.principal)

    shown = admin.bridge.connect(credential=made.credential).json()

    assert "multifactor" in shown["warnings"][0]
    assert shown["credential"] == {name: made.credential[name] for name in shown["credential"]}
    assert "password" not in shown["credential"]


class TestSignIn:
    PATH = "connections/{}/sign-in"

    def start(self, admin: EntraAdmin, **options: Any) -> tuple[Case, dict[str, Any]]:
        made = case(admin, "signed_in_user")
        admin.change(made.credential["client_id"], **options)
        shown = admin.bridge.connect(credential=made.credential).json()
        assert "sign-in" in shown["warnings"][0]
        return made, admin.bridge.ask("POST", self.PATH.format(admin.bridge.name)).json()

    def finish(self, admin: EntraAdmin, **request: Any) -> dict[str, Any]:
        return dict(admin.bridge.ask("GET", self.PATH.format(admin.bridge.name), **request).json())

    def test_another_instance_finishes_what_one_started(self, admin: EntraAdmin) -> None:
        made, started = self.start(admin)
        admin.join(made.principal)
        assert started["verification_uri"].startswith("https://")
        assert started["expires_at"]
        admin.approve(started["user_code"], made.principal)
        admin.bridge.stack.kill("functions")
        admin.bridge.stack.start_functions()

        assert self.finish(admin)["status"] == "done"
        assert self.finish(admin)["status"] == "done"
        shown = admin.bridge.ask("GET", f"connections/{admin.bridge.name}").json()
        assert (shown["identity"], shown["warnings"]) == (made.principal.partition("@")[0], [])
        # To say the same again is no reason to sign in again.
        assert admin.bridge.connect(credential=made.credential).json()["warnings"] == []

    def test_who_declines_or_comes_too_late_is_told(self, admin: EntraAdmin) -> None:
        _, started = self.start(admin)
        admin.control("POST", f"device-codes/{started['user_code']}", {"declined": True})

        assert "declined" in self.finish(admin)["message"]

    def test_a_code_ends(self, admin: EntraAdmin) -> None:
        self.start(admin, device_code_seconds=1)

        ended = eventually(
            lambda: found if (found := self.finish(admin))["status"] == "failed" else None, what="the end"
        )
        assert "expired" in ended["message"]

    def test_who_is_no_member_is_told_and_nothing_is_kept(self, admin: EntraAdmin) -> None:
        made, started = self.start(admin)
        admin.approve(started["user_code"], made.principal)

        assert "TF401444" in self.finish(admin)["message"]
        assert admin.bridge.link().status_code == 422

    def test_there_is_none_before_it_was_started_nor_for_others(self, admin: EntraAdmin) -> None:
        made = case(admin, "client_secret")
        admin.join(made.principal)
        admin.bridge.connect(credential=made.credential)

        path = self.PATH.format(admin.bridge.name)
        assert admin.bridge.ask("GET", path).status_code == 404
        assert admin.bridge.ask("POST", path).status_code == 422
        assert admin.bridge.ask("POST", self.PATH.format("nobody")).status_code == 404


def test_where_an_administrator_agrees(admin: EntraAdmin) -> None:
    made = case(admin, "client_secret")
    path = f"connections/{admin.bridge.name}/consent"
    given = {"client_id": made.principal, "tenant": "customer.example", "redirect": "https://bridge.example/done"}

    before = admin.bridge.ask("GET", path, params=given).json()["url"]
    assert admin.bridge.ask("GET", path).status_code == 422
    admin.join(made.principal)
    admin.bridge.connect(credential=made.credential)
    after = admin.bridge.ask("GET", path).json()["url"]

    assert before.startswith(f"{admin.bridge.stack.addresses.entra}/customer.example/v2.0/adminconsent?")
    assert f"client_id={made.principal}" in before
    assert "redirect_uri=https%3A%2F%2Fbridge.example%2Fdone" in before
    assert f"client_id={made.principal}" in after
