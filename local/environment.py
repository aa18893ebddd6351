"""The settings that the functions get on one machine, and the environment that their host runs in."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.trust import Trust

# Azurite's published account: https://learn.microsoft.com/azure/storage/common/storage-use-azurite#well-known-storage-account-and-key
_ACCOUNT = "devstoreaccount1"
_ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
HOOK_KEY = "hook-key"
"""The secret from which passwords of service hooks are derived."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the functions must know of the rest of the machine."""

    ports: Mapping[str, int]
    trust: Trust
    identity_header: str
    time_scale: float

    @property
    def storage(self) -> str:
        """The connection string of Azurite."""
        endpoints = "".join(
            f"{service.capitalize()}Endpoint=http://127.0.0.1:{self.ports[service]}/{_ACCOUNT};"
            for service in ("blob", "queue", "table")
        )
        return f"DefaultEndpointsProtocol=http;AccountName={_ACCOUNT};AccountKey={_ACCOUNT_KEY};{endpoints}"

    @property
    def key_vault(self) -> str:
        """The vault's address."""
        return f"https://127.0.0.1:{self.ports['key_vault']}"

    @property
    def identity_endpoint(self) -> str:
        """Where the managed identity gets its tokens."""
        return f"http://127.0.0.1:{self.ports['managed_identity']}/msi/token"

    def settings(self, own: Mapping[str, str]) -> dict[str, str]:
        """Return all settings of a functions host; `own` are the user's, and win where they can work."""
        return {
            "AzureWebJobsStorage": self.storage,
            "KEY_VAULT_URL": self.key_vault,
            "PUBLIC_URL": f"http://127.0.0.1:{self.ports['functions']}",
            "CONSOLE_ACCESS": "open",
            "HOOK_KEY": f"@Microsoft.KeyVault(SecretUri={self.key_vault}/secrets/{HOOK_KEY}/)",
            "AZURE_DEVOPS_URL": f"http://127.0.0.1:{self.ports['azure_devops']}",
            "AZURE_DEVOPS_TOKENS_URL": f"http://127.0.0.1:{self.ports['azure_devops']}",
            "ENTRA_URL": f"https://127.0.0.1:{self.ports['entra']}",
            "TIME_SCALE": str(self.time_scale),
            "SWEEP_SCHEDULE": "*/5 * * * * *",
            "RECONCILE_SCHEDULE": "0 */1 * * * *",
            "VERIFY_SCHEDULE": "0 30 2 * * *",
            "DOCTOR_SCHEDULE": "0 7 * * * *",
            "RETENTION_SCHEDULE": "0 45 3 * * *",
            "TOKENS_SCHEDULE": "0 20 * * * *",
            "FUNCTIONS_WORKER_RUNTIME": "python",
            "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "115343360",
            **own,
            # These differ at each start or decide whether TLS works at all: nobody can know better.
            "IDENTITY_ENDPOINT": self.identity_endpoint,
            "IDENTITY_HEADER": self.identity_header,
            **self.trust.environment(),
        }


def inherited() -> dict[str, str]:
    """Return this process's environment for a child that talks to 127.0.0.1 only where we say so."""
    proxies_skipped = "127.0.0.1,localhost"
    return {**os.environ, "NO_PROXY": proxies_skipped, "no_proxy": proxies_skipped, "PYTHONUNBUFFERED": "1"}


def own_settings(file: Path) -> dict[str, str]:
    """Return the `Values` of a `local.settings.json`, nothing if there is none. Raises `ValueError`."""
    if not file.exists():
        return {}
    content = json.loads(file.read_text(encoding="utf-8"))
    values = content.get("Values", {}) if isinstance(content, dict) else None
    if not isinstance(values, dict):
        raise ValueError(f"{file.name}: Values must be a JSON object of names and texts.")  # noqa: TRY004
    return {str(name): str(value) for name, value in values.items()}
