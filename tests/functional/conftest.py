"""What every functional test shares: Azurite, started once on free ports."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient

from local.ports import free_port
from local.stack import Stack
from tests.functional.bridge import MADE, Bridge
from tests.functional.entra_admin import EntraAdmin
from tests.functional.simulated_azure import SimulatedAzure, simulated_azure

TIME_SCALE = 0.02
_NEVER = "0 0 0 1 1 *"
_shared: list[Stack] = []
"""The one that tests share, while it runs."""
# What tests break is read and mended when they say so, not at the next full minute or hour; what they wait for is swept
# up within two seconds.
_SETTINGS = {
    "CONSOLE_ACCESS": "key",
    "MAX_IMPORT_BYTES": "1000000",
    "SWEEP_SCHEDULE": "*/2 * * * * *",
    "RECONCILE_SCHEDULE": _NEVER,
    "DOCTOR_SCHEDULE": _NEVER,
}
REPOSITORY = Path(__file__).parents[2]
AZURITE = REPOSITORY / "local/azurite/node_modules/azurite/dist/src/azurite.js"
# Published, the same for every Azurite: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """The connection string of an Azurite that keeps everything in memory."""
    with started_azurite() as storage:
        yield storage


@contextmanager
def started_azurite(*preloaded: str) -> Iterator[str]:
    script = Path(os.environ.get("AZURITE", AZURITE))
    if not script.is_file():
        pytest.skip(f"Azurite is not installed at {script}: run `make install`")
    ports = dict(zip(("blob", "queue", "table"), free_ports(3), strict=True))
    flags = ["--silent", "--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence"]
    command = ["node", *preloaded, str(script), *flags]
    for service, port in ports.items():
        command += [f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: all(answers(port) for port in ports.values()), seconds=30, what="Azurite")
            yield connection_string(ports)
        finally:
            process.send_signal(signal.SIGTERM)


def connection_string(ports: dict[str, int]) -> str:
    endpoints = [f"{service.title()}Endpoint=http://127.0.0.1:{port}/{ACCOUNT}" for service, port in ports.items()]
    account = ["DefaultEndpointsProtocol=http", f"AccountName={ACCOUNT}", f"AccountKey={KEY}"]
    return ";".join([*account, *endpoints]) + ";"


def free_ports(count: int) -> Sequence[int]:
    """Return ports that nobody has."""
    ports: list[int] = []
    while len(ports) < count:
        ports.append(free_port(taken=ports))
    return ports


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not come within {seconds:.0f} s")
        time.sleep(0.05)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Storage, simulators and the functions, as `make run` starts them, with all durations at a fiftieth."""
    script = Path(os.environ.get("AZURITE", AZURITE))
    if not script.is_file():
        pytest.skip(f"Azurite is not installed at {script}: run `make install`")
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, time_scale=TIME_SCALE, in_memory_storage=True, settings=_SETTINGS) as stack:
        _shared.append(stack)
        yield stack
        _shared.remove(stack)


@pytest.fixture(autouse=True)
def _forget_what_is_over() -> Iterator[None]:
    """Every sweep and every list asks for each connection: those of tests that are over would slow down the others."""
    earlier = len(MADE)
    yield
    over = [bridge.name for bridge in MADE[earlier:] if bridge.stack in _shared]
    del MADE[earlier:]
    if over:
        _forget(_shared[0].addresses.storage_connection_string, over)


def _forget(storage: str, connections: Sequence[str]) -> None:
    with TableServiceClient.from_connection_string(storage) as tables:
        client = tables.get_table_client("connections")
        for name in connections:
            client.delete_entity("connections", name)


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedAzure]:
    """Entra and Key Vault in this process, which has the environment of a function app meanwhile."""
    with simulated_azure(tmp_path_factory.mktemp("azure")) as served:
        yield served


@pytest.fixture
def bridge(stack: Stack) -> Bridge:
    """An organisation, a connection and a linked asset of the test's own."""
    return Bridge.fresh(stack)


@pytest.fixture
def admin(stack: Stack) -> EntraAdmin:
    """Who administers Entra and an organisation of the test's own, for a bridge without a connection."""
    return EntraAdmin(Bridge.fresh(stack, linked=False))
