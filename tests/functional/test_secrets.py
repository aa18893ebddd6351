"""A canary's way through everything that the bridge does: it may be found in Key Vault and nowhere else."""

import json
import secrets
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from local.environment import HOOK_KEY
from local.stack import Stack
from shared.connections.credentials.personal_access_token import basic
from shared.connections.hook_password import derive
from tests.functional.bridge import Bridge, eventually
from tests.functional.stored import messages, rows, texts_of

# What the simulators of Azure DevOps and Key Vault store is theirs: both know the secrets by right.
_PIECE = 16
SIMULATORS = ("azure_devops.db", "key_vault.db", "entra.db")


@dataclass
class Watched:
    """A bridge whose every answer is kept."""

    bridge: Bridge
    tokens: list[str]
    answers: list[str] = field(default_factory=list)

    def keep(self, answer: requests.Response, *_: Any, **__: Any) -> None:
        if "/_simulator/" not in str(answer.url):
            self.answers.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")

    def canaries(self) -> list[str]:
        """Return every form in which a secret may travel, or a good piece of one."""
        key = self.bridge.stack.vault.get(HOOK_KEY) or ""
        passwords = [derive(key, self.bridge.name, epoch) for epoch in (0, 1)]
        plain = [*self.tokens, key, *passwords]
        encoded = [b64encode(text.encode()).decode() for text in plain]
        headers = [basic(token) for token in self.tokens]
        users = [b64encode(f"azure-devops:{password}".encode()).decode() for password in passwords]
        pieces = [text[:_PIECE] for text in plain] + [text[-_PIECE:] for text in plain]
        return [*pieces, *encoded, *headers, *users]


@pytest.fixture
def watched(stack: Stack) -> Watched:
    """A connection made with a token of our own choosing."""
    bridge = Bridge.fresh(stack, linked=False)
    tokens = [f"canary{secrets.token_hex(39)}" for _ in range(3)]
    bridge.token = bridge.control(
        "POST", "personal-access-tokens", {"organization": bridge.name, "user": "Bridge", "token": tokens[0]}
    )["token"]
    watched = Watched(bridge, tokens)
    bridge.session.hooks["response"].append(watched.keep)
    return watched


def test_secrets_are_in_key_vault_and_nowhere_else(watched: Watched) -> None:
    bridge, stack = watched.bridge, watched.bridge.stack
    all_that_works(bridge)
    all_that_fails(bridge, *watched.tokens[1:])

    found = rows(stack.addresses.storage_connection_string)
    secret = str(found["connections", "connections", bridge.name]["secret"])
    places = {
        "answers": watched.answers,
        "work items": [json.dumps(bridge.work_items())],
        "rows": [text for row in found.values() for text in texts_of(row)],
        "messages": list(messages(stack.addresses.storage_connection_string)),
        "files": list(files(stack)),
    }

    assert stack.vault.get(secret) == watched.tokens[0]  # it was in use, and this is where it belongs
    # Each place was really searched: what belongs there is found.
    assert "Finding V1" in "".join(places["rows"])
    assert "Finding V1" in "".join(places["work items"])
    assert "problem+json" in "".join(places["answers"])
    assert "save_connection: 422" in "".join(places["files"])
    canaries = watched.canaries()
    assert len(set(canaries)) == len(canaries)
    for place, texts in places.items():
        leaked = [canary[:12] for canary in canaries for text in texts if canary in text]
        assert not leaked, f"{leaked} in {place}"


def all_that_works(bridge: Bridge) -> None:
    assert bridge.connect().ok
    assert bridge.connect(defaults={"tags": ["team"]}).ok
    assert bridge.link().ok
    item = bridge.until(bridge.send("V1"), "open")["work_item"]["id"]
    bridge.act(item, state="Done")
    bridge.until_all(1, "awaiting_validation")
    for path in ("connections", f"connections/{bridge.name}", "links", "tickets", "failed-messages", "health"):
        assert bridge.ask("GET", path).ok


def all_that_fails(bridge: Bridge, wrong: str, misplaced: str) -> None:
    rejected_connections(bridge, wrong, misplaced)
    assert bridge.hook(b"{}", password=wrong).status_code == 401
    assert bridge.hook(b"{}", password=bridge.token).status_code == 401
    assert bridge.ask("GET", "tickets", key=wrong).status_code == 401
    for number, fault in enumerate(("drop_after", "status:500", "sign_in_page")):
        bridge.fault("POST .*_apis/wit/workitems/.*", fault)
        bridge.send(f"F{number}")
        eventually(lambda: bridge.name not in json.dumps(bridge.control("GET", "faults")), what="the fault")
    bridge.fault("GET .*connectionData", "drop_before", times=5)
    assert bridge.connect().status_code == 503
    bridge.control("DELETE", f"personal-access-tokens/{bridge.token}")
    bridge.send("after the token was revoked")
    shown = eventually(lambda: bridge.ask("GET", f"connections/{bridge.name}").json()["health"]["problem"], what="it")
    assert shown["code"] == "credential"
    assert bridge.link().status_code == 422


def rejected_connections(bridge: Bridge, wrong: str, misplaced: str) -> None:
    """Whatever is wrong with the body that carries a secret, no answer and no log repeats it."""
    url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}"
    credential = {"kind": "personal_access_token", "token": wrong}
    bodies: list[bytes] = [
        json.dumps({"url": url, "credential": credential}).encode(),
        json.dumps({"url": url, "credential": credential}).encode()[:-1],
        json.dumps({"url": url, "credential": misplaced}).encode(),
        json.dumps({"url": url, "credential": {"kind": misplaced, "token": wrong}}).encode(),
        json.dumps({"url": url, "credential": {**credential, "token": f"{wrong}\n"}}).encode(),
        json.dumps({"url": url, "credential": {**credential, "token": [wrong]}}).encode(),
        json.dumps({"url": url, "credential": {**credential, "secret": misplaced}}).encode(),
        json.dumps({"url": url.replace("://", f"://user:{misplaced}@"), "credential": credential}).encode(),
        json.dumps([wrong]).encode(),
        wrong.encode(),
    ]
    for body in bodies:
        assert bridge.ask("PUT", f"connections/{bridge.name}", data=body).status_code in (400, 422)


def files(stack: Stack) -> Iterator[str]:
    """Yield what every file of the machine's state holds."""
    for file in stack.state.rglob("*"):
        if file.is_file() and not file.name.startswith(SIMULATORS):
            yield file.read_bytes().decode("utf-8", "replace")
