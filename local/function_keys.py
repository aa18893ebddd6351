"""The keys of the functions host: one for the administrator, one for the platform's ticket functions."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from local.private_files import write_private

TICKET_FUNCTIONS = ("create_ticket", "import_tickets", "list_tickets", "read_ticket", "retry_ticket")


@dataclass(frozen=True, slots=True)
class FunctionKeys:
    """`host` opens everything, `platform` the ticket functions."""

    host: str
    platform: str

    @classmethod
    def under(cls, file: Path) -> "FunctionKeys":
        """Return the keys in `file`, made on first use; the host reads the same file."""
        if file.exists():
            stored = json.loads(file.read_text())
            return cls(stored["host_key"], stored["function_keys"][TICKET_FUNCTIONS[0]][0])
        keys = cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        functions = {name: [keys.platform] for name in TICKET_FUNCTIONS}
        write_private(file, json.dumps({"host_key": keys.host, "function_keys": functions}, indent=2))
        return keys
