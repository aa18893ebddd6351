"""Reads what happened to the work items from Azure DevOps itself, so that no lost service hook is missed for long.

The feed of revisions has a token of its own for each project: a revision is read once, in the order in which they
were made, whatever the clocks say. What it tells are hints like events; the token moves on only when they were taken
in, or lie in the queue.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.revisions import Batch, read_revisions
from shared.connections.models import Connection
from shared.connections.organisations import Organisations
from shared.errors import BridgeError, RefusedError, RejectedRequestError, ThrottledError
from shared.links.store import LinkStore
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError, Table
from shared.tickets.lanes.health import Health
from shared.tickets.observing.hook_events import read_revision
from shared.tickets.observing.observe import Observe
from shared.tickets.rows import keys
from shared.tickets.work.concerns import concerns_connection
from shared.times import Times

log = logging.getLogger(__name__)
_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Reads the feeds of a connection's projects up to now."""

    table: Table
    links: LinkStore
    organisations: Organisations
    health: Health
    observe: Observe
    times: Times
    monotonic: Callable[[], float] = time.monotonic

    def __call__(self, connection: Connection, *, seconds: float) -> bool:
        """Take in what happened in a connection's projects; False if there was no time for all of it.

        What cannot be read now is read another time: nothing is raised for it, and nothing concluded. What nobody
        foresaw is raised when the other projects were read, so that whoever asked for it keeps count.
        """
        name, end = connection.name, self.monotonic() + seconds
        organisation = self.organisations.of(connection)
        unforeseen: list[Exception] = []
        for project in sorted(self.links.projects(name)):
            try:
                if not self._project(connection, organisation, project, end):
                    return False
            except BridgeError as error:
                log.warning("project not read", extra={"connection": name, "project": project, "why": error.message})
                if concerns_connection(error):
                    self.health.pause(name, error)
                    return True
            except Exception as error:  # the other projects must not wait for it
                log.exception("project not read", extra={"connection": name, "project": project})
                unforeseen.append(error)
        if unforeseen:
            raise unforeseen[0]
        if organisation.reached and self.health.of(name).problem:
            self.health.well(name)
        return True

    def _project(self, connection: Connection, organisation: Organisation, project: str, end: float) -> bool:
        """Read a feed from where it was left; False if time was up before its end."""
        while True:
            row = self.table.get(connection.name, keys.feed_row(project))
            token = str(row.values["token"]) if row else ""
            batch = self._read(organisation, project, token)
            self._take_in(connection, batch)
            if not self._advanced(connection.name, project, row, batch) or batch.last:
                return True
            if organisation.slow_down:
                raise ThrottledError("Azure DevOps asks to slow down.", retry_after=organisation.slow_down)
            if self.monotonic() > end:
                return False

    def _read(self, organisation: Organisation, project: str, token: str) -> Batch:
        """Read on from a token; one that is refused, as after a project was made anew, would be refused for ever."""
        since = self.table.clock.now() - timedelta(seconds=self.times.feed_start)
        try:
            return organisation.do(read_revisions(project, token, since=since))
        except (RefusedError, RejectedRequestError) as error:
            if not token:
                raise
            log.warning("feed begun anew", extra={"project": project, "why": error.message})
            return organisation.do(read_revisions(project, since=since))

    def _take_in(self, connection: Connection, batch: Batch) -> None:
        newest = {revision.item: revision for revision in batch.revisions}  # in the order in which they were made
        events = [read_revision(connection.name, revision, connection.tag) for revision in newest.values()]
        self.observe.read(connection, events)

    def _advanced(self, connection: str, project: str, row: Row | None, batch: Batch) -> bool:
        """Keep how far the feed was read; False if somebody else reads it at the same time."""
        key = keys.feed_row(project)
        values: dict[str, tables.Value] = {"schema": _SCHEMA, "token": batch.continuation}
        try:
            self.table.write(connection, tables.replace(key, values, row.etag) if row else tables.create(key, values))
        except RowChangedError:
            return False
        return True
