"""The parts of one machine as processes: what starts each, and how one sees that it answers."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests

from local import ports
from local.environment import Wiring, inherited
from local.forks import Forks
from local.processes import REPOSITORY, Nursery, Process, Spawn, StartError, spawned

_AZURITE = REPOSITORY / "local/azurite/node_modules/azurite/dist/src/azurite.js"
LARGE_STORAGE = REPOSITORY / "local/azurite/large_storage.js"
_KEPT_OPEN = "60"
"""Seconds. By default Azurite closes a connection that is idle for five, often just when it is used again."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Makes the processes; nobody starts them here."""

    state: Path
    wiring: Wiring
    nursery: Nursery
    forks_hosts: bool = False
    _forks: list[Forks] = field(default_factory=list)

    def close(self) -> None:
        """End what starts the processes; none of theirs is left running."""
        for forks in self._forks:
            forks.close()
        self.nursery.close()

    def azurite(self, *, in_memory: bool = False, large_storage: bool = False) -> Process:
        """Return the storage emulator; AZURITE in the environment names another script than ours.

        `large_storage`: what it takes for a call does not grow with its tables and queues.
        """
        folder = self.state / "azurite"
        storage = ["--inMemoryPersistence"] if in_memory else ["--location", str(folder)]
        services = ("blob", "queue", "table")
        where = [
            part
            for service in services
            for part in (
                *(f"--{service}Host", "127.0.0.1", f"--{service}Port", str(self.wiring.ports[service])),
                *(f"--{service}KeepAliveTimeout", _KEPT_OPEN),
            )
        ]
        preloaded = ["--require", str(LARGE_STORAGE)] if large_storage else []
        flags = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
        return self._process(
            "azurite",
            [_node(), *preloaded, str(_azurite()), *flags, *storage, *where],
            port=self.wiring.ports["table"],
            environment=inherited,
            ready=lambda: all(ports.answers(self.wiring.ports[service]) for service in services),
        )

    def simulators(self) -> Process:
        """Return Azure DevOps, Entra and Key Vault, which share a process."""
        names = ("azure_devops", "entra", "managed_identity", "key_vault")
        where = [part for name in names for part in (f"--{name.replace('_', '-')}", str(self.wiring.ports[name]))]
        speed = ["--speed", str(1 / self.wiring.time_scale)]
        return self._process(
            "simulators",
            [sys.executable, "-m", "local.simulators", "--state", str(self.state), *where, *speed],
            port=self.wiring.ports["azure_devops"],
            environment=lambda: {**inherited(), "IDENTITY_HEADER": self.wiring.identity_header},
            ready=lambda: all(ports.answers(self.wiring.ports[name]) for name in names),
        )

    def functions(self, name: str, host_key: str, environment: Callable[[], Mapping[str, str]]) -> Process:
        """Return a functions host: on its usual port if it is the first, on a free one otherwise."""
        port = self.wiring.ports[name] if name in self.wiring.ports else ports.free_port()
        keys, timers = str(self.state / "keys.json"), str(self.state / name)
        command = ["-m", "local.host", "--app", str(REPOSITORY), "--port", str(port)]
        return self._process(
            name,
            [sys.executable, *command, "--keys", keys, "--state", timers],
            port=port,
            environment=environment,
            ready=lambda: _host_runs(port, host_key),
            spawn=self._forking() if self.forks_hosts else spawned,
        )

    def _forking(self) -> Spawn:
        forks = Forks()
        self._forks.append(forks)
        return forks.spawn

    def _process(
        self,
        name: str,
        command: list[str],
        *,
        port: int,
        environment: Callable[[], Mapping[str, str]],
        ready: Callable[[], bool],
        spawn: Spawn = spawned,
    ) -> Process:
        log = self.state / "logs" / f"{name}.log"
        log.write_bytes(b"")
        address = f"http://127.0.0.1:{port}"
        return Process(name, address, self.nursery, log, command, environment, ready, spawn)


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise StartError(
            "Azurite needs Node.js 20 or newer, and no node is on the PATH: https://nodejs.org/en/download"
        )
    return node


def _azurite() -> Path:
    script = Path(os.environ.get("AZURITE") or _AZURITE)
    if not script.is_file():
        raise StartError(f"Azurite is not installed at {script}: run `make install`.")
    return script


def _host_runs(port: int, host_key: str) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.get(
                f"http://127.0.0.1:{port}/admin/host/status",
                headers={"x-functions-key": host_key},
                timeout=5,
            )
        except requests.RequestException:
            return False
    return answer.ok
