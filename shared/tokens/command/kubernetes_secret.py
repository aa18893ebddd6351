"""A key of a Secret of the cluster that the command runs in, by the service account of its pod.

https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
The Secret must be there: so the service account needs `get` and `patch` of this one, and no right to make others.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests

from shared.azure_devops.personal_access_tokens import NewToken
from shared.errors import BridgeError, ConfigurationError, TransientError

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_KEY = re.compile(r"[A-Za-z0-9._-]{1,253}")
_SECONDS = 30.0
_MERGE = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class KubernetesSecret:
    """One key of a Secret. Everything raises `ConfigurationError` where the API refuses us, `TransientError` else."""

    api: str
    namespace: str
    name: str
    key: str
    account: Path = SERVICE_ACCOUNT

    @classmethod
    def named(cls, secret: str, key: str, values: Mapping[str, str]) -> "KubernetesSecret":
        """Return the key of a secret, named as namespace/name. Raises `ConfigurationError`."""
        namespace, _, name = secret.partition("/")
        host, port = values.get("KUBERNETES_SERVICE_HOST", ""), values.get("KUBERNETES_SERVICE_PORT", "443")
        problems = []
        if not (_NAME.fullmatch(namespace) and _NAME.fullmatch(name) and _KEY.fullmatch(key)):
            problems.append("--kubernetes-secret needs the namespace and name of a Secret, then one of its keys")
        if not host:
            problems.append("KUBERNETES_SERVICE_HOST is not set: --kubernetes-secret works inside a cluster only")
        if problems:
            raise ConfigurationError(problems)
        return cls(f"https://{f'[{host}]' if ':' in host else host}:{port}", namespace, name, key)

    def check(self) -> None:
        """Raise where the Secret cannot be read, or is not there."""
        self.read()

    def read(self) -> str | None:
        """Return the value, None where the Secret has no such key."""
        found = (self._ask("GET").get("data") or {}).get(self.key)
        try:
            return base64.b64decode(found).decode() if found else None
        except (binascii.Error, UnicodeDecodeError, TypeError):
            return None

    def write(self, value: str) -> None:
        """Replace the value; other keys stay."""
        self._ask("PATCH", {"data": {self.key: base64.b64encode(value.encode()).decode()}})

    def store(self, made: NewToken) -> str:
        """Put a new token's value there."""
        self.write(made.value)
        return ""

    def stored_nevertheless(self, made: NewToken) -> str | None:
        """Say whether the Secret has the value although only the answer was lost; empty for no, None for unknown."""
        try:
            return self.name if self.read() == made.value else ""
        except BridgeError:
            return None

    def _ask(self, method: str, body: Any = None) -> dict[str, Any]:
        try:
            with requests.Session() as session:
                session.trust_env = False  # the cluster has an authority of its own, and no proxy before it
                answer = session.request(
                    method,
                    f"{self.api}/api/v1/namespaces/{self.namespace}/secrets/{self.name}",
                    json=body,
                    headers={"Authorization": f"Bearer {self._token()}", "Content-Type": _MERGE},
                    verify=str(self.account / "ca.crt"),
                    timeout=_SECONDS,
                    allow_redirects=False,
                )
            return self._judged(answer)
        except (requests.RequestException, OSError, ValueError):  # OSError: there is no such ca.crt
            raise TransientError("The API of the Kubernetes cluster could not be reached.") from None

    def _judged(self, answer: requests.Response) -> dict[str, Any]:
        if answer.status_code == HTTPStatus.OK:
            return dict(answer.json())
        where = f"{self.namespace}/{self.name}"
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise ConfigurationError(
                [f"There is no Secret {where}: kubectl create secret generic {self.name} -n {self.namespace}"]
            )
        if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise ConfigurationError(
                [f"The pod's service account may not read and change the Secret {where}: give it get and patch"]
            )
        raise TransientError("The API of the Kubernetes cluster could not do it now.")

    def _token(self) -> str:
        try:
            return (self.account / "token").read_text().strip()
        except OSError:
            raise ConfigurationError(
                [f"{self.account}/token cannot be read: the pod has no service account's token"]
            ) from None
