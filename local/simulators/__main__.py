"""The simulators in one process: `python -m local.simulators --state DIR --azure-devops PORT …`.

The value that managed identity clients must send comes in the environment variable IDENTITY_HEADER.
"""

import argparse
import os
import signal
import threading
from pathlib import Path
from typing import Any

from local.simulators import azure_devops, entra, key_vault
from local.simulators.directory import TENANT, Directory
from local.simulators.directory_members import Members
from local.simulators.directory_tenants import Tenants
from local.simulators.faulty import Faulty
from local.simulators.secret_versions import Secrets
from local.simulators.serving import Serving
from local.trust import Trust


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    options = _options()
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    servings = _servings(options, os.environ["IDENTITY_HEADER"])
    for serving in servings:
        serving.start()
    while not end.wait(timeout=0.5):
        if not all(serving.alive for serving in servings):
            raise SystemExit("A simulator stopped serving.")
    for serving in servings:
        serving.end()
    for serving in servings:
        serving.stop()


def _servings(options: argparse.Namespace, header: str) -> list[Serving]:
    state: Path = options.state
    certificate = Trust.under(state).certificate
    directory = Directory(state / "entra.db")
    login = f"https://127.0.0.1:{options.entra}"
    organisations = azure_devops.app(
        state / "azure_devops.db",
        speed=options.speed,
        entra_tokens=Members(directory).identity,
        tenant_of=Tenants(directory).of,
    )
    identity = entra.managed_identity(directory, header=header, issuer=entra.issuer(login))
    vault = key_vault.app(Secrets(state / "key_vault.db"), directory, authority=f"{login}/{TENANT}")
    return [
        Serving(organisations, options.azure_devops),
        Serving(Faulty(identity), options.managed_identity),
        Serving(Faulty(entra.authority(directory)), options.entra, certificate=certificate),
        Serving(Faulty(vault), options.key_vault, certificate=certificate),
    ]


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="python -m local.simulators", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder of the simulators' files")
    for name in ("azure-devops", "entra", "managed-identity", "key-vault"):
        parser.add_argument(f"--{name}", type=int, required=True, metavar="PORT")
    parser.add_argument("--speed", type=float, default=1.0, help="of the clock of service-hook retries")
    return parser.parse_args()


if __name__ == "__main__":
    main()
