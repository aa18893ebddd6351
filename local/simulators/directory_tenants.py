"""Tenants beside ours: customers', each with its own objects for the applications that it agreed to."""

import uuid
from dataclasses import dataclass

from local.simulators.directory import TENANT, Directory

_OURS = frozenset({TENANT, "contoso.onmicrosoft.com", "organizations", "common"})


@dataclass(frozen=True, slots=True)
class Tenants:
    """The tenants of the directory, and to which of them an organisation of Azure DevOps is connected."""

    directory: Directory

    def make(self, domain: str) -> str:
        """Make a tenant, unless there is one with this domain, and return its id."""
        tenant = str(uuid.uuid5(uuid.UUID(TENANT), domain.lower()))
        with self.directory.state.transaction() as sql:
            sql.execute("INSERT OR IGNORE INTO tenants VALUES (?, ?)", (tenant, domain.lower()))
        return tenant

    def find(self, name: str) -> str | None:
        """Return the id of the tenant with this id or domain."""
        if name.lower() in _OURS:
            return TENANT
        row = self.directory.state.row("SELECT id FROM tenants WHERE ? IN (id, domain)", name.lower())
        return str(row["id"]) if row else None

    def connect(self, organization: str, tenant: str) -> None:
        """Connect an organisation to a tenant: only who is there can be its member."""
        with self.directory.state.transaction() as sql:
            sql.execute("INSERT OR REPLACE INTO organizations VALUES (?, ?)", (organization.lower(), tenant))

    def of(self, organization: str) -> str:
        """Return the tenant of an organisation; ours, unless it was connected to another."""
        row = self.directory.state.row("SELECT tenant FROM organizations WHERE name = ?", organization.lower())
        return str(row["tenant"]) if row else TENANT
