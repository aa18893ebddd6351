"""A Secret of a cluster as the place of a token, against an API server: TLS, token, merge patch."""

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from local.trust import Trust
from shared.azure_devops.personal_access_tokens import NewToken
from shared.errors import ConfigurationError, TransientError
from shared.tokens.command.kubernetes_secret import KubernetesSecret

TOKEN = "canary of the service account"
PATH = "/api/v1/namespaces/ci/secrets/sonar-token"


@dataclass
class Cluster:
    """An API server with Secrets, which a service account may read and patch; `status` is what it answers instead."""

    secrets: dict[str, dict[str, str]] = field(default_factory=lambda: {PATH: {"other": "aGVyZQ=="}})
    status: int = 200
    deaf: bool = False
    """It does what is asked, and the answer is lost."""
    url: str = ""
    folder: Path = Path()

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        if headers["Authorization"] != f"Bearer {TOKEN}":
            return 401, {"kind": "Status", "code": 401}
        if self.status != 200 or path not in self.secrets:
            return (self.status if self.status != 200 else 404), {"kind": "Status"}
        if method == "PATCH":
            if headers["Content-Type"] != "application/merge-patch+json":
                return 415, {"kind": "Status"}
            self.secrets[path] |= json.loads(body)["data"]
            if self.deaf:
                return 502, {}
        return 200, {"kind": "Secret", "data": self.secrets[path]}

    def secret(self) -> KubernetesSecret:
        return KubernetesSecret(self.url, "ci", "sonar-token", "token", self.folder)


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return Trust.under(tmp_path_factory.mktemp("cluster"))


@pytest.fixture
def cluster(trust: Trust, tmp_path: Path) -> Iterator[Cluster]:
    served = Cluster(folder=tmp_path)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "ca.crt").write_text(trust.authority.read_text())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.serve()

        def do_PATCH(self) -> None:
            self.serve()

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = served.answer(self.command, self.path, self.headers, body)
            written = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: Any) -> None:
            pass

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(trust.certificate)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        served.url = f"https://127.0.0.1:{server.server_port}"
        yield served
        server.shutdown()


def made(value: str) -> NewToken:
    token: Any = None
    return NewToken(token, value)


def test_one_key_is_replaced_and_the_others_stay(cluster: Cluster) -> None:
    secret = cluster.secret()
    secret.check()
    assert secret.read() is None

    secret.store(made("value"))

    assert secret.read() == "value"
    assert cluster.secrets[PATH] == {"other": "aGVyZQ==", "token": base64.b64encode(b"value").decode()}


def test_it_goes_through_no_proxy(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")

    cluster.secret().check()


@pytest.mark.parametrize(("deaf", "found"), [(True, "sonar-token"), (False, "")])
def test_a_lost_answer_is_told_from_nothing_done(cluster: Cluster, deaf: bool, found: str) -> None:
    cluster.deaf, cluster.status = deaf, 200 if deaf else 503
    with pytest.raises(TransientError):
        cluster.secret().store(made("value"))

    cluster.status = 200
    assert cluster.secret().stored_nevertheless(made("value")) == found
    cluster.status = 503
    assert cluster.secret().stored_nevertheless(made("value")) is None


@pytest.mark.parametrize(
    ("status", "words"), [(404, "kubectl create secret"), (403, "get and patch"), (401, "get and patch")]
)
def test_what_is_missing_is_told(cluster: Cluster, status: int, words: str) -> None:
    cluster.status = status

    with pytest.raises(ConfigurationError, match=words) as refused:
        cluster.secret().check()
    assert TOKEN not in f"{refused.value!r} {refused.value.__cause__!r} {refused.value.__context__!r}"


def test_who_is_not_the_cluster_is_told_nothing(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Trust.under(tmp_path_factory.mktemp("other"))
    (cluster.folder / "ca.crt").write_text(other.authority.read_text())
    with pytest.raises(TransientError, match="could not be reached"):
        cluster.secret().check()

    (cluster.folder / "ca.crt").unlink()
    with pytest.raises(TransientError, match="could not be reached"):
        cluster.secret().check()


def test_a_pod_without_a_service_account_is_told_so(cluster: Cluster) -> None:
    (cluster.folder / "token").unlink()

    with pytest.raises(ConfigurationError, match="no service account"):
        cluster.secret().check()


@pytest.mark.parametrize(
    ("secret", "key"), [("sonar", "token"), ("ci/../x", "token"), ("ci/sonar", "a/b"), ("/s", "t")]
)
def test_a_name_that_there_cannot_be(secret: str, key: str) -> None:
    with pytest.raises(ConfigurationError, match="namespace and name"):
        KubernetesSecret.named(secret, key, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"})


def test_its_address_is_that_of_the_cluster() -> None:
    named = KubernetesSecret.named("ci/sonar", "token", {"KUBERNETES_SERVICE_HOST": "fd00::1"})

    assert replace(named, account=Path()) == KubernetesSecret("https://[fd00::1]:443", "ci", "sonar", "token", Path())
