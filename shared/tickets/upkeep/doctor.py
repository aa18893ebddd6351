"""Keeps service hooks alive: finds what is wrong with them, mends it, and takes in what they could not tell.

Azure DevOps gives a subscription up after some failures and tells nobody; while it is on probation, new events are
not even recorded. So what failed is read from its notifications, and what was never sent from the feed of revisions.
https://learn.microsoft.com/azure/devops/service-hooks/troubleshoot
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypedDict

from shared.azure_devops.notifications import Notification, list_notifications
from shared.azure_devops.organisation import Organisation
from shared.connections.models import Connection
from shared.connections.organisations import Organisations
from shared.errors import (
    BridgeError,
    CredentialError,
    RefusedError,
    RejectedRequestError,
    ThrottledError,
    TransientError,
)
from shared.links.hook_diagnosis import Case
from shared.links.service_hooks import Outcome, Pushes, ServiceHooks
from shared.links.store import LinkStore
from shared.tickets.observing.hearing import Hearing
from shared.tickets.observing.hook_events import read_event
from shared.tickets.observing.observe import Observe
from shared.tickets.upkeep.hook_alerts import BLIND, FindingView, HookAlerts, finding_words, shown, what_is_left
from shared.tickets.upkeep.hook_records import HookRecords, Record

log = logging.getLogger(__name__)
_ARRIVED = ("succeeded", "filtered")
_ITSELF = ""  # among the records of projects

type Records = Mapping[str, Record]
type Names = Mapping[str, str]
type Followed = Callable[[str], Mapping[Pushes, str]]
"""Of a connection by its name: the repositories whose pushes are to be heard of, with the names of their projects."""


class ReasonView(TypedDict):
    """Why nothing could be looked at."""

    message: str
    hint: str


class HooksView(TypedDict):
    """How many subscriptions work now, what was mended and what is left, and how much that was missed was taken in."""

    subscriptions: int
    mended: list[FindingView]
    left: list[FindingView]
    silent_projects: list[str]
    replayed: int
    problem: ReasonView | None


@dataclass(frozen=True, slots=True)
class Report:
    """What was found and done.

    `subscriptions` work now; `replayed` failed notifications were taken in; `problem`: why nothing could be
    looked at; `lost`: whether there may be events that only the feed of revisions knows.
    """

    subscriptions: int = 0
    mended: list[FindingView] = field(default_factory=list)
    left: list[FindingView] = field(default_factory=list)
    silent_projects: list[str] = field(default_factory=list)
    replayed: int = 0
    problem: ReasonView | None = None
    lost: bool = False

    def public(self) -> HooksView:
        """What the API shows of it."""
        return {
            "subscriptions": self.subscriptions,
            "mended": self.mended,
            "left": self.left,
            "silent_projects": self.silent_projects,
            "replayed": self.replayed,
            "problem": self.problem,
        }


def failed(error: BridgeError) -> Report:
    """Return the report of a round that could not look at anything."""
    return Report(problem={"message": error.message, "hint": error.hint})


@dataclass(frozen=True, slots=True)
class _Undelivered:
    project: str
    subscription: str
    notification: Notification


@dataclass(frozen=True, slots=True)
class Doctor:
    """One round for one connection."""

    links: LinkStore
    followed: Followed
    organisations: Organisations
    service_hooks: ServiceHooks
    records: HookRecords
    observe: Observe
    hearing: Hearing
    alerts: HookAlerts

    def __call__(self, connection: Connection) -> Report:
        """Examine, mend, replay, and tell a person what is new.

        Raises `TransientError` where nothing is known: then nothing is concluded.
        """
        before = self.records.read(connection.name, _ITSELF)
        try:
            report = self._round(connection)
        except (CredentialError, RefusedError, RejectedRequestError) as error:
            now = Record(told=(type(error).__name__,), message=f"{BLIND} {error.message} {error.hint}".rstrip())
            if now != before:
                self.alerts.blind(connection.name, error.message, error.hint)
                self.records.write(connection.name, _ITSELF, now)
            return failed(error)
        if before.told:
            self.records.write(connection.name, _ITSELF, Record())
        return report

    def _round(self, connection: Connection) -> Report:
        organisation = self.organisations.of(connection)
        linked = {project.lower(): name for project, name in self.links.projects(connection.name).items()}
        followed = self.followed(connection.name)
        names = {**{pushes.project.lower(): name for pushes, name in followed.items()}, **linked}
        if not names:
            return Report()
        cases = self.service_hooks.examine(organisation, connection, sorted(linked), followed)
        records = {project: self.records.read(connection.name, project) for project in names}
        undelivered = list(_undelivered(organisation, cases, records))
        replayed = sum(self._replayed(connection, one) for one in undelivered)
        outcomes = self.service_hooks.mend(organisation, connection, cases)
        self._tell(connection.name, names, outcomes, records)
        self._remember(connection.name, names, outcomes, records, undelivered)
        lost = any(case.loses for case in cases if not case.repository)
        return Report(
            subscriptions=sum(not outcome.is_left for outcome in outcomes),
            mended=[shown(names, outcome) for outcome in outcomes if outcome.is_mended],
            left=[shown(names, outcome) for outcome in outcomes if outcome.is_left],
            silent_projects=self._silent(connection.name, explained=lost),
            replayed=replayed,
            lost=lost,
        )

    def _replayed(self, connection: Connection, one: _Undelivered) -> bool:
        """Take in what a notification carried: a hint like any other."""
        event = read_event(connection.name, one.notification.event)
        if event is None:
            return False
        self.observe.read(connection, [replace(event, told=False)])
        return True

    def _tell(self, connection: str, names: Names, outcomes: Sequence[Outcome], records: Records) -> None:
        # A push that nobody told of is read when somebody asks.
        lost = [one for one in outcomes if one.is_mended and one.case.loses and not one.case.repository]
        self.alerts.mended(connection, names, lost)
        left = _left(outcomes)
        news = [one for one in outcomes if one.is_left and left[one.case.project] != records[one.case.project].told]
        self.alerts.left(connection, names, news)

    def _remember(
        self,
        connection: str,
        names: Names,
        outcomes: Sequence[Outcome],
        records: Records,
        undelivered: Sequence[_Undelivered],
    ) -> None:
        left = _left(outcomes)
        for project, record in records.items():
            its = [one for one in outcomes if one.case.project == project]
            kept = {one.case.keep.id for one in its if one.case.keep}
            replayed = {hook: last for hook, last in record.replayed.items() if hook in kept}
            for one in undelivered:
                if one.subscription in kept:
                    replayed[one.subscription] = max(one.notification.id, replayed.get(one.subscription, 0))
            now = Record(left.get(project, ()), replayed, what_is_left(names, its))
            if now != record:
                self.records.write(connection, project, now)

    def _silent(self, connection: str, *, explained: bool) -> list[str]:
        if explained:
            self.hearing.forget(connection)
            return []
        silences = self.hearing.silences(connection)
        self.alerts.silent(connection, silences)
        return [silence.project for silence in silences]


def _undelivered(organisation: Organisation, cases: Sequence[Case], records: Records) -> Iterator[_Undelivered]:
    """Yield the notifications that arrived nowhere: all of a subscription that goes, new failures of one that stays."""
    for case in (case for case in cases if not case.repository):
        replayed = records[case.project].replayed
        for hook, result in _histories(case, only_lost=bool(organisation.slow_down)):
            for notification in _history(organisation, hook, result):
                if notification.result not in _ARRIVED and notification.id > replayed.get(hook, 0):
                    yield _Undelivered(case.project, hook, notification)


def _histories(case: Case, *, only_lost: bool) -> Iterator[tuple[str, str]]:
    """Yield of which subscriptions the notifications with which result are to be read."""
    for hook in case.remove:
        yield hook.id, ""
    if case.keep and not only_lost:
        yield case.keep.id, "failed"


def _history(organisation: Organisation, subscription: str, result: str) -> list[Notification]:
    """What cannot be read here is in the feed of revisions: it must not keep a subscription from being mended."""
    try:
        return organisation.do(list_notifications(subscription, result=result))
    except ThrottledError:
        raise
    except (TransientError, RefusedError, RejectedRequestError) as error:
        log.info("notifications not read", extra={"subscription": subscription, "why": error.message})
        return []


def _left(outcomes: Sequence[Outcome]) -> dict[str, tuple[str, ...]]:
    """Return in words what is left of each project."""
    left: dict[str, tuple[str, ...]] = {}
    for outcome in outcomes:
        if outcome.is_left:
            left[outcome.case.project] = (*left.get(outcome.case.project, ()), *finding_words(outcome))
    return left
