"""`.local/addresses.json`: where everything answers, for people, tests and tools."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from local.private_files import write_private


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses without a slash at the end, the two keys, and process ids by name."""

    functions: str
    function_key: str
    """The platform's key: good for the ticket functions only."""
    host_key: str
    azure_devops: str
    entra: str
    key_vault: str
    ca_bundle: str
    """The file that makes a client trust `entra` and `key_vault`."""
    identity_endpoint: str
    identity_header: str
    """What `func start` needs in its environment to be the functions' identity; new at each start."""
    storage_connection_string: str
    console: str
    pids: dict[str, int]

    def write(self, file: Path) -> None:
        """Replace `file` in one step; only its owner may read it, for it holds keys."""
        write_private(file, json.dumps(asdict(self), indent=2) + "\n")
