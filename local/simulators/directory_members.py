"""Who of Entra's directory belongs to which Azure DevOps organisation, and with which rights."""

import json
from dataclasses import dataclass
from typing import Any

from local.simulators.azure_devops.identity import Identity
from local.simulators.directory import AZURE_DEVOPS, Directory
from local.simulators.directory_tenants import Tenants

_APPLICATIONS = frozenset({"managed_identity", "service_principal"})


@dataclass(frozen=True, slots=True)
class Members:
    """The members of all organisations, by object id."""

    directory: Directory

    def add(self, organization: str, object_id: str, rights: dict[str, Any]) -> None:
        """Add a member; `rights` may limit it: `may_write`, `may_administer`, `projects`, `scopes`."""
        with self.directory.state.transaction() as sql:
            values = (organization.lower(), object_id, json.dumps(rights))
            sql.execute("INSERT OR REPLACE INTO members VALUES (?, ?, ?)", values)

    def remove(self, organization: str, object_id: str) -> None:
        """Remove a member."""
        with self.directory.state.transaction() as sql:
            sql.execute(
                "DELETE FROM members WHERE organization = ? AND object_id = ?", (organization.lower(), object_id)
            )

    def identity(self, token: str, organization: str) -> Identity | None:
        """Return who a token for Azure DevOps belongs to; `organizations` is empty where they are no member.

        A token of another tenant than the organisation's is nobody's.
        """
        principal = self.directory.identity_of(token, AZURE_DEVOPS)
        if principal is None or (organization and principal.tenant != Tenants(self.directory).of(organization)):
            return None
        mail = principal.client_id if principal.kind == "user" else principal.object_id
        row = self.directory.state.row(
            "SELECT rights FROM members WHERE organization = ? AND object_id = ?",
            organization.lower(),
            principal.object_id,
        )
        is_person = principal.kind not in _APPLICATIONS
        if row is None:
            return Identity(principal.name, mail, organizations=(), user=is_person)
        limits = json.loads(row["rights"])
        rights: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in limits.items()}
        return Identity(principal.name, mail, organizations=(organization.lower(),), user=is_person, **rights)
