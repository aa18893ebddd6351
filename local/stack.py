"""The whole machine: storage, simulators and functions hosts, started and stopped as one.

    with Stack(folder, time_scale=0.02, in_memory_storage=True) as stack:
        requests.get(f"{stack.addresses.functions}/api/health")
        stack.kill("functions")
        stack.start_functions()

`make run` and the functional tests run this same code. Ports are chosen when the stack is made.
"""

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Self

import requests

from local import ports as port_choice
from local import storage
from local.addresses import Addresses
from local.environment import HOOK_KEY, Wiring, inherited
from local.function_keys import FunctionKeys
from local.host.lease import lease_seconds
from local.key_vault_references import resolve
from local.parts import Parts
from local.processes import Nursery, Process, StartError
from local.trust import Trust
from local.vault import Vault, VaultError

_ANSWERS_WITHIN = 30.0
_LOOK_EVERY = 0.2
_SAVED_WITHIN = 60.0
_LATER = 15
"""Seconds between the end of a dead host's lease and the end of what it held: look-ups, a sweep, the work itself."""


class Stack:
    """Everything on one machine. Raises `StartError` when a part does not come up."""

    def __init__(
        self,
        state: Path,
        *,
        time_scale: float = 0.1,
        functions: bool = True,
        in_memory_storage: bool = False,
        large_storage: bool = False,
        ports: Mapping[str, int] | None = None,
        settings: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda _: None,
        keep_open: int | None = None,
        forks_hosts: bool = False,
        host_environment: Callable[[str], Mapping[str, str]] = lambda _: {},
    ) -> None:
        """Choose the ports: `ports` are preferred, or any free ones. `settings` win over the stack's own.

        `forks_hosts`: a host that is started often is imported once.
        `large_storage`: for tens of thousands of rows and messages, with which Azurite becomes slow.
        `host_environment` says at each start of a functions host, by its name, what else its environment holds.

        `keep_open` is a file descriptor that stays open until the last process has ended.
        """
        self.state = state.resolve()
        (self.state / "logs").mkdir(parents=True, exist_ok=True)
        preferred = ports or dict.fromkeys(port_choice.PREFERRED, 0)
        chosen = port_choice.choose(self.state / "ports.json", preferred, say)
        self.wiring = Wiring(chosen, Trust.under(self.state), secrets.token_hex(24), time_scale)
        self.keys = FunctionKeys.under(self.state / "keys.json")
        self._settings = dict(settings or {})
        self._with_functions = functions
        self._host_extras = host_environment
        self._storage = {"in_memory": in_memory_storage, "large_storage": large_storage}
        self._say = say
        self._parts = Parts(self.state, self.wiring, Nursery(keep_open=keep_open), forks_hosts)
        self._processes: dict[str, Process] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> None:
        azurite = self._begin(self._parts.azurite(**self._storage))
        simulators = self._begin(self._parts.simulators())
        for process in (azurite, simulators):
            self._wait(process)
        storage.provide(self.wiring.storage)
        if self.vault.get(HOOK_KEY) is None:
            self.vault.set(HOOK_KEY, secrets.token_urlsafe(48))
        if self._with_functions:
            self.start_functions()

    def start_functions(self, name: str = "functions") -> str:
        """Start a functions host, or start it again, and return its address.

        Any other name is one more host on the same storage and simulators.
        """
        process = self._processes.get(name) or self._parts.functions(
            name, self.keys.host, partial(self._host_environment, name)
        )
        self._wait(self._begin(process))
        return process.address

    def kill(self, name: str) -> None:
        """End a part by SIGKILL."""
        with self._lock:
            self._processes[name].kill()

    def restart(self, name: str) -> None:
        """Stop a part politely, start it again and wait until it answers; storage may have much to save."""
        with self._lock:
            process = self._processes[name]
            process.stop(patience=_SAVED_WITHIN)
        self._wait(self._begin(process))

    def stop(self) -> None:
        """Stop everything: hosts first, so that they can finish; storage last, so that it can save."""
        self._ending.set()
        with self._lock:
            for process in reversed(self._processes.values()):
                process.stop()
        self._parts.close()

    def watch(self, changed: Callable[[], None]) -> None:
        """From now on start again whatever dies; `changed` is called after each such start."""
        threading.Thread(target=self._watch, args=(changed,), name="watch", daemon=True).start()

    def _watch(self, changed: Callable[[], None]) -> None:
        while not self._ending.wait(_LOOK_EVERY):
            for process in list(self._processes.values()):
                if not process.alive and self._revived(process):
                    changed()

    def _revived(self, process: Process) -> bool:
        pause = process.pause()
        self._say(f"{process.name} died; starting it again in {pause:.2g} s. Its log: {process.log}")
        self._ending.wait(pause)
        try:
            seconds = self._answering(self._begin(process))
        except (StartError, VaultError, requests.RequestException) as error:
            if not self._ending.is_set():
                self._say(str(error))
            return False
        self._say(f"{process.name} answers again after {seconds:.1f} s")
        if self._runs_functions(process):
            within = lease_seconds(self.wiring.time_scale) + _LATER
            self._say(f"Nothing is lost: what {process.name} was working on goes on within {within} s.")
        return True

    def _runs_functions(self, process: Process) -> bool:
        return process.name not in ("azurite", "simulators")

    def _begin(self, process: Process) -> Process:
        with self._lock:
            if self._ending.is_set():
                raise StartError("Everything is being stopped.")
            self._processes[process.name] = process
            process.start()
        return process

    def _wait(self, process: Process) -> None:
        self._say(f"{process.name} ready after {self._answering(process):.1f} s")

    def _answering(self, process: Process) -> float:
        """Wait until it answers and return how long it took from its start."""
        process.wait(_ANSWERS_WITHIN)
        return time.monotonic() - process.started_at

    def _host_environment(self, name: str = "functions") -> dict[str, str]:
        settings = self.wiring.settings(self._settings)
        return {**inherited(), **resolve(settings, self.vault.get), **self._host_extras(name)}

    @cached_property
    def vault(self) -> Vault:
        """The simulated Key Vault, as the functions' identity sees it."""
        return Vault(
            self.wiring.key_vault,
            identity_endpoint=self.wiring.identity_endpoint,
            identity_header=self.wiring.identity_header,
            authority=self.wiring.trust.authority,
        )

    @property
    def addresses(self) -> Addresses:
        """Where everything answers now."""
        ports = self.wiring.ports
        functions = f"http://127.0.0.1:{ports['functions']}"
        return Addresses(
            functions=functions,
            function_key=self.keys.platform,
            host_key=self.keys.host,
            azure_devops=f"http://127.0.0.1:{ports['azure_devops']}",
            entra=f"https://127.0.0.1:{ports['entra']}",
            key_vault=self.wiring.key_vault,
            ca_bundle=str(self.wiring.trust.bundle),
            identity_endpoint=self.wiring.identity_endpoint,
            identity_header=self.wiring.identity_header,
            storage_connection_string=self.wiring.storage,
            console=f"{functions}/api/console",
            pids={name: process.pid for name, process in self._processes.items()},
        )
