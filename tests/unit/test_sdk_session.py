"""What Azure's SDKs send by: the request as it is, and the environment's proxies and trust."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from azure.data.tables import TableClient

from shared.settings import StorageAccount
from shared.storage.account import Account, pooled
from shared.storage.session import SdkSession
from shared.storage.tables import Table

HOST = "http://127.0.0.1:10002"
ACCOUNT = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=c2VjcmV0;"
    f"TableEndpoint={HOST}/devstoreaccount1;QueueEndpoint={HOST}/devstoreaccount1"
)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def test_a_netrc_entry_does_not_replace_the_authorization_of_an_sdk(
    wire: responses.RequestsMock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    wire.get(f"{HOST}/devstoreaccount1/tickets(PartitionKey='p',RowKey='r')", json={"PartitionKey": "p", "RowKey": "r"})

    with TableClient.from_connection_string(ACCOUNT, table_name="tickets", transport=pooled(5, 20)) as table:
        table.get_entity("p", "r")

    assert wire.calls[0].request.headers["Authorization"].startswith("SharedKey devstoreaccount1:")


def test_proxies_and_trust_are_the_environments_asked_once_for_each_host(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    original = requests.Session.merge_environment_settings

    def merge(self: requests.Session, url: str, *settings: Any) -> Any:
        asked.append(url)
        return original(self, url, *settings)

    monkeypatch.setattr(requests.Session, "merge_environment_settings", merge)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.contoso.example:3128")
    monkeypatch.setenv("NO_PROXY", "direct.contoso.example")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/trusted.pem")
    session = SdkSession()

    def settings(url: str) -> Any:
        return session.merge_environment_settings(url, {}, stream=True, verify=True, cert=None)

    first, second = settings("https://a.contoso.example/one?x=1"), settings("https://a.contoso.example/two")
    direct, plain = settings("https://direct.contoso.example/"), settings("http://a.contoso.example/")

    assert first == second
    assert (first["proxies"]["https"], first["verify"]) == ("http://proxy.contoso.example:3128", "/trusted.pem")
    assert (first["stream"], "https" in direct["proxies"]) == (True, False)
    assert asked == [
        "https://a.contoso.example/one?x=1",
        "https://direct.contoso.example/",
        "http://a.contoso.example/",
    ]
    assert plain["verify"] == "/trusted.pem"


def test_a_request_to_storage_ends_in_time(wire: responses.RequestsMock) -> None:
    account = Account(StorageAccount(connection_string=ACCOUNT), lambda: pytest.fail("not asked"))
    no_row = {"x-ms-error-code": "ResourceNotFound"}
    wire.get(re.compile(f"{HOST}/devstoreaccount1/tickets"), status=404, headers=no_row)
    wire.delete(f"{HOST}/devstoreaccount1/updates/messages", status=204)

    assert Table(account, "tickets").get("p", "r") is None
    account.queues().get_queue_client("updates").clear_messages()

    sent: list[Any] = [call.request for call in wire.calls]
    assert [request.req_kwargs["timeout"] for request in sent] == [(5, 20), (3, 10)]
