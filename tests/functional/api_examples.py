"""One call of every operation against a running stack, as `docs/api.md` shows it.

`python -m tests.functional.api_examples` (`make api`) writes down what was seen; a test makes the same calls.
"""

import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import requests

import function_app
from local import api_page
from local.stack import Stack
from shared.triggers.operations import JSON, Operation, declared
from tests.functional.bridge import PROJECT, Bridge, eventually
from tests.functional.entra_admin import EntraAdmin, case
from tests.functional.pushed_code import REPOSITORY, component, push, read
from tests.functional.token_owner import TokenOwner, in_days

assert function_app.app
EXAMPLES = Path(__file__).parents[2] / "shared/triggers/examples.json"
OPERATIONS = {operation.id: operation for operation in declared()}
SARIF = "application/sarif+json"
_HEADERS = ("ETag", "Location", "Retry-After", "Cache-Control", "If-Match")
_ASSET = "web-shop"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d(:|%3A)\d\d(:|%3A)\d\d[.\d]*(Z|\+00:00)")
_MANAGED = {"scopes": ["vso.agentpools_manage"], "secret": "agents-token", "lifetime_days": 30}
# What differs each time it is made, so that only what changed is a change of the page.
_OTHERS = {
    r"epoch=1-[0-9a-f]{12}": "epoch=1-0123456789ab",
    r"\b\d{13}[0-9a-f]{16}\b": "820473901799923121aaac417cd8d",
    r'"rotation": "[0-9a-f]{16}"': '"rotation": "0123456789abcdef"',
    r'"version": "[0-9a-f]{32}"': f'"version": "{"0" * 32}"',
    r"eyJhZnRlciI6[A-Za-z0-9=]+": "eyJhZnRlciI6ICIuLi4ifQ==",
}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SAID = {"id": "PHX-2041", "asset": {"kind": "application", "id": _ASSET}, "severity": "critical", "status": "open"}
SNAPSHOT = {
    "schema": 1,
    "vulnerability": {
        **_SAID,
        "title": "Log4Shell in log4j-core 2.14.1",
        "description": "JNDI look-ups in log messages run code from other machines.",
        "component": "log4j-core 2.14.1",
        "cve": ["CVE-2021-44228"],
        "remediation": "Update to 2.17.1.",
    },
}
REPORT = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {"driver": {"name": "bandit"}},
            "results": [
                {
                    "ruleId": "B301",
                    "level": "warning",
                    "message": {"text": "pickle can run code."},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "shop/cart.py"},
                                "region": {"startLine": 12},
                            }
                        }
                    ],
                }
            ],
        }
    ],
}


@dataclass
class Recorder:
    """Makes calls and keeps them with their answers; what is secret or another's each time is replaced."""

    bridge: Bridge
    seen: dict[str, Any] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)

    def __call__(
        self,
        operation_id: str,
        *,
        body: Any = None,
        content_type: str = JSON,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        **path: str,
    ) -> Any:
        operation = OPERATIONS[operation_id]
        where = operation.path.format(**{"connection": self.bridge.name, **path})
        given = {"json": body} if body is not None else {}
        sent = {**(headers or {}), **({"Content-Type": content_type} if body is not None else {})}
        key = "" if operation.security != "key" else None
        answer = self.bridge.ask(operation.method, where, key=key, params=query, headers=sent, **given)
        assert answer.status_code == operation.status, (operation_id, answer.status_code, answer.text)
        self._keep(operation, where, query or {}, headers or {}, body, content_type, answer)
        return answer.json() if answer.content else None

    def _keep(
        self,
        operation: Operation,
        where: str,
        query: dict[str, str],
        headers: dict[str, str],
        body: Any,
        content_type: str,
        answer: requests.Response,
    ) -> None:
        request: dict[str, Any] = {"method": operation.method, "path": where, "query": query, "headers": headers}
        if body is not None:
            request |= {"content_type": content_type, "body": body}
        shown = {name: answer.headers[name] for name in _HEADERS if name in answer.headers}
        got: dict[str, Any] = {"status": answer.status_code, "headers": shown}
        if answer.content:
            got["body"] = answer.json()
        self.seen[operation.id] = {"request": request, "answer": got}

    def examples(self) -> dict[str, Any]:
        """Return what was seen, in the order of the operations."""
        ordered = {name: self.seen[name] for name in OPERATIONS if name in self.seen}
        text = json.dumps(ordered, ensure_ascii=False)
        for secret in self.secrets:
            text = text.replace(secret, "…")
        addresses = self.bridge.stack.addresses
        for ours, shown in {
            f"{addresses.azure_devops}/": "https://dev.azure.com/",
            addresses.functions: "https://bridge.example",
            quote(addresses.functions, safe=""): quote("https://bridge.example", safe=""),
            addresses.entra: "https://login.microsoftonline.com",
            self.bridge.name: "contoso",
        }.items():
            text = text.replace(ours, shown)
        text = _MOMENT.sub(r"2026-11-20T10\g<1>00\g<2>00.000Z", text)
        for each_time_another, always in _OTHERS.items():
            text = re.sub(each_time_another, always, text)
        numbers: dict[str, str] = {}
        text = _GUID.sub(lambda found: numbers.setdefault(found[0], _guid(len(numbers) + 1)), text)
        return dict(json.loads(text))


