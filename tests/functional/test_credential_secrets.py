"""The canary's way for every kind of credential: secrets are in Key Vault, tokens in memory, and nothing elsewhere."""

import json
import secrets
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from local.simulators.directory import TENANT
from local.stack import Stack
from tests.functional.bridge import Bridge, eventually
from tests.functional.entra_admin import Case, EntraAdmin, key_and_certificate, sign_in
from tests.functional.stored import messages, rows, texts_of
from tests.functional.test_secrets import files

_ANY_TOKEN = ("eyJhbGciOi", "eyJ0eXAiOi")
"""How every JWT of ours and of the simulator begins: access tokens and client assertions."""


@dataclass
class Watched:
    """An administrator whose bridge's every answer is kept."""

    admin: EntraAdmin
    answers: list[str] = field(default_factory=list)

    def keep(self, answer: requests.Response, *_: Any, **__: Any) -> None:
        if "/_simulator/" not in str(answer.url):
            self.answers.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")


@pytest.fixture
def watched(stack: Stack) -> Watched:
    watched = Watched(EntraAdmin(Bridge.fresh(stack, linked=False)))
    watched.admin.bridge.session.hooks["response"].append(watched.keep)
    return watched


def canary() -> str:
    return f"canary{secrets.token_hex(24)}"


def test_a_client_secret(watched: Watched) -> None:
    right, wrong = canary(), canary()
    made = watched.admin.application(client_secret=right)
    account = {"kind": "service_principal", "tenant": TENANT, "client_id": made["client_id"]}
    case = Case("client_secret", {**account, "client_secret": right}, made["client_id"])

    used_and_refused(watched, case, {**account, "client_secret": wrong})

    assert found_in_vault(watched, "client_secret") == right
    nowhere_else(watched, right, wrong)


@pytest.mark.slow
def test_a_certificate(watched: Watched) -> None:
    pem, certificate = key_and_certificate()
    other, _ = key_and_certificate()
    made = watched.admin.application(certificate=certificate)
    account = {"kind": "service_principal", "tenant": TENANT, "client_id": made["client_id"]}
    case = Case("certificate", {**account, "certificate": pem}, made["client_id"])

    used_and_refused(watched, case, {**account, "certificate": other})

    assert found_in_vault(watched, "certificate") == pem
    nowhere_else(watched, *(text.splitlines()[line] for text in (pem, other) for line in (2, 10)))


@pytest.mark.slow
def test_a_password(watched: Watched) -> None:
    right, wrong = canary(), canary()
    application, user = watched.admin.application(public=True), watched.admin.user(password=right)
    account = {
        "kind": "user_password",
        "tenant": TENANT,
        "client_id": application["client_id"],
        "user_name": user["client_id"],
    }
    case = Case("user_password", {**account, "password": right}, user["client_id"])

    used_and_refused(watched, case, {**account, "password": wrong})

    assert found_in_vault(watched, "password") == right
    nowhere_else(watched, right, wrong)


def test_a_device_code_and_refresh_tokens(watched: Watched) -> None:
    admin, bridge, prefix = watched.admin, watched.admin.bridge, canary()
    application, user = admin.application(public=True), admin.user(refresh_token_prefix=prefix)
    account = {"kind": "signed_in_user", "tenant": TENANT, "client_id": application["client_id"]}
    case = Case("signed_in_user", account, user["client_id"])
    assert bridge.connect(credential=account).ok
    assert bridge.ask("POST", f"connections/{bridge.name}/sign-in").ok
    pending = str(row(watched)["sign_in"])
    device_code = json.loads(bridge.stack.vault.get(pending) or "")["device_code"]

    used_and_refused(watched, case, {**account, "client_id": "11111111-2222-3333-4444-555555555555", "x": canary()})

    assert found_in_vault(watched, "refresh_token").startswith(prefix)
    assert bridge.stack.vault.get(pending) is None  # it was replaced by the next sign-in
    nowhere_else(watched, prefix, device_code)


def used_and_refused(watched: Watched, case: Case, wrong: dict[str, str]) -> None:
    admin, bridge = watched.admin, watched.admin.bridge
    admin.join(case.principal)
    assert bridge.connect(credential=case.credential).ok
    if case.kind == "signed_in_user":
        sign_in(admin, case)
    assert bridge.link().ok
    bridge.until(bridge.send("V1"), "open")
    assert bridge.ask("POST", f"connections/{bridge.name}/check").ok
    assert bridge.connect(credential=wrong).status_code == 422
    assert bridge.connect(credential={**case.credential, "kind": "canary"}).status_code == 422
    admin.refuse(case.principal, 50173)
    admin.revoke(case.principal)
    bridge.send("V2")
    eventually(lambda: bridge.ask("GET", f"connections/{bridge.name}").json()["health"]["problem"], what="the problem")
    assert bridge.ask("POST", f"connections/{bridge.name}/check").ok


def row(watched: Watched) -> Any:
    bridge = watched.admin.bridge
    found = rows(bridge.stack.addresses.storage_connection_string)
    return found["connections", "connections", bridge.name]


def found_in_vault(watched: Watched, name: str) -> str:
    """Return what Key Vault has: the secret was in use, and this is where it belongs."""
    stored = watched.admin.bridge.stack.vault.get(str(row(watched)["secret"])) or ""
    return str(json.loads(stored)[name])


def nowhere_else(watched: Watched, *canaries: str) -> None:
    bridge = watched.admin.bridge
    storage = bridge.stack.addresses.storage_connection_string
    places = {
        "answers": watched.answers,
        "work items": [json.dumps(bridge.work_items())],
        "rows": [text for stored in rows(storage).values() for text in texts_of(stored)],
        "messages": list(messages(storage)),
        "files": list(files(bridge.stack)),
    }
    # Each place was really searched: what belongs there is found.
    assert bridge.name in "".join(places["rows"])
    assert "problem+json" in "".join(places["answers"])
    assert "save_connection: 422" in "".join(places["files"])
    encoded = [b64encode(text.encode()).decode() for text in canaries]
    for place, texts in places.items():
        leaked = [text[:12] for text in (*canaries, *encoded, *_ANY_TOKEN) for found in texts if text in found]
        assert not leaked, f"{leaked} in {place}"
