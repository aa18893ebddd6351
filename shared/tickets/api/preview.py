"""Shows the work item that a snapshot would make, without making it."""

from dataclasses import dataclass
from typing import Any, TypedDict

from shared.connections.defaults import Defaults
from shared.connections.organisations import Organisations
from shared.connections.store import ConnectionStore
from shared.errors import FieldProblem, RejectedRequestError
from shared.links.models import Link
from shared.links.store import LinkStore
from shared.tickets.holds.filtering import passes
from shared.tickets.intake.grouping import ticket_of
from shared.tickets.item_content.type_fields import TypeFields
from shared.tickets.item_content.work_item_fields import Place, desired, ticket_url
from shared.tickets.rows import keys
from shared.tickets.rows.records import Hold
from shared.tickets.vulnerabilities.snapshots import Vulnerability
from shared.tickets.work.admission import Gates


class PreviewView(TypedDict):
    """The work item to be. `creates`: whether the snapshot would have one made now. `fields` by their reference names.

    `waiting_for`: what it would wait for, if it is open. `attachments` are names; `problems` are those of the
    templates.
    """

    connection: str
    project: str
    work_item_type: str
    creates: bool
    waiting_for: Hold | None
    fields: dict[str, Any]
    parent: int | None
    attachments: list[str]
    problems: list[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """The use case behind `POST /links/{kind}/{asset}/preview`."""

    links: LinkStore
    connections: ConnectionStore
    organisations: Organisations
    type_fields: TypeFields
    gates: Gates
    public_url: str

    def __call__(self, kind: str, asset: str, vulnerability: Vulnerability) -> PreviewView:
        """Return project, type, fields and what else it would have; `problems` are those of the templates.

        Raises `NotFoundError`, `RejectedRequestError` for another asset's, and what Azure DevOps raises.
        """
        link = self.links.get(kind, asset)
        if (vulnerability.asset.kind, vulnerability.asset.id) != (kind, asset):
            raise RejectedRequestError(
                "The snapshot is of another asset.",
                hint="Send it to its own asset's address.",
                problems=[FieldProblem("/vulnerability/asset", f"must be the {kind} {asset}")],
                status=422,
            )
        connection = self.connections.get(link.connection)
        making = link.own.over(connection.defaults)
        ticket = ticket_of(vulnerability, link.grouping)
        url = ticket_url(self.public_url, keys.public_id(connection.name, ticket))
        known = self.type_fields.of(self.organisations.of(connection), link.project_id, making.work_item_type)
        place = Place(link.project, making.work_item_type, known, connection.tag)
        wanted = desired([vulnerability], making, place, ticket_url=url)
        hold = self._hold(link, making, vulnerability) if wanted.open else None
        return {
            "connection": connection.name,
            "project": link.project,
            "work_item_type": making.work_item_type,
            "creates": wanted.open and hold is None and connection.may_write,
            "waiting_for": hold,
            "fields": {**{name: value for name, value in wanted.fields.items() if value != ""}, **wanted.once},
            "parent": making.parent or None,
            "attachments": [file.name for file in wanted.files],
            "problems": list(wanted.problems),
        }

    def _hold(self, link: Link, making: Defaults, vulnerability: Vulnerability) -> Hold | None:
        now = self.gates.shares.table.clock.now()
        first_seen = {vulnerability.id: vulnerability.observed_at or now}
        if not link.enabled:
            return Hold.LINK_DISABLED
        if self.gates.switch.view()["stopped"]:
            return Hold.STOPPED
        if not passes([vulnerability], first_seen, making.creates, now):
            return Hold.FILTER
        asset = keys.asset_key(link.kind, link.asset)
        return Hold.DAILY_CAP if self.gates.shares.is_used_up(asset, making.creates_per_day) else None
