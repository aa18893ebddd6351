"""Which port each part answers on: the usual one, the one it had last time, or a free one."""

import json
import os
import secrets
import socket
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from local.private_files import write_private

PREFERRED = {
    "functions": 7071,
    "blob": 10000,
    "queue": 10001,
    "table": 10002,
    "azure_devops": 8081,
    "entra": 8082,
    "managed_identity": 8083,
    "key_vault": 8443,
}
SHARE = "PORTS_SHARE"
"""Setting for whoever starts several machines at once: "2/3" is the second of three shares of all ports."""
# Below those that systems give to outgoing connections: one of these could take a port before its server starts.
_ANY = range(20_000, 32_768)


def choose(
    file: Path, preferred: Mapping[str, int] = PREFERRED, say: Callable[[str], None] = lambda _: None
) -> dict[str, int]:
    """Return a free port for each name of `preferred` and note them in `file`; `say` is told which are not as wanted.

    What was noted there wins over `preferred`, so that addresses survive a restart; 0 means any free port.
    """
    wanted = {**preferred, **_noted(file)}
    chosen: dict[str, int] = {}
    for name in preferred:
        chosen[name] = free_port(wanted[name], taken=chosen.values())
        if wanted[name] not in (0, chosen[name]):
            say(f"Port {wanted[name]} is taken: {name} gets {chosen[name]}")
    write_private(file, json.dumps(chosen))
    return chosen


def free_port(preferred: int = 0, *, taken: Collection[int] = ()) -> int:
    """Return `preferred` if nobody listens on it and it is not in `taken`, else a free port."""
    found = _bindable(preferred) if preferred else 0
    while not found or found in taken:
        found = _bindable(secrets.choice(_mine()))
    return found


def _mine() -> range:
    number, _, of = os.environ.get(SHARE, "1/1").partition("/")
    return _ANY[int(number) - 1 :: int(of)]


def _bindable(port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Say whether somebody listens on this port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _noted(file: Path) -> dict[str, int]:
    try:
        return {str(name): int(port) for name, port in json.loads(file.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        return {}
