"""What is asked for: which commit of which repository, read by the conventions of its project's links."""

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from urllib.parse import quote

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.repositories import Repository
from shared.connections.models import Connection, ConnectionState
from shared.connections.organisations import Organisations
from shared.connections.store import ConnectionStore
from shared.errors import ConflictError
from shared.links.models import LinkState
from shared.links.store import LinkStore
from shared.registries.conventions import conventions_of
from shared.registries.keeping.making import Given
from shared.registries.keeping.readings import Key
from shared.registries.sources.repositories import find_repository
from shared.registries.sources.versions import Version, resolve

_FORM = 1
"""Of answers; another one makes other ETags."""
_DIGITS = 16


@dataclass(frozen=True)
class Asked:
    """One commit of a repository; `given` are the conventions of links."""

    connection: Connection
    organisation: Organisation
    repository: Repository
    version: Version
    given: Given

    @cached_property
    def key(self) -> Key:
        """Return the key under which its reading is kept."""
        basis = conventions_of(None, self.given).digest[:_DIGITS]
        return Key(self.connection.name, self.repository.id.lower(), self.version.commit, basis)

    @property
    def mark(self) -> str:
        """A digest of all that its answers are made of, and that takes no reading of anything."""
        repository = self.repository
        names = [repository.project_name, repository.name, self.connection.url, self.version.ref]
        return sha256(json.dumps([_FORM, self.key.commit, self.key.basis, *names]).encode()).hexdigest()

    def link(self, path: str, line: int) -> str:
        """Return the address of a line on the pages of Azure Repos, at this very commit."""
        repository = self.repository
        page = f"{self.connection.url}/{quote(repository.project_name)}/_git/{quote(repository.name)}"
        where = f"line={line}&lineEnd={line + 1}&lineStartColumn=1&lineEndColumn=1"
        return f"{page}?path={quote(f'/{path}', safe='')}&version=GC{self.version.commit}&{where}&_a=contents"


@dataclass(frozen=True, slots=True)
class Questions:
    """Finds out what is meant. Each method raises what Azure DevOps raises when it cannot be asked."""

    connections: ConnectionStore
    organisations: Organisations
    links: LinkStore

    def ask(self, connection: str, project: str, repository: str, ref: str) -> Asked:
        """Return the commit that is meant, by two calls.

        Raises `NotFoundError`, `RejectedRequestError`, `ConflictError` (409) for a connection that is being deleted.
        """
        stored = self.connections.get(connection)
        if stored.state is not ConnectionState.ACTIVE:
            raise ConflictError(f"The connection {connection} is being deleted.", hint="Use another one.", status=409)
        organisation = self.organisations.of(stored)
        found = find_repository(organisation, project, repository)
        version = resolve(organisation, found, ref)
        return Asked(stored, organisation, found, version, self._given(stored, found.project))

    def against(self, asked: Asked, ref: str) -> Asked:
        """Return another commit of the same repository, by one call."""
        version = resolve(asked.organisation, asked.repository, ref)
        return Asked(asked.connection, asked.organisation, asked.repository, version, asked.given)

    def _given(self, connection: Connection, project: str) -> Given:
        """Return the conventions of all links of a project in their order; of the connection where there is none."""
        here = [
            link.own.over(connection.defaults).registries
            for link in self.links.of(connection.name)
            if link.project_id.lower() == project.lower() and link.state is LinkState.ACTIVE
        ]
        found = [table for tables in here or [connection.defaults.registries] for table in tables]
        return [table for index, table in enumerate(found) if table not in found[:index]]
