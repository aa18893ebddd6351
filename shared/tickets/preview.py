"""Shows the work item that a snapshot would make, without making it."""

from dataclasses import dataclass
from typing import Any, TypedDict

from shared.connections.organisations import Organisations
from shared.connections.store import ConnectionStore
from shared.errors import FieldProblem, RejectedRequestError
from shared.links.store import LinkStore
from shared.tickets import keys
from shared.tickets.grouping import ticket_of
from shared.tickets.snapshots import Vulnerability
from shared.tickets.type_fields import TypeFields
from shared.tickets.work_item_fields import Place, desired, ticket_url


class PreviewView(TypedDict):
    """The work item to be. `creates`: whether the snapshot would have one made. `fields` by their reference names.

    `attachments` are names; `problems` are those of the templates.
    """

    connection: str
    project: str
    work_item_type: str
    creates: bool
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
        return {
            "connection": connection.name,
            "project": link.project,
            "work_item_type": making.work_item_type,
            "creates": wanted.open and link.enabled and connection.may_write,
            "fields": {**{name: value for name, value in wanted.fields.items() if value != ""}, **wanted.once},
            "parent": making.parent or None,
            "attachments": [file.name for file in wanted.files],
            "problems": list(wanted.problems),
        }
