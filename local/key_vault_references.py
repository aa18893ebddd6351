"""Key Vault references in settings, resolved before the app starts, as Azure does.

https://learn.microsoft.com/azure/app-service/app-service-key-vault-references
"""

import re
from collections.abc import Callable, Mapping

_REFERENCE = re.compile(r"@Microsoft\.KeyVault\((?P<inside>[^()]*)\)", re.IGNORECASE)
_SECRET_PATH = re.compile(r"https://[^/]+/secrets/(?P<name>[0-9A-Za-z-]+)/?(?P<version>[0-9a-f]*)/?", re.IGNORECASE)

type ReadSecret = Callable[[str, str], str | None]


def resolve(values: Mapping[str, str], read: ReadSecret) -> dict[str, str]:
    """Return `values` with each reference replaced by what `read(name, version)` finds.

    A reference that cannot be resolved stays as it is: in Azure, too, the app then sees its literal text.
    """
    return {name: _resolved(value, read) for name, value in values.items()}


def _resolved(value: str, read: ReadSecret) -> str:
    found = _REFERENCE.fullmatch(value.strip())
    named = _secret_named(found["inside"]) if found else None
    secret = read(*named) if named else None
    return value if secret is None else secret


def _secret_named(inside: str) -> tuple[str, str] | None:
    """Return name and version for `SecretUri=…` or `VaultName=…;SecretName=…;SecretVersion=…`."""
    parts = dict(part.split("=", 1) for part in inside.split(";") if "=" in part)
    address = _SECRET_PATH.fullmatch(parts.get("SecretUri", ""))
    if address:
        return address["name"], address["version"] or ""
    if parts.get("SecretName"):
        return parts["SecretName"], parts.get("SecretVersion", "")
    return None
