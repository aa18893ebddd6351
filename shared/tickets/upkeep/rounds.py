"""Rounds: what is done for every connection from time to time.

A timer only puts one message per connection on the queue `ticket-work`: connections do not wait for each other, and
what dies halfway is delivered again.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypedDict

from shared.connections.models import Connection, ConnectionState
from shared.connections.organisations import Organisations
from shared.connections.store import ConnectionStore
from shared.errors import BridgeError, ConfigurationError, CredentialError, ThrottledError, TransientError
from shared.links.store import LinkStore
from shared.storage.queues import Queue
from shared.tickets.lanes.health import Health
from shared.tickets.upkeep.doctor import Doctor, HooksView, failed
from shared.tickets.upkeep.doctor import Report as HooksReport
from shared.tickets.upkeep.reconcile import Reconcile
from shared.tickets.upkeep.rights import Rights
from shared.tickets.upkeep.verification import DifferenceView, Report, Verification
from shared.tickets.work.concerns import concerns_connection
from shared.tickets.work_items.adoption import Adoption
from shared.times import Times

log = logging.getLogger(__name__)
SCHEMA = 1
_ANSWER_WITHIN = 60.0
"""An HTTP answer must come before Azure's load balancer gives up, after 230 seconds."""


class Round(StrEnum):
    """What is done."""

    RECONCILE = "reconcile"
    """The feeds of revisions are read up to now."""
    VERIFY = "verify"
    """Every work item is read."""
    DOCTOR = "doctor"
    """Service hooks are examined and mended."""
    RIGHTS = "rights"
    """What the connection may do is tried."""


class ReconciledView(TypedDict):
    """How many work items were looked at, and what differed; `unknown` are numbers of those nowhere to be seen."""

    checked: int
    adopted: int
    mended: bool
    differences: list[DifferenceView]
    unknown: list[int]


@dataclass(frozen=True, slots=True)
class Rounds:
    """The use cases behind the timers, their messages, and what of them is done by hand for one connection."""

    queue: Queue
    connections: ConnectionStore
    links: LinkStore
    organisations: Organisations
    health: Health
    reconcile: Reconcile
    verification: Verification
    adoption: Adoption
    apart: Mapping[str, Callable[[Mapping[str, Any]], None]]
    """Rounds of others, by name: not of one connection, or of one that nobody works with."""
    doctor: Doctor
    rights: Rights
    times: Times

    def start(self, what: Round) -> None:
        """Ask for a round of every connection."""
        for connection in self.connections.all():
            self._send(connection.name, what)

    def run(self, message: Mapping[str, Any]) -> None:
        """Do what a message asks for; a connection that is paused has its round another time."""
        apart = self.apart.get(message["round"])
        if apart:
            apart(message)
            return
        connection = self.connections.find(message["connection"])
        if connection is None or connection.state is not ConnectionState.ACTIVE:
            return
        if self.health.of(connection.name).paused_for:
            return
        match message["round"]:
            case Round.RECONCILE:
                self._reconcile(connection)
            case Round.VERIFY:
                self._verify(connection, str(message.get("after", "")))
            case Round.DOCTOR if connection.enabled:  # nothing is written for a disabled one
                self._examine_hooks(connection)
            case Round.RIGHTS:
                self.rights.watch(connection.name)
            case unknown:
                log.info("no such round to do", extra={"connection": connection.name, "round": unknown})

    def _reconcile(self, connection: Connection) -> None:
        if not self.reconcile(connection, seconds=self.times.drain):
            self._send(connection.name, Round.RECONCILE)

    def check_hooks(self, name: str) -> HooksView:
        """Examine and mend a connection's service hooks now; return what was found and done.

        Of one that is being deleted nothing is: its subscriptions go. Raises `NotFoundError` for no connection; what
        Azure DevOps raises is the answer's `problem`.
        """
        connection = self.connections.get(name)
        if connection.state is not ConnectionState.ACTIVE:
            return HooksReport().public()
        try:
            return self._examine(connection).public()
        except (CredentialError, TransientError, ConfigurationError) as error:
            return failed(error).public()

    def by_hand(self, name: str, after: str, *, dry_run: bool, adopt: bool) -> tuple[ReconciledView, str]:
        """Return what differs between the tables and Azure DevOps, and the key to go on after if that is not all.

        It is mended unless `dry_run`.

        `adopt`: at first, rows are made of the work items that the tables do not know; nothing else is created
        meanwhile. Raises `NotFoundError`, and what Azure DevOps raises.
        """
        connection = self.connections.get(name)
        adopted = self._adopt(connection) if adopt and not after else 0
        if not (dry_run or after):
            self._reconcile(connection)
        report = self._compare(connection, after, dry_run=dry_run, seconds=_ANSWER_WITHIN)
        return {
            "checked": report.checked,
            "adopted": adopted,
            "mended": not dry_run,
            "differences": report.differences,
            "unknown": report.unknown,
        }, report.after

    def _adopt(self, connection: Connection) -> int:
        self.health.forget_comparisons(connection.name)
        organisation = self.organisations.of(connection)
        projects = sorted(self.links.projects(connection.name))
        return sum(self.adoption.project(connection, organisation, project, thorough=True) for project in projects)

    def _examine_hooks(self, connection: Connection) -> None:
        try:
            report = self._examine(connection)
        except (TransientError, ConfigurationError) as error:
            log.warning("service hooks not examined", extra={"connection": connection.name, "why": error.message})
            if isinstance(error, ThrottledError):
                self.health.pause(connection.name, error)
            return
        found = {"mended": len(report.mended), "left": len(report.left), "replayed": report.replayed}
        log.info("service hooks examined", extra={"connection": connection.name, **found})

    def _examine(self, connection: Connection) -> HooksReport:
        report = self.doctor(connection)
        if report.lost:
            self._send(connection.name, Round.RECONCILE)
        return report

    def _verify(self, connection: Connection, after: str) -> None:
        try:
            report = self._compare(connection, after, dry_run=False, seconds=self.times.drain)
        except BridgeError as error:
            log.warning("work items not read", extra={"connection": connection.name, "why": error.message})
            if concerns_connection(error):
                self.health.pause(connection.name, error)
            return
        log.info(
            "work items read",
            extra={
                "connection": connection.name,
                "checked": report.checked,
                "different": len(report.differences),
                "unknown": report.unknown,
            },
        )
        if report.after:
            self._send(connection.name, Round.VERIFY, report.after)

    def _compare(self, connection: Connection, after: str, *, dry_run: bool, seconds: float) -> Report:
        """Compare until all is done, time is up, or the report is full."""
        end = time.monotonic() + seconds
        report = Report(after=after)
        self.verification.some(connection, report, dry_run=dry_run)
        while report.after and time.monotonic() < end and not report.is_full:
            self.verification.some(connection, report, dry_run=dry_run)
        return report

    def _send(self, connection: str, what: Round, after: str = "") -> None:
        self.queue.send({"schema": SCHEMA, "connection": connection, "round": what, "after": after})
