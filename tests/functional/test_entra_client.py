"""msal as we use it, against the Entra simulator: proxies, a private authority, and answers that are none."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.simulators.directory import AZURE_DEVOPS, BRIDGE_CLIENT_ID, TENANT, Principal
from shared.connections.credentials.bearer import Bearer
from shared.connections.credentials.credential import AZURE_DEVOPS_SCOPE
from shared.connections.credentials.entra import Entra
from shared.connections.credentials.managed_identity import token_for
from shared.errors import CredentialError, TransientError
from tests.functional.proxy import proxy
from tests.functional.simulated_azure import SimulatedAzure

SECRET = "the client secret"


@pytest.fixture
def application(azure: SimulatedAzure) -> Principal:
    return azure.directory.register("scanner", secret=SECRET)


@pytest.fixture
def entra(azure: SimulatedAzure) -> Iterator[Entra]:
    made = Entra(azure.login, seconds=5)
    yield made
    made.close()


def account(application: Principal) -> dict[str, str]:
    return {"tenant": TENANT, "client_id": application.client_id}


@pytest.mark.parametrize(("no_proxy", "through"), [("", True), ("127.0.0.1", False)])
def test_requests_go_through_the_proxy_unless_the_host_is_excepted(
    azure: SimulatedAzure,
    application: Principal,
    entra: Entra,
    monkeypatch: pytest.MonkeyPatch,
    no_proxy: str,
    through: bool,
) -> None:
    with proxy() as served:
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, no_proxy)
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, served.url)

        token = entra.as_application(account(application), SECRET)
        entra.close()

    assert azure.directory.identity_of(token.value, AZURE_DEVOPS) == application
    assert bool(served.asked) is through
    assert all(target == azure.login.removeprefix("https://") for target in served.asked)


def test_a_proxy_that_is_not_there_is_told_as_what_it_is(
    application: Principal, entra: Entra, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    with pytest.raises(TransientError, match="could not be reached"):
        entra.as_application(account(application), SECRET)


def test_an_authority_that_nobody_vouches_for_is_not_spoken_to(
    application: Principal, entra: Entra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")

    with pytest.raises(TransientError, match="not trusted") as caught:
        entra.as_application(account(application), SECRET)

    assert "REQUESTS_CA_BUNDLE" in caught.value.hint


@pytest.mark.parametrize("match", ["GET .*openid-configuration", "POST .*oauth2/v2.0/token"])
@pytest.mark.parametrize("fault", ["status:500", "status:429", "status:302", "status:200", "drop_before", "drop_after"])
def test_an_answer_that_says_nothing_is_no_refusal(
    azure: SimulatedAzure, application: Principal, entra: Entra, match: str, fault: str
) -> None:
    wanted = {"match": match, "times": 1, "fault": fault}
    assert azure.ask("POST", f"{azure.login}/_simulator/faults", json=wanted).ok

    with pytest.raises(TransientError) as caught:
        entra.as_application(account(application), SECRET)
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"

    assert entra.as_application(account(application), SECRET).seconds > 0


def test_an_answer_that_comes_too_late_is_not_waited_for(azure: SimulatedAzure, application: Principal) -> None:
    wanted = {"match": "POST .*oauth2/v2.0/token", "times": 1, "fault": "latency:10000"}
    assert azure.ask("POST", f"{azure.login}/_simulator/faults", json=wanted).ok
    hasty = Entra(azure.login, seconds=3)

    with pytest.raises(TransientError, match="could not be reached"):
        hasty.as_application(account(application), SECRET)
    assert hasty.as_application(account(application), SECRET).seconds > 0
    hasty.close()


@pytest.mark.parametrize("fault", ["status:500", "status:429", "drop_before", "drop_after"])
def test_an_identity_endpoint_that_stumbles_is_asked_again(azure: SimulatedAzure, fault: str) -> None:
    wanted = {"match": "GET /msi/token", "times": 1, "fault": fault}
    control = azure.identity.removesuffix("/msi/token")
    assert azure.ask("POST", f"{control}/_simulator/faults", json=wanted).ok

    assert azure.directory.identity_of(token_for(AZURE_DEVOPS_SCOPE, None).value, AZURE_DEVOPS)


def test_threads_share_one_token_and_renew_it_once(azure: SimulatedAzure, application: Principal, entra: Entra) -> None:
    bearer = Bearer(lambda: entra.as_application(account(application), SECRET), refused_for=1)
    with ThreadPoolExecutor(16) as threads:
        first = set(threads.map(lambda _: bearer.authorization(renew=False), range(64)))

    assert len(first) == 1
    assert first.pop().startswith("Bearer ")


def test_an_app_without_the_identity_is_told_so(azure: SimulatedAzure) -> None:
    with pytest.raises(CredentialError, match="managed identity") as caught:
        token_for(AZURE_DEVOPS_SCOPE, "11111111-2222-3333-4444-555555555555")
    assert caught.value.hint

    assert azure.directory.identity_of(token_for(AZURE_DEVOPS_SCOPE, BRIDGE_CLIENT_ID).value, AZURE_DEVOPS)
