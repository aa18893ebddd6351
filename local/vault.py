"""Reads and writes secrets of the simulated Key Vault with the functions' own identity."""

from pathlib import Path

import requests

_API_VERSION = "7.5"
_TIMEOUT = 10.0


class VaultError(Exception):
    """Key Vault or the identity behind it said no."""


class Vault:
    """One vault, reached with tokens of the managed identity endpoint."""

    def __init__(self, url: str, *, identity_endpoint: str, identity_header: str, authority: Path) -> None:
        self._url = url
        self._identity = (identity_endpoint, identity_header)
        self._session = requests.Session()
        self._session.trust_env = False  # a bundle named in the environment would override `verify`
        self._session.verify = str(authority)

    def get(self, name: str, version: str = "") -> str | None:
        """Return a secret's value, nothing if there is none."""
        answer = self._ask("GET", f"/secrets/{name}/{version}")
        return str(answer.json()["value"]) if answer.status_code == requests.codes.ok else None

    def set(self, name: str, value: str) -> None:
        """Store a new version. Raises `VaultError` when it is refused."""
        answer = self._ask("PUT", f"/secrets/{name}", {"value": value})
        if answer.status_code != requests.codes.ok:
            raise VaultError(f"Key Vault answered {answer.status_code} to a new version of {name}.")

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> requests.Response:
        return self._session.request(
            method,
            f"{self._url}{path}",
            params={"api-version": _API_VERSION},
            json=body,
            headers={"Authorization": f"Bearer {self._token()}"},
            timeout=_TIMEOUT,
        )

    def _token(self) -> str:
        endpoint, header = self._identity
        answer = self._session.get(
            endpoint,
            params={"api-version": "2019-08-01", "resource": "https://vault.azure.net"},
            headers={"X-IDENTITY-HEADER": header},
            timeout=_TIMEOUT,
        )
        if answer.status_code != requests.codes.ok:
            raise VaultError(f"The managed identity endpoint answered {answer.status_code}.")
        return str(answer.json()["access_token"])
