"""Takes snapshots in: one from a request or a queue message, or a whole report."""

import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict

from shared.errors import FieldProblem, NotFoundError, RejectedRequestError
from shared.links.models import Link, LinkState
from shared.links.save import being_deleted
from shared.links.store import LinkStore
from shared.storage.tables import Row, Table
from shared.tickets import keys
from shared.tickets.accept import Accept, Outcome
from shared.tickets.arrivals import Arrival, arrival, snapshot_values
from shared.tickets.grouping import Grouping, grouping_of
from shared.tickets.sarif.reading import RefusedResult
from shared.tickets.snapshots import Vulnerability

_CHUNK = 400
_MAX_REFUSALS = 100


ReportView = TypedDict(
    "ReportView",
    {
        "import": str,
        "accepted": int,
        "changed": int,
        "unchanged": int,
        "refused": int,
        "refusals": list[RefusedResult],
    },
)
"""What became of a report's results; `refusals` are the first hundred that cannot become tickets, with the reasons."""


@dataclass(slots=True)
class Report:
    """What became of the snapshots of an import; `refusals` are the first hundred."""

    id: str
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    refused: int = 0
    refusals: list[RefusedResult] = field(default_factory=list)

    def refuse(self, refused: RefusedResult) -> None:
        """Count a result that cannot become a ticket, and keep its reason."""
        self.refused += 1
        if len(self.refusals) < _MAX_REFUSALS:
            self.refusals.append(refused)

    def view(self) -> ReportView:
        """Return what the API answers."""
        return {
            "import": self.id,
            "accepted": self.outcomes.total(),
            "changed": self.outcomes[Outcome.CHANGED],
            "unchanged": self.outcomes.total() - self.outcomes[Outcome.CHANGED],
            "refused": self.refused,
            "refusals": self.refusals,
        }


@dataclass(frozen=True, slots=True)
class Submit:
    """The use cases behind `POST /tickets`, `POST /tickets/import` and the queue `ticket-requests`."""

    table: Table
    links: LinkStore
    accept: Accept

    def one(self, vulnerability: Vulnerability, sent_at: datetime | None = None) -> str:
        """Accept a snapshot and return its ticket's id; without `sent_at` it came just now.

        Raises `RejectedRequestError`.
        """
        link = self.link(vulnerability)
        snapshot = arrival(vulnerability, sent_at=sent_at, now=self.table.clock.now())
        kept = (name for name in kept_in(link) if self.table.get(name, snapshot.row))
        connection = next(kept, link.connection)
        ticket = self.accept.one(connection, snapshot, grouping_of(link, connection))
        return keys.public_id(connection, ticket)

    def all(self, results: Iterable[Vulnerability | RefusedResult], sent_at: datetime | None = None) -> Report:
        """Accept a report's snapshots; what cannot be accepted is refused one by one, with its reason."""
        report = Report(id=secrets.token_hex(8))
        run = _Run(self, report, sent_at)
        for index, result in enumerate(results):
            if isinstance(result, RefusedResult):
                report.refuse(result)
            else:
                run.add(index, result)
        run.flush()
        return report

    def link(self, vulnerability: Vulnerability) -> Link:
        """Return the link of a snapshot's asset. Raises `RejectedRequestError` if it has none, or is losing it."""
        asset = vulnerability.asset
        try:
            link = self.links.get(asset.kind, asset.id)
        except NotFoundError as error:
            problem = FieldProblem("/vulnerability/asset", "is not linked to a project")
            raise RejectedRequestError(error.message, hint=error.hint, problems=[problem], status=422) from error
        if link.state is LinkState.DELETING:
            raise being_deleted(asset.kind, asset.id)
        return link


def kept_in(link: Link) -> list[str]:
    """Return the other connections in which an asset's earlier tickets are kept up to date."""
    names = dict.fromkeys(place.connection for place in link.earlier if not place.left)
    return [name for name in names if name != link.connection]


@dataclass(slots=True)
class _Asset:
    """What an import has to know of one asset in one connection: read once."""

    connection: str
    grouping: Grouping
    known: dict[str, Row]
    gathered: list[tuple[int, Arrival]] = field(default_factory=list)


class _Run:
    """One import on its way: what is stored is read once per asset, writes are gathered."""

    def __init__(self, submit: Submit, report: Report, sent_at: datetime | None) -> None:
        self._submit = submit
        self._report = report
        self._sent_at = sent_at
        self._assets: dict[tuple[str, str], list[_Asset] | RejectedRequestError] = {}

    def add(self, index: int, vulnerability: Vulnerability) -> None:
        """Take one snapshot; it may be written only with a later one, or by `flush`."""
        try:
            places = self._places(vulnerability)
            snapshot = arrival(vulnerability, sent_at=self._sent_at, now=self._submit.table.clock.now())
        except RejectedRequestError as error:
            self._refuse(index, error)
            return
        asset = next((place for place in places if snapshot.row in place.known), places[-1])
        asset.gathered.append((index, snapshot))
        if len(asset.gathered) >= _CHUNK:
            self._write(asset)

    def flush(self) -> None:
        """Write what was gathered."""
        for places in self._assets.values():
            if not isinstance(places, RejectedRequestError):
                for asset in places:
                    self._write(asset)

    def _write(self, asset: _Asset) -> None:
        try:
            outcomes = self._accept(asset)
        except RejectedRequestError:  # one of them is too large for its row, and nothing was written
            asset.gathered = [entry for entry in asset.gathered if self._fits(*entry)]
            outcomes = self._accept(asset)
        self._report.outcomes.update(outcomes)
        asset.gathered.clear()

    def _accept(self, asset: _Asset) -> Counter[Outcome]:
        arrivals = [snapshot for _, snapshot in asset.gathered]
        return self._submit.accept.many(asset.connection, arrivals, asset.known, asset.grouping)

    def _fits(self, index: int, snapshot: Arrival) -> bool:
        try:
            snapshot_values(snapshot)
        except RejectedRequestError as error:
            self._refuse(index, error)
            return False
        return True

    def _refuse(self, index: int, error: RejectedRequestError) -> None:
        where = error.problems[0].field if error.problems else ""
        self._report.refuse(RefusedResult(index, where, f"{error.message} {error.hint}"))

    def _places(self, vulnerability: Vulnerability) -> list[_Asset]:
        """Return where an asset's tickets are, the current place last. Raises `RejectedRequestError` for none."""
        key = (vulnerability.asset.kind, vulnerability.asset.id)
        if key not in self._assets:
            self._assets[key] = self._open(vulnerability)
        found = self._assets[key]
        if isinstance(found, RejectedRequestError):
            raise found
        return found

    def _open(self, vulnerability: Vulnerability) -> list[_Asset] | RejectedRequestError:
        try:
            link = self._submit.link(vulnerability)
        except RejectedRequestError as error:
            return error
        asset = keys.asset_key(vulnerability.asset.kind, vulnerability.asset.id)
        names = [*kept_in(link), link.connection]
        return [_Asset(name, grouping_of(link, name), self._submit.accept.known(name, asset)) for name in names]