def _guid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012}"


def record(stack: Stack) -> dict[str, Any]:
    """Call every operation and return what was seen by their ids."""
    call = Recorder(Bridge.fresh(stack, linked=False))
    for part in (_connections, _sign_in, _tokens, _links_and_tickets, _overview, _registries, _failed_messages, _ends):
        part(call)
    return call.examples()


def _connections(call: Recorder) -> None:
    call("describe")
    call.seen["describe"]["answer"]["body"] = {"openapi": "3.1.0"}
    call("health", query={"deep": "true"})
    bridge = call.bridge
    call.secrets.append(bridge.token)
    credential = {"kind": "personal_access_token", "token": bridge.token}
    url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}"
    call(
        "save_connection",
        body={"url": url, "credential": credential, "defaults": {"work_item_type": "Issue", "tags": ["security"]}},
    )
    call("read_connection")
    call("list_connections", query={"limit": "1"})
    call("list_projects", query={"search": "web"})
    call("list_work_item_types", project=PROJECT, query={"search": "issue"})
    call("list_area_paths", project=PROJECT)


def _sign_in(call: Recorder) -> None:
    """Another connection, of a user who signs in."""
    admin = EntraAdmin(Bridge.fresh(call.bridge.stack, linked=False))
    credential = case(admin, "signed_in_user").credential
    assert admin.bridge.connect(credential=credential).ok
    name = admin.bridge.name
    started = call("start_sign_in", connection=name)
    call("finish_sign_in", connection=name)
    consent = {"tenant": credential["tenant"], "client_id": credential["client_id"]}
    call("show_consent", connection=name, query=consent)
    call.secrets += [started["user_code"]]
    text = json.dumps(call.seen).replace(name, call.bridge.name)
    call.seen = json.loads(text)
    assert admin.bridge.ask("DELETE", f"connections/{name}").ok


def _tokens(call: Recorder) -> None:
    """Another connection, of a user with a password."""
    owner = TokenOwner.fresh(call.bridge.stack)
    name = owner.bridge.name
    wanted = {"name": "SonarQube", "scopes": ["vso.code", "vso.code_status"], "secret": "sonarqube-token"}
    body = {**wanted, "valid_to": in_days(30)}
    made = call("create_personal_access_token", connection=name, body=body)
    one = {"connection": name, "authorization_id": made["authorization_id"]}
    call("list_personal_access_tokens", connection=name, query={"show": "active"})
    call("read_personal_access_token", **one)
    call("update_personal_access_token", **one, body={"valid_to": in_days(60)})
    call("revoke_personal_access_token", **one)
    call("save_managed_token", token="agents", body={**_MANAGED, "connection": name})

    def current() -> Any:
        return call("read_managed_token", token="agents")["current"]

    eventually(current, what="the token")
    call("list_managed_tokens", query={"limit": "1"})
    call("rotate_managed_token", token="agents", query={"revoke_old": "false"})
    call("delete_managed_token", token="agents", headers={"If-Match": "*"})
    eventually(lambda: owner.bridge.ask("GET", "tokens/agents").status_code == 404, what="its end")
    call.seen = json.loads(json.dumps(call.seen).replace(name, call.bridge.name))
    assert owner.bridge.ask("DELETE", f"connections/{name}").ok


