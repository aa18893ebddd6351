"""Connections and links: what may be sent, and that nothing of it shows a secret."""

import json
from typing import Any

import pytest

from shared.connections.defaults import Defaults
from shared.connections.models import NAME, Connection, ConnectionRequest
from shared.connections.save import SaveConnection
from shared.errors import RejectedRequestError
from shared.links.models import LinkRequest
from shared.links.service_hooks import ServiceHooks
from shared.links.store import _asset, fits, row_key
from shared.validation import validated

CANARY = "canary" + "0" * 46


def request(**changes: Any) -> ConnectionRequest:
    credential = {"kind": "personal_access_token", "token": CANARY}
    body = {"url": "https://dev.azure.com/contoso", "credential": credential, **changes}
    return validated(ConnectionRequest, body, what="connection")


def saver(azure_devops_url: str = "https://dev.azure.com") -> SaveConnection:
    nothing: Any = None
    return SaveConnection(nothing, nothing, nothing, azure_devops_url, nothing, nothing, nothing, nothing, nothing)


class TestSecrets:
    def test_none_is_in_a_repr_or_a_dump(self) -> None:
        whole = request()

        assert whole.credential
        assert whole.credential.secret() == CANARY
        for text in (repr(whole), str(whole), repr(whole.credential), whole.model_dump_json(), str(whole.model_dump())):
            assert "canary" not in text

    def test_none_is_in_what_the_api_shows(self) -> None:
        shown = Connection(
            "c", "https://u", "personal_access_token", "connection-c-0a1b", "Bridge", Defaults()
        ).public()

        assert "connection-c-0a1b" not in json.dumps(shown, default=str)

    def test_the_hook_key_is_in_no_repr(self) -> None:
        assert "canary" not in repr(ServiceHooks("https://bridge.example", CANARY, 1))

    @pytest.mark.parametrize(
        "credential",
        [
            CANARY,
            [CANARY],
            {"kind": CANARY, "token": CANARY},
            {"kind": "personal_access_token", "token": f"{CANARY}\n"},
            {"kind": "personal_access_token", "token": f" {CANARY}"},
            {"kind": "personal_access_token", "token": CANARY * 100},
            {"kind": "personal_access_token", "token": {"canary": CANARY}},
            {"kind": "personal_access_token", "token": f"{CANARY}é"},
        ],
    )
    def test_none_is_in_what_is_said_of_a_bad_one(self, credential: Any) -> None:
        with pytest.raises(RejectedRequestError) as caught:
            request(credential=credential)

        error = caught.value
        assert error.problems[0].field.startswith("/credential")
        assert "canary" not in f"{error} {error.hint} {error.problems}"


class TestOrganisation:
    @pytest.mark.parametrize(
        "url",
        ["https://dev.azure.com/contoso", "https://dev.azure.com/contoso/", "https://contoso.visualstudio.com"],
    )
    def test_both_forms_of_its_address(self, url: str) -> None:
        assert saver()._checked_url(url) == url.rstrip("/")

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "https://[",
            "https://dev.azure.com",
            "http://dev.azure.com/contoso",
            "https://dev.azure.com.evil.example/contoso",
            "https://evil.example/https://dev.azure.com/contoso",
            "https://dev.azure.com@evil.example/contoso",
            "https://user:pw@dev.azure.com/contoso",
            "https://dev.azure.com/contoso/project",
            "https://dev.azure.com/..",
            "https://dev.azure.com/a%2Fb",
            "https://dev.azure.com/a\\b",
            "https://dev.azure.com/a\nb",
            "https://user:pw@contoso.visualstudio.com",
            "https://contoso.visualstudio.com/x",
            "https://contoso.visualstudio.com:444",
            "https://evil.example/.visualstudio.com",
            "http://contoso.visualstudio.com",
        ],
    )
    def test_a_credential_is_sent_nowhere_else(self, url: str) -> None:
        with pytest.raises(RejectedRequestError) as caught:
            saver()._checked_url(url)

        assert (caught.value.status, caught.value.problems[0].field) == (422, "/url")
        assert not url or url == "https://dev.azure.com" or url not in f"{caught.value} {caught.value.hint}"

    def test_the_old_form_belongs_to_the_public_service_only(self) -> None:
        with pytest.raises(RejectedRequestError):
            saver("http://127.0.0.1:8081")._checked_url("https://contoso.visualstudio.com")


@pytest.mark.parametrize("name", ["a", "contoso-2", "a" * 63])
def test_names_of_connections(name: str) -> None:
    assert NAME.fullmatch(name)


@pytest.mark.parametrize("name", ["", "A", "1", "-a", "a.b", "a_b", "a\n", "a" * 64, "ü"])
def test_what_no_connection_is_called(name: str) -> None:
    assert not NAME.fullmatch(name)


@pytest.mark.parametrize("asset", ["shop", "a/b", "Zürich 100 % (a+b)?#\\!", " ", "日本語", "a\x00b\x7f", "%2F", "!2F"])
def test_an_asset_reads_back_from_a_key_that_storage_takes(asset: str) -> None:
    assert fits(asset)
    assert _asset(row_key(asset)) == asset
    assert not set("/\\#?%\x00\x7f") & set(row_key(asset))


@pytest.mark.parametrize("asset", ["", "x" * 513, "ü" * 86])
def test_an_asset_that_no_key_can_hold(asset: str) -> None:
    assert not fits(asset)


@pytest.mark.parametrize("project", ["", ".", "..", "x" * 65])
def test_what_no_project_is_called(project: str) -> None:
    with pytest.raises(RejectedRequestError) as caught:
        validated(LinkRequest, {"connection": "c", "project": project}, what="link")

    assert caught.value.problems[0].field == "/project"
