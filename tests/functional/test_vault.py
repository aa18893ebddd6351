"""Secrets of Key Vault as the bridge reads them, by the real client from the simulator."""

import secrets

import pytest
from azure.identity import DefaultAzureCredential

from shared.errors import NotFoundError
from shared.storage.secrets import Vault
from tests.functional.simulated_azure import SimulatedAzure


def test_a_secret_that_was_disabled_is_none(azure: SimulatedAzure) -> None:
    """Whoever found it leaked disables it: a connection that has it must say so, and can be deleted."""
    vault, name = Vault(azure.vault, DefaultAzureCredential), f"secret-{secrets.token_hex(4)}"
    vault.disable(name, vault.set(name, "leaked"))

    with pytest.raises(NotFoundError, match="may be read"):
        vault.get(name)
    vault.set(name, "new")
    assert vault.get(name) == "new"
