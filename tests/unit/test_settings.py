"""Settings: judged all together, named, never echoed."""

import json
from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.settings import SCHEDULES, Settings

REPOSITORY = Path(__file__).parents[2]
SECRET = "canary-0123456789-0123456789-0123456789"
GOOD = {
    "AzureWebJobsStorage": f"AccountName=a;AccountKey={SECRET}",
    "KEY_VAULT_URL": "https://v.vault.azure.net/",
    "PUBLIC_URL": "https://bridge.example",
    "HOOK_KEY": SECRET,
    **dict.fromkeys(SCHEDULES, "0 * * * * *"),
}


def problems(**changes: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Settings.read({**GOOD, **changes})
    return str(caught.value)


def test_good_settings_are_read() -> None:
    settings = Settings.read(GOOD)

    assert settings.key_vault_url == "https://v.vault.azure.net"
    assert settings.azure_devops_url == "https://dev.azure.com"
    assert settings.tokens_url == "https://vssps.dev.azure.com"


def test_an_identity_needs_no_connection_string() -> None:
    without = {name: value for name, value in GOOD.items() if name != "AzureWebJobsStorage"}

    settings = Settings.read({**without, "AzureWebJobsStorage__accountName": "acc"})

    assert settings.storage.table_uri == "https://acc.table.core.windows.net"


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.read({})

    for name in GOOD:
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KEY_VAULT_URL", "http://v.vault.azure.net"),
        ("KEY_VAULT_URL", "https://user:pw@v.vault.azure.net"),
        ("PUBLIC_URL", "bridge"),
        ("HOOK_KEY", "canary-0"),
        ("HOOK_KEY", "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/hook-key/)"),
        ("MAX_IMPORT_BYTES", "many"),
        ("MAX_IMPORT_BYTES", "77"),
        ("TIME_SCALE", "nan"),
        ("AzureWebJobsStorage", "nonsense"),
    ],
)
def test_a_bad_setting_is_named_and_its_value_is_not(name: str, value: str) -> None:
    text = problems(**{name: value})

    assert name in text
    assert value not in text


def test_no_secret_is_in_a_repr() -> None:
    assert "canary" not in repr(Settings.read(GOOD))


def test_the_sample_lists_every_setting_and_works() -> None:
    values = json.loads((REPOSITORY / "local.settings.sample.json").read_text())["Values"]
    source = (REPOSITORY / "shared/settings.py").read_text()
    read = {name for name in values if f'"{name}"' in source} | {"AzureWebJobsStorage"}

    Settings.read(values)

    assert {*GOOD, "AZURE_DEVOPS_URL", "AZURE_DEVOPS_TOKENS_URL"} <= read
    assert {"MAX_IMPORT_BYTES", "TIME_SCALE", "HOOK_EPOCH", "AZURE_CLIENT_ID"} <= read
