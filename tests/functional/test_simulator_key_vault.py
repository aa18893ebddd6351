"""The Key Vault simulator, asked by the real `SecretClient` with the real `DefaultAzureCredential`."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

from local.simulators.directory import BRIDGE_CLIENT_ID, KEY_VAULT
from local.vault import Vault
from tests.functional.simulated_azure import HEADER, SimulatedAzure, simulated_azure

_numbers = itertools.count()


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedAzure]:
    with simulated_azure(tmp_path_factory.mktemp("azure")) as served:
        yield served


@pytest.fixture
def client(azure: SimulatedAzure) -> Iterator[SecretClient]:
    with DefaultAzureCredential() as credential, _client(azure, credential) as made:
        yield made


@pytest.fixture
def name() -> str:
    return f"secret-{next(_numbers)}"


def _client(azure: SimulatedAzure, credential: TokenCredential) -> SecretClient:
    return SecretClient(azure.vault, credential, verify_challenge_resource=False, retry_total=0)


def _inner_code(error: HttpResponseError) -> str:
    assert error.error is not None
    return str(error.error.innererror["code"])


def test_a_new_version_becomes_the_newest_and_the_old_one_stays(client: SecretClient, name: str) -> None:
    first = client.set_secret(name, "one")
    second = client.set_secret(name, "two")

    assert client.get_secret(name).value == "two"
    assert client.get_secret(name, first.properties.version).value == "one"
    assert second.properties.version != first.properties.version


def test_what_was_stored_with_a_secret_comes_back(client: SecretClient, name: str) -> None:
    expires = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    client.set_secret(name, "grün", tags={"rotation": "r1"}, content_type="text/plain", expires_on=expires)

    properties = client.get_secret(name).properties

    assert properties.tags == {"rotation": "r1"}
    assert properties.content_type == "text/plain"
    assert properties.expires_on == expires
    assert properties.enabled is True
    assert properties.created_on is not None


def test_an_update_changes_what_it_names_and_keeps_the_rest(client: SecretClient, name: str) -> None:
    version = client.set_secret(name, "value", tags={"a": "1"}, content_type="text/plain").properties.version

    client.update_secret_properties(name, version, tags={"b": "2"})

    found = client.get_secret(name)
    assert (found.value, found.properties.content_type) == ("value", "text/plain")
    assert found.properties.tags == {"b": "2"}


def test_a_disabled_version_is_forbidden_and_no_older_one_takes_its_place(client: SecretClient, name: str) -> None:
    older = client.set_secret(name, "older").properties.version
    client.set_secret(name, "newest")
    client.update_secret_properties(name, enabled=False)

    with pytest.raises(HttpResponseError) as refused:
        client.get_secret(name)

    assert refused.value.status_code == requests.codes.forbidden
    assert _inner_code(refused.value) == "SecretDisabled"
    assert client.get_secret(name, older).value == "older"


def test_an_unknown_secret_is_not_found(client: SecretClient, name: str) -> None:
    with pytest.raises(ResourceNotFoundError) as missing:
        client.get_secret(name)

    assert missing.value.error is not None
    assert missing.value.error.code == "SecretNotFound"


def test_a_deleted_secret_keeps_its_name_until_it_is_purged(client: SecretClient, name: str) -> None:
    client.set_secret(name, "value")
    deleted = client.begin_delete_secret(name).result()

    assert deleted.deleted_date is not None
    with pytest.raises(ResourceNotFoundError):
        client.get_secret(name)
    with pytest.raises(ResourceExistsError) as conflict:
        client.set_secret(name, "again")
    assert _inner_code(conflict.value) == "ObjectIsDeletedButRecoverable"

    client.purge_deleted_secret(name)

    client.set_secret(name, "again")
    assert len(list(client.list_properties_of_secret_versions(name))) == 1


def test_a_deleted_secret_can_be_recovered_with_all_versions(client: SecretClient, name: str) -> None:
    client.set_secret(name, "one")
    client.set_secret(name, "two")
    client.begin_delete_secret(name).wait()
    assert name in {secret.name for secret in client.list_deleted_secrets()}

    client.begin_recover_deleted_secret(name).wait()

    assert client.get_secret(name).value == "two"
    assert len(list(client.list_properties_of_secret_versions(name))) == 2


def test_lists_run_over_many_pages_and_show_no_deleted_secret(client: SecretClient, name: str) -> None:
    names = {f"{name}-{number}" for number in range(30)}
    for each in names:
        client.set_secret(each, "value")
    gone = sorted(names)[7]
    client.begin_delete_secret(gone).wait()

    listed = [secret.name for secret in client.list_properties_of_secrets()]

    assert len(listed) == len(set(listed))
    assert names & set(listed) == names - {gone}


@pytest.mark.parametrize("wrong", ["under_score", "x" * 128])
def test_an_illegal_name_is_refused(client: SecretClient, wrong: str) -> None:
    with pytest.raises(HttpResponseError) as refused:
        client.set_secret(wrong, "value")

    assert refused.value.status_code == requests.codes.bad_request


def test_a_value_longer_than_25_kib_is_refused(client: SecretClient, name: str) -> None:
    client.set_secret(name, "x" * 25 * 1024)

    with pytest.raises(HttpResponseError) as refused:
        client.set_secret(name, "x" * (25 * 1024 + 1))

    assert refused.value.status_code == requests.codes.bad_request


def test_without_a_token_the_challenge_names_authority_and_resource(azure: SimulatedAzure) -> None:
    answer = azure.ask("GET", f"{azure.vault}/secrets/any", params={"api-version": "7.5"})

    assert answer.status_code == requests.codes.unauthorized
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith(f'Bearer authorization="{azure.login}/')
    assert f'resource="{KEY_VAULT}"' in challenge


@pytest.mark.parametrize("resource", ["https://management.azure.com", "https://storage.azure.com/"])
def test_a_token_for_another_audience_opens_nothing(azure: SimulatedAzure, resource: str) -> None:
    token = azure.identity_token(resource).json()["access_token"]

    answer = _get(azure, token)

    assert answer.status_code == requests.codes.unauthorized
    assert "invalid_token" in answer.headers["WWW-Authenticate"]


def test_an_expired_token_opens_nothing(azure: SimulatedAzure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(azure.directory, "token_lifetime", -1.0)
    token = azure.identity_token(KEY_VAULT).json()["access_token"]

    assert _get(azure, token).status_code == requests.codes.unauthorized


def test_a_forged_token_opens_nothing(azure: SimulatedAzure) -> None:
    head, claims, _ = azure.identity_token(KEY_VAULT).json()["access_token"].split(".")

    assert _get(azure, f"{head}.{claims}.AAAA").status_code == requests.codes.unauthorized


def _get(azure: SimulatedAzure, token: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return azure.ask("GET", f"{azure.vault}/secrets/any", params={"api-version": "7.5"}, headers=headers)


def test_a_principal_without_a_right_is_forbidden(azure: SimulatedAzure, client: SecretClient, name: str) -> None:
    client.set_secret(name, "value")
    rights = f"{azure.vault}/_simulator/rights/{BRIDGE_CLIENT_ID}"
    azure.ask("PUT", rights, json={"secrets": ["get"]})
    try:
        assert client.get_secret(name).value == "value"
        with pytest.raises(HttpResponseError) as refused:
            client.set_secret(name, "other")
        assert refused.value.status_code == requests.codes.forbidden
        assert _inner_code(refused.value) == "ForbiddenByRbac"
    finally:
        azure.ask("PUT", rights, json={"secrets": ["get", "list", "set", "delete", "recover", "purge"]})


def test_a_request_without_api_version_is_refused(azure: SimulatedAzure) -> None:
    token = azure.identity_token(KEY_VAULT).json()["access_token"]
    answer = azure.ask("GET", f"{azure.vault}/secrets", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == requests.codes.bad_request
    assert answer.json()["error"]["code"] == "BadParameter"


def test_a_fault_answers_once_and_is_gone(azure: SimulatedAzure, client: SecretClient, name: str) -> None:
    client.set_secret(name, "value")
    _arm(azure, f"GET /secrets/{name}", "status:503")

    with pytest.raises(HttpResponseError) as refused:
        client.get_secret(name)

    assert refused.value.status_code == requests.codes.service_unavailable
    assert client.get_secret(name).value == "value"


@pytest.mark.parametrize(("fault", "stored"), [("drop_before", False), ("drop_after", True)])
def test_a_connection_is_cut_before_or_after_the_work(
    azure: SimulatedAzure, client: SecretClient, name: str, fault: str, stored: bool
) -> None:
    client.set_secret(f"{name}-first", "first")  # so that the client has its token
    _arm(azure, f"PUT /secrets/{name}$", fault)

    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        client.set_secret(name, "value")

    assert [s.name for s in client.list_properties_of_secrets()].count(name) == int(stored)


def _arm(azure: SimulatedAzure, match: str, fault: str) -> None:
    armed = azure.ask("POST", f"{azure.vault}/_simulator/faults", json={"match": match, "fault": fault})
    assert armed.ok, armed.text


@pytest.mark.parametrize("fault", ["late:3", "sign_in_page", "nonsense", "status"])
def test_a_fault_that_key_vault_cannot_have_is_refused(azure: SimulatedAzure, fault: str) -> None:
    armed = azure.ask("POST", f"{azure.vault}/_simulator/faults", json={"match": "GET /", "fault": fault})

    assert armed.status_code == requests.codes.bad_request


def test_the_request_log_says_what_was_asked(azure: SimulatedAzure, client: SecretClient, name: str) -> None:
    client.set_secret(name, "a value that is nobody's business")

    log = azure.ask("GET", f"{azure.vault}/_simulator/requests").text

    assert f"/secrets/{name}" in log
    assert "business" not in log
    assert "Bearer" not in log


def test_secrets_survive_a_restart_and_their_file_is_private(tmp_path: Path) -> None:
    with simulated_azure(tmp_path) as azure:
        _vault(azure).set("kept", "value")
    with simulated_azure(tmp_path) as azure:
        assert _vault(azure).get("kept") == "value"
        assert _vault(azure).get("unknown") is None

    for name in ("key_vault.db", "entra.db", "simulators.pem"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def _vault(azure: SimulatedAzure) -> Vault:
    return Vault(
        azure.vault,
        identity_endpoint=azure.identity,
        identity_header=HEADER,
        authority=azure.trust.authority,
    )


def test_a_wrong_identity_header_gives_no_token(
    azure: SimulatedAzure, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    with (
        DefaultAzureCredential() as credential,
        _client(azure, credential) as client,
        pytest.raises(ClientAuthenticationError),
    ):
        client.get_secret(name)
