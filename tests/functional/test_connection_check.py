"""What a connection can do, said in the order in which things fail, for every kind of credential."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.tickets.upkeep.rounds import Round
from tests.functional.bridge import eventually
from tests.functional.entra_admin import KINDS, OF_ENTRA, TOKENS, EntraAdmin, grant, refuse, working
from tests.functional.test_reconcile import start

pytestmark = [pytest.mark.slow, pytest.mark.every_case]


class TestCheck:
    def steps(self, admin: EntraAdmin) -> dict[str, dict[str, Any]]:
        answer = admin.bridge.ask("POST", f"connections/{admin.bridge.name}/check")
        assert answer.status_code == 200, answer.text
        return {step["name"]: step for step in answer.json()["steps"]}

    @pytest.mark.parametrize("kind", KINDS)
    def test_all_is_well(self, admin: EntraAdmin, kind: str) -> None:
        made = working(admin, kind)

        found = self.steps(admin)

        assert list(found) == [
            "token", "member", "work_items_read", "work_items_create", "service_hooks", "code"
        ]  # fmt: skip
        assert all(step["ok"] for step in found.values()), found
        assert ("personal access token" if kind in TOKENS else made.principal) in found["token"]["message"]
        assert made.principal not in json.dumps(found) or kind not in TOKENS
        assert admin.bridge.work_items() == []

    def test_no_token(self, admin: EntraAdmin) -> None:
        made = working(admin, "client_secret")
        admin.change(made.principal, secret_expired=True)
        admin.revoke(made.principal)
        admin.bridge.stack.kill("functions")  # which still has a token
        admin.bridge.stack.start_functions()

        found = self.steps(admin)

        assert list(found) == ["token"]
        assert "AADSTS7000222" in found["token"]["message"]
        assert "new client secret" in found["token"]["hint"]

    @pytest.mark.parametrize("kind", OF_ENTRA)
    def test_no_member_and_how_to_become_one(self, admin: EntraAdmin, kind: str) -> None:
        made = working(admin, kind)
        object_id = admin.join(made.principal)
        admin.leave(made.principal)

        found = self.steps(admin)

        assert [step["ok"] for step in found.values()] == [True, False]
        assert "TF401444" in found["member"]["message"]
        assert f"object id {object_id}" in found["member"]["hint"]
        assert "access level Basic" in found["member"]["hint"]

    @pytest.mark.parametrize("kind", TOKENS)
    def test_a_token_that_is_not_accepted(self, admin: EntraAdmin, kind: str) -> None:
        refuse(admin, working(admin, kind))

        found = self.steps(admin)

        assert [step["ok"] for step in found.values()] == [True, False]
        assert found["member"]["hint"]

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize(
        ("rights", "missing"),
        [
            ({"may_write": False}, {"work_items_create": "Edit work items in this node"}),
            ({"may_administer": False}, {"service_hooks": "View and Edit subscriptions (ServiceHooks)"}),
            ({"may_read_code": False}, {"code": "access level Basic"}),
        ],
        ids=["work items", "service hooks", "code"],
    )
    def test_missing_rights_are_named(
        self, admin: EntraAdmin, kind: str, rights: dict[str, Any], missing: dict[str, str]
    ) -> None:
        made = working(admin, kind)
        grant(admin, made, **rights)

        found = self.steps(admin)

        assert {name for name, step in found.items() if not step["ok"]} == set(missing)
        assert all(words.lower() in found[name]["hint"].lower() for name, words in missing.items())

    def test_no_answer_is_no_missing_right(self, admin: EntraAdmin) -> None:
        working(admin, "client_secret")
        admin.bridge.fault("GET .*/_apis/wit/workitemtypes.*", "status:503", times=9)

        found = self.steps(admin)

        assert [name for name, step in found.items() if step["passing"]] == ["work_items_read"]
        assert "may not" not in found["work_items_read"]["message"]
        health = admin.bridge.ask("GET", f"connections/{admin.bridge.name}").json()["health"]
        assert (health["missing_rights"], health["rights_tried_at"]) == ([], None)

    @pytest.mark.parametrize(
        ("scopes", "missing"),
        [
            (["vso.work"], {"work_items_create": "vso.work_write", "code": "vso.code"}),
            (["vso.work_write", "vso.code"], {}),
            (["vso.code"], dict.fromkeys(("work_items_read", "work_items_create"), "vso.work_write")),
        ],
    )
    @pytest.mark.parametrize("kind", TOKENS)
    def test_missing_scopes_are_named(
        self, admin: EntraAdmin, kind: str, scopes: list[str], missing: dict[str, str]
    ) -> None:
        made = working(admin, kind)
        grant(admin, made, scopes=scopes)

        found = self.steps(admin)

        assert {name for name, step in found.items() if not step["ok"]} - {"service_hooks"} == set(missing)
        assert all(words in found[name]["hint"] for name, words in missing.items())


def test_a_right_that_is_taken_away_is_found_by_night_and_told(admin: EntraAdmin) -> None:
    bridge, made = admin.bridge, working(admin, "client_secret")

    def night() -> dict[str, Any]:
        """Return how the connection is doing after rights were tried once more."""
        before = health()["rights_tried_at"]
        if before:  # storage tells the time in seconds: another round within the same one would say the same
            later = datetime.fromisoformat(before) + timedelta(seconds=1)
            eventually(lambda: datetime.now(UTC) > later, what="another second")
        start(bridge, Round.RIGHTS)
        eventually(lambda: health()["rights_tried_at"] != before, what="the round")
        return health()

    def health() -> dict[str, Any]:
        found: dict[str, Any] = bridge.ask("GET", f"connections/{bridge.name}").json()["health"]
        return found

    assert night()["missing_rights"] == []
    grant(admin, made, may_write=False)

    (missing,) = night()["missing_rights"]
    night()

    assert missing["name"] == "work_items_create"
    assert "Edit work items in this node" in missing["hint"]
    assert [alert["kind"] for alert in bridge.alerts()] == ["right_missing"]