def _links_and_tickets(call: Recorder) -> None:
    asset: dict[str, Any] = {"kind": "application", "asset": _ASSET}
    call("save_link", **asset, body={"connection": call.bridge.name, "project": PROJECT, "tags": ["web"]})
    call("read_link", **asset)
    call("list_links", query={"kind": "application"})
    call("preview_work_item", **asset, body=SNAPSHOT)
    call("check_connection")
    hook = call("show_hook")
    call.secrets.append(hook["password"])
    ticket = call("create_ticket", body=SNAPSHOT)["id"]
    item = call.bridge.until(ticket, "open")["work_item"]
    call("read_ticket", ticket=ticket)
    imported = call("import_tickets", body=REPORT, content_type=SARIF, query=asset)["import"]
    call("read_import", **{"import": imported})
    call("take_import_back", **{"import": imported})
    call("list_tickets", query={**asset, "limit": "1"})
    call("retry_ticket", ticket=ticket)
    call("switch_creation", body={"stopped": False, "reason": ""})
    call("read_creation")
    password = b64encode(f"{hook['user_name']}:{hook['password']}".encode()).decode()
    call.secrets.append(password)
    resource = {"workItemId": item["id"], "revision": {"id": item["id"], "rev": item["revision"]}}
    call(
        "take_hook",
        body={"eventType": "workitem.updated", "resource": resource},
        headers={"Authorization": f"Basic {password}"},
    )
    call("reconcile_connection", query={"dry_run": "true"})
    call("unlink_work_item", ticket=ticket)
    call.bridge.until(ticket, "detached")
    call("link_work_item", ticket=ticket, body={"id": item["id"]})
    call.bridge.until(ticket, "open")
    call("find_work_items", project=PROJECT, query={"search": "log4j"})


def _registries(call: Recorder) -> None:
    push(call.bridge, {"shop/models.py": component("shop.Basket.v1")})
    read(call.bridge)
    call("read_registry", project=PROJECT, repository=REPOSITORY, query={"ref": "main"})


def _overview(call: Recorder) -> None:
    eventually(lambda: call("read_overview")["counted_at"], what="the counts")


def _failed_messages(call: Recorder) -> None:
    wrong = {"schema": 1, "vulnerability": {**_SAID, "title": "SQL injection", "severity": "severe"}}

    def listed() -> Any:
        return call("list_failed_messages", query={"limit": "1"})["failed_messages"]

    def again() -> str:
        call.bridge.queue("ticket-requests").send_message(json.dumps(wrong))
        return str(eventually(listed, what="a failed message")[0]["id"])

    call("read_failed_message", failed_message=again())
    shown = call.seen["list_failed_messages"]
    call("resend_failed_message", failed_message=again())
    eventually(listed, what="the message again")
    call("resend_failed_messages", query={"queue": "ticket-requests"})
    call("dismiss_failed_message", failed_message=again())
    call.seen["list_failed_messages"] = shown


def _ends(call: Recorder) -> None:
    link = call.seen["read_link"]["answer"]["headers"]["ETag"]
    call("delete_link", kind="application", asset=_ASSET, headers={"If-Match": link})
    call("delete_connection", headers={"If-Match": "*"})
    call.seen["delete_connection"]["request"]["headers"] = {}


def main() -> None:
    """Write the examples and the page."""
    with TemporaryDirectory() as folder, Stack(Path(folder), time_scale=0.02, in_memory_storage=True) as stack:
        found = record(stack)
    EXAMPLES.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    api_page.write()


if __name__ == "__main__":
    main()
