"""Settings: judged all together, named, never echoed."""

import json
from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.settings import SCHEDULES, ConsoleAccess, EdgeSettings, Settings

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
        ("CONSOLE_ACCESS", "everybody"),
        ("AzureWebJobsStorage", "nonsense"),
    ],
)
def test_a_bad_setting_is_named_and_its_value_is_not(name: str, value: str) -> None:
    text = problems(**{name: value})

    assert name in text
    assert value not in text


def test_the_console_wants_a_key_unless_it_is_said_otherwise() -> None:
    assert Settings.read(GOOD).console_access is ConsoleAccess.KEY
    assert Settings.read({**GOOD, "CONSOLE_ACCESS": " "}).console_access is ConsoleAccess.KEY
    assert Settings.read({**GOOD, "CONSOLE_ACCESS": "open"}).console_access is ConsoleAccess.OPEN


def test_no_secret_is_in_a_repr() -> None:
    assert "canary" not in repr(Settings.read(GOOD))


def test_the_sample_lists_every_setting_and_works() -> None:
    values = json.loads((REPOSITORY / "local.settings.sample.json").read_text())["Values"]
    source = (REPOSITORY / "shared/settings.py").read_text()
    read = {name for name in values if f'"{name}"' in source} | {"AzureWebJobsStorage"}

    Settings.read(values)

    assert {*GOOD, "AZURE_DEVOPS_URL", "AZURE_DEVOPS_TOKENS_URL"} <= read
    assert {"MAX_IMPORT_BYTES", "TIME_SCALE", "HOOK_EPOCH", "AZURE_CLIENT_ID"} <= read


def test_the_edge_asks_for_one_key_and_one_queue() -> None:
    settings = EdgeSettings.read(
        {"APP_ROLE": "edge", "HOOK_KEY": SECRET, "HOOK_QUEUE_URL": "https://acc.queue.core.windows.net/"}
    )

    assert settings.queue.queue_uri == "https://acc.queue.core.windows.net"
    assert "canary" not in repr(settings)


def test_all_that_the_edge_lacks_is_named_at_once_and_nothing_else() -> None:
    with pytest.raises(ConfigurationError) as caught:
        EdgeSettings.read({"HOOK_QUEUE_URL": "acc", "HOOK_EPOCH": "0", "APP_ROLE": "egde"})

    assert [problem.partition(" ")[0] for problem in caught.value.problems] == [
        "APP_ROLE",
        "HOOK_QUEUE_URL",
        "HOOK_KEY",
        "HOOK_EPOCH",
    ]


def test_one_app_takes_deliveries_on_its_own_storage() -> None:
    assert EdgeSettings.read(GOOD).queue.connection_string == GOOD["AzureWebJobsStorage"]


def test_the_apps_identity_reaches_storage_unless_storage_has_one_of_its_own() -> None:
    reached = {"AzureWebJobsStorage": "", "AzureWebJobsStorage__accountName": "acc", "AZURE_CLIENT_ID": "app"}

    assert Settings.read({**GOOD, **reached}).storage.client_id == "app"
    assert Settings.read({**GOOD, **reached, "AzureWebJobsStorage__clientId": "own"}).storage.client_id == "own"


def test_a_role_that_does_not_exist_is_named() -> None:
    assert "APP_ROLE is neither edge nor core" in problems(APP_ROLE="egde")


def test_hooks_are_told_to_come_to_the_edge_where_there_is_one() -> None:
    assert Settings.read(GOOD).hooks_url == "https://bridge.example"
    assert Settings.read({**GOOD, "HOOKS_URL": "https://edge.example/"}).hooks_url == "https://edge.example"
