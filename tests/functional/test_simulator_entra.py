"""The Entra simulator, asked by the real azure-identity and msal."""

from typing import Any

import jwt
import msal  # type: ignore[import-untyped]
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential, ManagedIdentityCredential

from local.simulators.directory import AZURE_DEVOPS, BRIDGE_CLIENT_ID, KEY_VAULT, TENANT, Principal
from tests.functional.simulated_azure import HEADER, SimulatedAzure

SECRET = "the client secret"
SCOPE = f"{AZURE_DEVOPS}/.default"


@pytest.fixture
def application(azure: SimulatedAzure) -> Principal:
    return azure.directory.register("scanner", secret=SECRET)


def _token(azure: SimulatedAzure, tenant: str = TENANT, **form: str) -> requests.Response:
    return azure.ask("POST", f"{azure.login}/{tenant}/oauth2/v2.0/token", data=form)


def _form(application: Principal, **changed: str) -> dict[str, str]:
    form = {"grant_type": "client_credentials", "client_secret": SECRET, "scope": SCOPE}
    return {**form, "client_id": application.client_id, **changed}


def test_the_managed_identity_gets_a_token_for_one_audience(azure: SimulatedAzure) -> None:
    with ManagedIdentityCredential() as credential:
        token = credential.get_token(f"{KEY_VAULT}/.default")

    found = azure.directory.identity_of(token.token, KEY_VAULT)
    assert found is not None
    assert found.client_id == BRIDGE_CLIENT_ID
    assert azure.directory.identity_of(token.token, AZURE_DEVOPS) is None


def test_a_user_assigned_identity_is_named_by_its_client_id(azure: SimulatedAzure) -> None:
    made = azure.directory.register("second", kind="managed_identity")

    with ManagedIdentityCredential(client_id=made.client_id) as credential:
        token = credential.get_token(SCOPE)

    assert azure.directory.identity_of(token.token, AZURE_DEVOPS) == made


@pytest.mark.parametrize(
    ("query", "header", "status"),
    [
        ({}, HEADER, 200),
        ({}, "wrong", 401),
        ({"api-version": "2017-09-01"}, HEADER, 400),
        ({"resource": ""}, HEADER, 400),
        ({"client_id": "11111111-2222-3333-4444-555555555555"}, HEADER, 400),
    ],
)
def test_the_managed_identity_endpoint_checks_what_it_is_asked(
    azure: SimulatedAzure, query: dict[str, str], header: str, status: int
) -> None:
    asked = {"api-version": "2019-08-01", "resource": KEY_VAULT, **query}

    answer = azure.ask("GET", azure.identity, params=asked, headers={"X-IDENTITY-HEADER": header})

    assert answer.status_code == status


def test_a_client_secret_gets_a_token(azure: SimulatedAzure, application: Principal) -> None:
    with ClientSecretCredential(
        TENANT, application.client_id, SECRET, authority=azure.login, disable_instance_discovery=True
    ) as credential:
        token = credential.get_token(SCOPE)

    assert azure.directory.identity_of(token.token, AZURE_DEVOPS) == application


def test_azure_identity_understands_the_refusal(azure: SimulatedAzure, application: Principal) -> None:
    with (
        ClientSecretCredential(
            TENANT, application.client_id, "wrong", authority=azure.login, disable_instance_discovery=True
        ) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        credential.get_token(SCOPE)


def test_msal_finds_the_token_endpoint_by_discovery(azure: SimulatedAzure, application: Principal) -> None:
    with requests.Session() as session:
        client = msal.ConfidentialClientApplication(
            application.client_id,
            client_credential=SECRET,
            authority=f"{azure.login}/{TENANT}",
            instance_discovery=False,
            http_client=session,
        )
        answer: dict[str, Any] = client.acquire_token_for_client([SCOPE])

    assert azure.directory.identity_of(answer["access_token"], AZURE_DEVOPS) == application


@pytest.mark.parametrize(
    ("changed", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_id": "11111111-2222-3333-4444-555555555555"}, 400, "unauthorized_client", 700016),
        ({"client_id": BRIDGE_CLIENT_ID}, 400, "unauthorized_client", 700016),
        ({"client_id": ""}, 400, "invalid_request", 900144),
        ({"scope": AZURE_DEVOPS}, 400, "invalid_scope", 1002012),
        ({"scope": f"{AZURE_DEVOPS}/user_impersonation"}, 400, "invalid_scope", 1002012),
        ({"grant_type": "implicit"}, 400, "unsupported_grant_type", 70003),
        ({"tenant": "unknown"}, 400, "invalid_request", 90002),
    ],
)
def test_a_refusal_is_worded_as_entras(
    azure: SimulatedAzure, application: Principal, changed: dict[str, str], status: int, error: str, code: int
) -> None:
    answer = _token(azure, **_form(application, **changed))

    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert SECRET not in answer.text


def test_a_token_is_worth_nothing_once_its_principal_is_gone(azure: SimulatedAzure, application: Principal) -> None:
    token = _token(azure, **_form(application)).json()["access_token"]
    assert azure.directory.identity_of(token, AZURE_DEVOPS) == application

    azure.directory.remove(application.client_id)

    assert azure.directory.identity_of(token, AZURE_DEVOPS) is None


def test_a_token_ends_when_it_says(
    azure: SimulatedAzure, application: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(azure.directory, "token_lifetime", -1.0)
    token = _token(azure, **_form(application)).json()["access_token"]

    assert azure.directory.identity_of(token, AZURE_DEVOPS) is None


def test_anybody_can_verify_a_token_with_the_published_key(azure: SimulatedAzure, application: Principal) -> None:
    discovery = azure.ask("GET", f"{azure.login}/{TENANT}/v2.0/.well-known/openid-configuration").json()
    keys = jwt.PyJWKSet.from_dict(azure.ask("GET", discovery["jwks_uri"]).json())
    token = _token(azure, **_form(application)).json()["access_token"]
    key = keys[jwt.get_unverified_header(token)["kid"]]

    claims = jwt.decode(token, key, algorithms=["RS256"], audience=AZURE_DEVOPS, issuer=discovery["issuer"])

    assert claims["oid"] == application.object_id


def test_an_application_can_be_registered_by_request(azure: SimulatedAzure) -> None:
    made = azure.ask("POST", f"{azure.login}/_simulator/applications", json={"name": "ci"}).json()

    answer = _token(
        azure,
        grant_type="client_credentials",
        client_id=made["client_id"],
        client_secret=made["client_secret"],
        scope=SCOPE,
    )

    assert answer.ok, answer.text
