"""Key Vault references in settings."""

import pytest

from local.key_vault_references import resolve

SECRETS = {("hook-key", ""): "newest", ("hook-key", "0a1b"): "pinned"}


def _read(name: str, version: str) -> str | None:
    return SECRETS.get((name, version))


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ("@Microsoft.KeyVault(SecretUri=https://127.0.0.1:8443/secrets/hook-key/)", "newest"),
        ("@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/hook-key)", "newest"),
        ("@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/hook-key/0a1b)", "pinned"),
        ("@Microsoft.KeyVault(VaultName=v;SecretName=hook-key)", "newest"),
        ("@Microsoft.KeyVault(VaultName=v;SecretName=hook-key;SecretVersion=0a1b)", "pinned"),
    ],
)
def test_a_reference_becomes_its_secret(value: str, resolved: str) -> None:
    assert resolve({"NAME": value}, _read) == {"NAME": resolved}


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "",
        "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/unknown)",
        "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/keys/hook-key)",
        "@Microsoft.KeyVault(nonsense)",
        "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/hook-key) and more",
    ],
)
def test_anything_else_stays_as_it_is(value: str) -> None:
    assert resolve({"NAME": value}, _read) == {"NAME": value}
