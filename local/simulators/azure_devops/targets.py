"""What links lead to: a work item or a file that is there. The service refuses others, and fills in what it knows.

https://learn.microsoft.com/azure/devops/boards/queries/link-type-reference
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from local.simulators.azure_devops import errors
from local.simulators.azure_devops.store import Database

_MOST_FILES = 100
_PARENT = "System.LinkTypes.Hierarchy-Reverse"
_FILE = "AttachedFile"

type Relation = dict[str, Any]


def completed(database: Database, organization: str, before: list[Relation], added: list[Relation]) -> list[Relation]:
    """Return the links that a patch adds as they are stored. Raises where one of them leads nowhere."""
    files = sum(relation["rel"] == _FILE for relation in (*before, *added))
    if files > _MOST_FILES:
        message = f"VS403313: The work item exceeds the limit of {_MOST_FILES} attachments."
        raise errors.bad_request(message, "WorkItemAttachmentLimitExceededException")
    if sum(relation["rel"] == _PARENT for relation in (*before, *added)) > 1:
        raise errors.bad_request("TF201036: You cannot add a Parent link: a work item can have only one parent.")
    return [_completed(database, organization, relation) for relation in added]


def _completed(database: Database, organization: str, relation: Relation) -> Relation:
    if relation["rel"] == _FILE:
        return _file(database, organization, relation)
    if str(relation["rel"]).startswith("System.LinkTypes."):
        number = str(relation["url"]).rpartition("/")[2]
        statement = "SELECT 1 FROM items WHERE organization = ? AND id = ? AND deleted IS NULL"
        if not number.isdigit() or database.execute(statement, (organization, int(number))).fetchone() is None:
            raise errors.item_missing(number)
    return relation


def _file(database: Database, organization: str, relation: Relation) -> Relation:
    address = urlsplit(str(relation["url"]))
    identifier = address.path.rpartition("/")[2].lower()
    statement = "SELECT length(content) AS size FROM attachments WHERE organization = ? AND id = ?"
    row = database.execute(statement, (organization, identifier)).fetchone()
    if row is None:
        raise errors.bad_request(f"VS403332: Attachment {identifier} does not exist.", "AttachmentNotFoundException")
    name = parse_qs(address.query).get("fileName", [identifier])[0]
    known = {"name": name, "resourceSize": row["size"]}
    return {**relation, "attributes": {**(relation.get("attributes") or {}), **known}}
