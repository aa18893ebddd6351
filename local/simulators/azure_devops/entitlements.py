"""Which service principals and managed identities are members of an organisation.

https://learn.microsoft.com/rest/api/azure/devops/memberentitlementmanagement/service-principal-entitlements
A token of Entra alone opens nothing: each principal must be added to each organisation.
"""

import uuid
from typing import Any

from local.simulators.azure_devops import dates, errors
from local.simulators.azure_devops.identity import Identity, identifiers
from local.simulators.azure_devops.store import Database
from local.simulators.azure_devops.web import Answer, Call, Route
from local.simulators.azure_devops.world import World

_LEVELS = {"express": "Basic", "stakeholder": "Stakeholder", "advanced": "Basic + Test Plans"}
_NO_SUCH_PRINCIPAL = 5002

type Json = dict[str, Any]


def check_member(world: World, organization: str, who: Identity) -> None:
    """Raise TF401444 for who belongs to the tenant and not to the organisation.

    Members are those whom the directory lists for it and those who were admitted here; people of whom the directory
    says nothing are taken for members.
    """
    if not organization or (who.user and who.organizations is None):
        return
    if organization.lower() in map(str.lower, who.organizations or ()):
        return
    with world.store.transaction() as database:
        if _row(database, organization, who.mail) is None:
            raise errors.not_a_member(who.combined)


def admit(database: Database, organization: str, object_id: str, name: str, level: str = "express") -> str:
    """Make a principal a member, or change the member that it is, and return its id in the organisation."""
    identifier, _ = identifiers(object_id)
    row = (organization, object_id, identifier, name or object_id, level, dates.now())
    database.execute("INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?, ?, ?)", row)
    return identifier


def _row(database: Database, organization: str, object_id: str) -> Any:
    statement = "SELECT * FROM members WHERE organization = ? AND object_id = ?"
    return database.execute(statement, (organization, object_id)).fetchone()


def add(world: World, call: Call) -> Answer:
    """POST serviceprincipalentitlements: answers 200, and in its body whether it was done."""
    _check_administrator(call)
    asked = call.object()
    object_id = str((asked.get("servicePrincipal") or {}).get("originId") or "")
    level = str((asked.get("accessLevel") or {}).get("accountLicenseType") or "")
    if refusal := _refusal(object_id, level):
        return Answer({"isSuccess": False, "servicePrincipalEntitlement": None, "operationResult": refusal})
    with world.store.transaction() as database:
        identifier = admit(database, call.organization, object_id, "", level)
        member = _shown(_row(database, call.organization, object_id), call)
    result = {"servicePrincipalId": identifier, "isSuccess": True, "errors": [], "result": member}
    return Answer({"isSuccess": True, "servicePrincipalEntitlement": member, "operationResult": result})


def _refusal(object_id: str, level: str) -> Json | None:
    try:
        uuid.UUID(object_id)
    except ValueError:
        reason = f"No service principal with the object id '{object_id}' was found in the directory."
    else:
        reason = "" if level in _LEVELS else f"The access level '{level}' cannot be assigned."
    if not reason:
        return None
    errors_ = [{"key": _NO_SUCH_PRINCIPAL, "value": reason}]
    return {"servicePrincipalId": None, "isSuccess": False, "errors": errors_, "result": None}


def show(world: World, call: Call) -> Answer:
    """GET serviceprincipalentitlements/{id}."""
    with world.store.transaction() as database:
        return Answer(_shown(_find(database, call), call))


def remove(world: World, call: Call) -> Answer:
    """DELETE serviceprincipalentitlements/{id}: it is not let in any more."""
    _check_administrator(call)
    with world.store.transaction() as database:
        row = _find(database, call)
        key = (call.organization, row["object_id"])
        database.execute("DELETE FROM members WHERE organization = ? AND object_id = ?", key)
    return Answer()


def _check_administrator(call: Call) -> None:
    if not call.identity.may_administer:
        message = f"Access denied. {call.identity.name} needs Edit collection-level information permissions."
        raise errors.access_denied(message)


def _find(database: Database, call: Call) -> Any:
    statement = "SELECT * FROM members WHERE organization = ? AND id = ?"
    row = database.execute(statement, (call.organization, call.names["id"].lower())).fetchone()
    if row is None:
        message = f"The service principal with the id '{call.names['id']}' is not a member of the organization."
        kind, space = "MemberNotFoundException", "Microsoft.VisualStudio.Services.MemberEntitlementManagement"
        raise errors.ServiceError(404, message, kind, space)
    return row


def _shown(row: Any, call: Call) -> Json:
    _, descriptor = identifiers(row["object_id"])
    return {
        "id": row["id"],
        "servicePrincipal": {
            "subjectKind": "servicePrincipal",
            "metaType": "application",
            "directoryAlias": row["object_id"],
            "principalName": row["object_id"],
            "mailAddress": None,
            "origin": "aad",
            "originId": row["object_id"],
            "displayName": row["name"],
            "url": f"{call.home}/_apis/Graph/ServicePrincipals/{descriptor}",
            "descriptor": descriptor.replace("aad.", "aadsp."),
        },
        "accessLevel": {
            "licensingSource": "account",
            "accountLicenseType": row["access_level"],
            "msdnLicenseType": "none",
            "licenseDisplayName": _LEVELS[row["access_level"]],
            "assignmentSource": "unknown",
        },
        "dateCreated": dates.shown(row["created"]),
        "lastAccessedDate": "0001-01-01T00:00:00Z",
        "projectEntitlements": [],
        "groupAssignments": [],
    }


_ALL = "/{organization}/_apis/serviceprincipalentitlements"
ROUTES = (
    Route("POST", _ALL, add, preview=True),
    Route("GET", _ALL + "/{id}", show, preview=True),
    Route("DELETE", _ALL + "/{id}", remove, preview=True),
)
