"""A matrix of kills: storage with an account for each place, and the simulators."""

from collections.abc import Iterator, Mapping

import pytest

from local.key_vault_references import resolve
from local.stack import Stack
from tests.functional.kills.hooks import receiver
from tests.functional.kills.matrix import Matrix

TIME_SCALE = 0.01
PLACES = 700
ACCOUNT_KEY = "a2V5"


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    """Storage with an account for each place, and the simulators; no functions host."""
    usual = "devstoreaccount1:Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    accounts = ";".join([usual, *(f"place{number}:{ACCOUNT_KEY}" for number in range(PLACES))])
    folder = tmp_path_factory.mktemp("kills")
    with pytest.MonkeyPatch.context() as patched, receiver() as hooks:
        patched.setenv("AZURITE_ACCOUNTS", accounts)
        with Stack(folder, time_scale=TIME_SCALE, functions=False, in_memory_storage=True) as stack:
            yield Matrix(stack.addresses.azure_devops, Environments(stack, hooks.url), hooks)


class Environments:
    """The settings of each place's processes: those of a functions host, with storage of the place's own."""

    def __init__(self, stack: Stack, public_url: str) -> None:
        settings = stack.wiring.settings({"PUBLIC_URL": public_url})
        self._settings = {**resolve(settings, stack.vault.get), "NO_PROXY": "127.0.0.1,localhost"}
        self._ports = stack.wiring.ports

    def __call__(self, number: int) -> Mapping[str, str]:
        endpoints = "".join(
            f"{service.capitalize()}Endpoint=http://127.0.0.1:{self._ports[service]}/place{number};"
            for service in ("blob", "queue", "table")
        )
        storage = f"DefaultEndpointsProtocol=http;AccountName=place{number};AccountKey={ACCOUNT_KEY};{endpoints}"
        return {**self._settings, "AzureWebJobsStorage": storage}
