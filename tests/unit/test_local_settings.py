"""What the functions get as settings, the sample of it, and host.json."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.environment import Wiring, own_settings
from local.function_keys import TICKET_FUNCTIONS, FunctionKeys
from local.ports import PREFERRED
from local.trust import Trust
from shared.settings import Settings

REPOSITORY = Path(__file__).parents[2]
HOOK_KEY = "x" * 48


@pytest.fixture
def wiring(tmp_path: Path) -> Wiring:
    trust = Trust(tmp_path / "ca.pem", tmp_path / "ca-bundle.pem", tmp_path / "simulators.pem")
    return Wiring(PREFERRED, trust, "header", 0.1)


def _sample() -> dict[str, str]:
    return own_settings(REPOSITORY / "local.settings.sample.json")


def test_the_app_accepts_the_settings_of_one_machine(wiring: Wiring) -> None:
    settings = Settings.read({**wiring.settings({}), "HOOK_KEY": HOOK_KEY})

    assert settings.key_vault_url == "https://127.0.0.1:8443"
    assert settings.azure_devops_url == "http://127.0.0.1:8081"
    assert settings.time_scale == 0.1


def test_the_users_own_settings_win_except_for_identity_and_trust(wiring: Wiring) -> None:
    own = {"TIME_SCALE": "1", "IDENTITY_HEADER": "mine", "REQUESTS_CA_BUNDLE": "mine", "EXTRA": "mine"}

    settings = wiring.settings(own)

    assert (settings["TIME_SCALE"], settings["EXTRA"]) == ("1", "mine")
    assert settings["IDENTITY_HEADER"] == "header"
    assert settings["REQUESTS_CA_BUNDLE"] == str(wiring.trust.bundle)


def test_the_sample_is_accepted_and_agrees_with_make_run(wiring: Wiring) -> None:
    sample, settings = _sample(), wiring.settings({})

    Settings.read(sample)

    urls = ("KEY_VAULT_URL", "PUBLIC_URL", "AZURE_DEVOPS_URL", "AZURE_DEVOPS_TOKENS_URL")
    for name in ("AzureWebJobsStorage", *urls, "SWEEP_SCHEDULE"):
        assert sample[name] == settings[name], name
    assert set(settings) <= set(sample) | {"CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"}


def test_host_json_says_what_the_design_needs() -> None:
    host: dict[str, Any] = json.loads((REPOSITORY / "host.json").read_text())

    assert host["version"] == "2.0"
    assert host["extensionBundle"]["version"] == "[4.0.0, 5.0.0)"
    assert host["extensions"]["queues"] == {
        "batchSize": 16,
        "maxDequeueCount": 5,
        "maxPollingInterval": "00:00:01",
        "messageEncoding": "none",
        "visibilityTimeout": "00:00:30",
    }


@pytest.mark.parametrize("text", ["[]", '{"Values": []}', "no json"])
def test_a_broken_settings_file_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "local.settings.json"
    file.write_text(text)

    with pytest.raises(ValueError, match=r"."):
        own_settings(file)


def test_keys_are_made_once_and_the_platforms_opens_the_ticket_functions_only(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    keys = FunctionKeys.under(file)

    assert FunctionKeys.under(file) == keys
    stored = json.loads(file.read_text())
    assert stored["host_key"] == keys.host != keys.platform
    assert stored["function_keys"] == {name: [keys.platform] for name in TICKET_FUNCTIONS}
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_bundle_trusts_the_simulators_beside_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    company = tmp_path / "company.pem"
    company.write_text("the company's authority")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(company))

    first, again = Trust.under(tmp_path / "state"), Trust.under(tmp_path / "state")

    assert "the company's authority" in first.bundle.read_text()
    assert first.authority.read_text() in again.bundle.read_text()
    assert first.certificate.stat().st_mode & 0o777 == 0o600
