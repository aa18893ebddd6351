"""The Entra simulator's proofs and users: what it takes, and how it refuses what Entra would refuse."""

from typing import Any

import jwt
import pytest

from local.simulators.directory import AZURE_DEVOPS, TENANT, Principal
from tests.functional.entra_admin import key_and_certificate
from tests.functional.simulated_azure import SimulatedAzure

SCOPE = f"{AZURE_DEVOPS}/.default offline_access openid profile"
USER = "ada@contoso.example"
PASSWORD = "a password"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def application(azure: SimulatedAzure) -> Principal:
    made = azure.directory.register("public")
    azure.directory.change(made.client_id, {"public": True})
    azure.directory.register("Ada", kind="user", client_id=USER, secret=PASSWORD)
    azure.directory.change(USER, {"mfa": False, "single_use_refresh_tokens": False})
    return made


def asked(azure: SimulatedAzure, application: Principal, path: str = "token", **form: str) -> dict[str, Any]:
    url = f"{azure.login}/{TENANT}/oauth2/v2.0/{path}"
    return dict(azure.ask("POST", url, data={"client_id": application.client_id, "scope": SCOPE, **form}).json())


def by_password(azure: SimulatedAzure, application: Principal, **changed: str) -> dict[str, Any]:
    return asked(azure, application, **{"grant_type": "password", "username": USER, "password": PASSWORD, **changed})


def refreshed(azure: SimulatedAzure, application: Principal, token: str) -> dict[str, Any]:
    return asked(azure, application, grant_type="refresh_token", refresh_token=token)


def asserted(azure: SimulatedAzure, application: Principal, assertion: str) -> dict[str, Any]:
    proof = {"client_assertion_type": ASSERTION, "client_assertion": assertion}
    scope = f"{AZURE_DEVOPS}/.default"
    return asked(azure, application, grant_type="client_credentials", **{**proof, "scope": scope})


def signed(azure: SimulatedAzure, application: Principal, key: str, **changed: str) -> str:
    audience = f"{azure.login}/{TENANT}/oauth2/v2.0/token"
    who = application.client_id
    return jwt.encode({"aud": audience, "iss": who, "sub": who, **changed}, key, algorithm="PS256")


def code(answer: dict[str, Any]) -> int:
    return int(answer["error_codes"][0])


def test_a_user_gets_tokens_by_password_and_goes_on_by_refresh_token(
    azure: SimulatedAzure, application: Principal
) -> None:
    first = by_password(azure, application)
    second = refreshed(azure, application, first["refresh_token"])

    for answer in (first, second):
        found = azure.directory.identity_of(answer["access_token"], AZURE_DEVOPS)
        assert found is not None
        assert (found.kind, found.client_id) == ("user", USER)
    assert first["refresh_token"] != second["refresh_token"]


def test_a_password_is_refused_as_entra_would(azure: SimulatedAzure, application: Principal) -> None:
    assert code(by_password(azure, application, password="wrong")) == 50126
    assert code(by_password(azure, application, username="nobody@contoso.example")) == 50034
    assert code(by_password(azure, application, username="")) == 900144
    azure.directory.change(USER, {"mfa": True})
    assert code(by_password(azure, application)) == 50076
    azure.directory.change(application.client_id, {"public": False})
    assert code(by_password(azure, application)) == 7000218


def test_a_refresh_token_ends_when_it_is_revoked_or_used_up(azure: SimulatedAzure, application: Principal) -> None:
    token = by_password(azure, application)["refresh_token"]
    assert "access_token" in refreshed(azure, application, token)
    assert "access_token" in refreshed(azure, application, token)  # Entra does not revoke what it has replaced
    other = azure.directory.register("another")
    azure.directory.change(other.client_id, {"public": True})
    assert code(refreshed(azure, other, token)) == 9002313

    azure.directory.change(USER, {"single_use_refresh_tokens": True})
    assert code(refreshed(azure, application, token)) == 700082
    azure.directory.revoke(USER)
    assert code(refreshed(azure, application, token)) == 50173
    assert code(refreshed(azure, application, "made up")) == 9002313


def test_a_device_code_is_redeemed_once_and_by_its_own_application(
    azure: SimulatedAzure, application: Principal
) -> None:
    started = asked(azure, application, "devicecode")
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": started["device_code"]}
    assert asked(azure, application, **grant)["error"] == "authorization_pending"
    where = f"{azure.login}/_simulator/device-codes/{started['user_code']}"
    assert azure.ask("POST", where, json={"user_name": USER}).status_code == 204
    assert azure.ask("POST", where, json={"user_name": USER}).status_code == 404
    other = azure.directory.register("another")
    azure.directory.change(other.client_id, {"public": True})

    assert asked(azure, other, **grant)["error"] == "bad_verification_code"
    assert "refresh_token" in asked(azure, application, **grant)
    assert asked(azure, application, **grant)["error"] == "bad_verification_code"


