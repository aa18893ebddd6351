"""A connection that signs a user in, who may have personal access tokens."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from local.stack import Stack
from tests.functional.bridge import Bridge
from tests.functional.entra_admin import EntraAdmin, case, connect, grant

_API = "7.5"


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


@dataclass
class TokenOwner:
    """What an administrator does with the tokens of a connection's user."""

    admin: EntraAdmin

    @classmethod
    def fresh(cls, stack: Stack) -> "TokenOwner":
        admin = EntraAdmin(Bridge.fresh(stack, linked=False))
        made = case(admin, "user_password")
        grant(admin, made)
        connect(admin, made)
        return cls(admin)

    @property
    def bridge(self) -> Bridge:
        return self.admin.bridge

    @property
    def secret(self) -> str:
        return f"sonar-{self.bridge.name}"

    def ask(self, method: str, rest: str = "", **request: Any) -> requests.Response:
        path = f"connections/{self.bridge.name}/personal-access-tokens{rest}"
        return self.bridge.ask(method, path, **request)

    def wanted(self, name: str = "sonar", **changes: Any) -> dict[str, Any]:
        return {"name": name, "scopes": ["vso.code"], "valid_to": in_days(7), "secret": self.secret, **changes}

    def create(self, name: str = "sonar", **changes: Any) -> dict[str, Any]:
        answer = self.ask("POST", json=self.wanted(name, **changes))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def names(self, **query: str) -> list[str]:
        """Return the names of all tokens that are shown, in their order."""
        found: list[str] = []
        continuation: str | None = ""
        while continuation is not None:
            answer = self.ask("GET", params={**query, "continuation": continuation})
            assert answer.status_code == 200, answer.text
            found += [token["name"] for token in answer.json()["personal_access_tokens"]]
            continuation = answer.json()["continuation"]
        return found

    def policy(self, **asked: Any) -> None:
        self.bridge.control("POST", "token-policies", {"organization": self.bridge.name, **asked})

    def value(self, secret: str = "") -> str:
        """Return what readers of Key Vault get."""
        return self.bridge.stack.vault.get(secret or self.secret) or ""

    def opens(self, value: str) -> bool:
        """Whether Azure DevOps takes a token."""
        url = f"{self.bridge.stack.addresses.azure_devops}/{self.bridge.name}/_apis/connectionData"
        headers = {"X-TFS-FedAuthRedirect": "Suppress"}
        return self.bridge.session.get(url, auth=("", value), headers=headers, timeout=30).status_code == 200
