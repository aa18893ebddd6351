"""Entra and Key Vault served in this process, for tests that speak to them with the real SDKs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from local.ports import free_port
from local.simulators import entra, key_vault
from local.simulators.directory import TENANT, Directory
from local.simulators.faulty import Faulty
from local.simulators.secret_versions import Secrets
from local.simulators.serving import Serving
from local.trust import Trust

HEADER = "the header that App Service gives a function app"


@dataclass(frozen=True)
class SimulatedAzure:
    """Addresses of what is served, and the directory behind it."""

    login: str
    identity: str
    vault: str
    trust: Trust
    directory: Directory

    def ask(self, method: str, url: str, **request: Any) -> requests.Response:
        """Send one request that trusts the simulators and nothing else."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, url, verify=str(self.trust.authority), timeout=10, **request)

    def identity_token(self, resource: str, **query: str) -> requests.Response:
        """Ask the managed identity endpoint as azure-identity does."""
        asked = {"api-version": "2019-08-01", "resource": resource, **query}
        return self.ask("GET", self.identity, params=asked, headers={"X-IDENTITY-HEADER": HEADER})


@contextmanager
def simulated_azure(state: Path) -> Iterator[SimulatedAzure]:
    """Serve on free ports with the environment of a function app, until the block ends."""
    trust = Trust.under(state)
    directory, secrets = Directory(state / "entra.db"), Secrets(state / "key_vault.db")
    ports = [free_port() for _ in range(3)]
    login, vault = f"https://127.0.0.1:{ports[0]}", f"https://127.0.0.1:{ports[2]}"
    identity = entra.managed_identity(directory, header=HEADER, issuer=entra.issuer(login))
    servings = [
        Serving(Faulty(entra.authority(directory)), ports[0], certificate=trust.certificate),
        Serving(Faulty(identity), ports[1]),
        Serving(
            Faulty(key_vault.app(secrets, directory, authority=f"{login}/{TENANT}")),
            ports[2],
            certificate=trust.certificate,
        ),
    ]
    for serving in servings:
        serving.start()
    azure = SimulatedAzure(login, f"http://127.0.0.1:{ports[1]}/msi/token", vault, trust, directory)
    with pytest.MonkeyPatch.context() as environment:
        _as_in_a_function_app(environment, azure)
        yield azure
    for serving in servings:
        serving.stop()
    directory.close()
    secrets.close()


def _as_in_a_function_app(environment: pytest.MonkeyPatch, azure: SimulatedAzure) -> None:
    for name in [name for name in os.environ if name.startswith("AZURE_")]:
        environment.delenv(name)
    environment.setenv("IDENTITY_ENDPOINT", azure.identity)
    environment.setenv("IDENTITY_HEADER", HEADER)
    environment.setenv("NO_PROXY", "127.0.0.1")
    for name, value in azure.trust.environment().items():
        environment.setenv(name, value)