def test_a_certificate_must_be_the_one_that_is_registered(azure: SimulatedAzure, application: Principal) -> None:
    (right, certificate), (wrong, _) = key_and_certificate(), key_and_certificate()
    azure.directory.change(application.client_id, {"certificate": certificate})

    assert "access_token" in asserted(azure, application, signed(azure, application, right))
    assert code(asserted(azure, application, signed(azure, application, wrong))) == 700027
    assert code(asserted(azure, application, signed(azure, application, right, aud="another"))) == 700027
    assert code(asserted(azure, application, signed(azure, application, right, sub="another"))) == 700027
    assert code(asserted(azure, application, "no assertion")) == 700027


def test_a_federated_identity_must_be_the_one_that_is_trusted(azure: SimulatedAzure, application: Principal) -> None:
    trusted, other = (azure.directory.register(name, kind="managed_identity") for name in ("trusted", "other"))
    azure.directory.change(application.client_id, {"federated_subject": trusted.object_id})
    exchange = "api://AzureADTokenExchange"
    assertions = {
        identity.name: azure.identity_token(exchange, client_id=identity.client_id).json()["access_token"]
        for identity in (trusted, other)
    }
    elsewhere = azure.identity_token("https://vault.azure.net", client_id=trusted.client_id).json()["access_token"]

    assert "access_token" in asserted(azure, application, assertions["trusted"])
    assert code(asserted(azure, application, assertions["other"])) == 700213
    assert code(asserted(azure, application, elsewhere)) == 700027


def test_revoked_tokens_are_worth_nothing(azure: SimulatedAzure, application: Principal) -> None:
    token = by_password(azure, application)["access_token"]
    assert azure.directory.identity_of(token, AZURE_DEVOPS)

    azure.directory.revoke(USER)

    assert azure.directory.identity_of(token, AZURE_DEVOPS) is None


def test_what_an_administrator_or_time_may_do(azure: SimulatedAzure, application: Principal) -> None:
    """Each option of the control API has its effect, and only while it is set."""
    token = by_password(azure, application)["refresh_token"]
    for option, refused in (("refresh_tokens_expired", 700082), ("mfa", 50076)):
        change(azure, USER, **{option: True})
        answers = {code_or_0(refreshed(azure, application, token)), code_or_0(by_password(azure, application))}
        assert refused in answers
        change(azure, USER, **{option: False})
        assert code_or_0(refreshed(azure, application, token)) == code_or_0(by_password(azure, application)) == 0

    secret = {"grant_type": "client_credentials", "client_secret": "new", "scope": f"{AZURE_DEVOPS}/.default"}
    assert code(asked(azure, application, **secret)) == 7000215
    change(azure, application.client_id, secret="new")
    assert code_or_0(asked(azure, application, **secret)) == 0
    change(azure, application.client_id, secret_expired=True)
    assert code(asked(azure, application, **secret)) == 7000222
    change(azure, application.client_id, secret_expired=False, token_lifetime=-1)
    ended = asked(azure, application, **secret)
    assert ended["expires_in"] == -1
    assert azure.directory.identity_of(ended["access_token"], AZURE_DEVOPS) is None


def test_a_device_code_ends(azure: SimulatedAzure, application: Principal) -> None:
    change(azure, application.client_id, device_code_seconds=-1)
    started = asked(azure, application, "devicecode")
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": started["device_code"]}

    assert asked(azure, application, **grant)["error"] == "expired_token"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("refusals", {"principal": USER}),
        ("refusals", {"principal": USER, "code": "many"}),
        ("applications", {}),
        ("users", {"user_name": "eve@contoso.example"}),
        ("tenants", {}),
        ("members", {"organization": "contoso", "principal": "nobody"}),
        ("faults", {"match": "POST .*", "fault": "rain"}),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(azure: SimulatedAzure, path: str, body: dict[str, Any]) -> None:
    answer = azure.ask("POST", f"{azure.login}/_simulator/{path}", json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]


def change(azure: SimulatedAzure, principal: str, **options: Any) -> None:
    assert azure.ask("POST", f"{azure.login}/_simulator/principals/{principal}", json=options).status_code == 204


def code_or_0(answer: dict[str, Any]) -> int:
    return 0 if "access_token" in answer else code(answer)


def test_refusals_on_demand_are_counted(azure: SimulatedAzure, application: Principal) -> None:
    control = f"{azure.login}/_simulator/refusals"
    assert azure.ask("POST", control, json={"principal": USER, "code": 53003, "times": 2}).status_code == 204

    assert [code(by_password(azure, application)) for _ in range(2)] == [53003, 53003]
    assert "access_token" in by_password(azure, application)
    assert azure.ask("POST", control, json={"principal": USER}).status_code == 400
