"""Service principals and managed identities as members of the organisation.

https://learn.microsoft.com/rest/api/azure/devops/memberentitlementmanagement/service-principal-entitlements
These calls go to https://vsaex.dev.azure.com/{organisation}.
"""

from dataclasses import dataclass
from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, flag, name, optional_text, record
from shared.errors import RefusedError

BASIC = "express"
"""The access level Basic, the least that sees Azure Repos; `stakeholder` costs nothing and does not."""
_VERSION = {"api-version": "7.1-preview.1"}
_PATH = "_apis/serviceprincipalentitlements"


@dataclass(frozen=True, slots=True)
class Member:
    """A service principal in the organisation; `object_id` is Entra's, `id` the organisation's own."""

    id: str
    object_id: str
    name: str
    access_level: str


def add_service_principal(object_id: str, access_level: str = BASIC) -> Call[Member]:
    """Add a service principal by the object id under *Enterprise applications* (not that of the app registration).

    Raises `RefusedError` with what the service has against it; that comes with status 200.
    """
    body = {
        "accessLevel": {"licensingSource": "account", "accountLicenseType": access_level},
        "servicePrincipal": {"origin": "aad", "originId": object_id, "subjectKind": "servicePrincipal"},
    }
    return Call("POST", _PATH, _added, _VERSION, body, changes=True)


def get_service_principal(member: str) -> Call[Member]:
    """Read a member by its id in the organisation. Raises `NotFoundError`."""
    return Call("GET", f"{_PATH}/{segment(member)}", _member, _VERSION)


def remove_service_principal(member: str) -> Call[None]:
    """Remove a member; what it has by an Entra group in the organisation, it keeps."""
    return Call("DELETE", f"{_PATH}/{segment(member)}", lambda _: None, _VERSION, changes=True)


def _added(value: Any) -> Member:
    result = record(value.get("operationResult"))
    if not flag(value["isSuccess"] if "isSuccess" in value else result["isSuccess"]):
        raise _refusal(entries(result.get("errors") or []))
    return _member(value.get("servicePrincipalEntitlement") or result["result"])


def _refusal(errors: list[Any]) -> RefusedError:
    """Each error is `{"key": number, "value": text}`."""
    reasons = [optional_text(error.get("value")) for error in errors]
    rule = next((str(error["key"]) for error in errors if "key" in error), "")
    message = " ".join(reason for reason in reasons if reason)
    return RefusedError(
        message or "Azure DevOps did not add the service principal.",
        hint="Give the object id that the portal shows under Enterprise applications, and a licence that is free.",
        rule=rule,
    )


def _member(value: Any) -> Member:
    principal, level = value["servicePrincipal"], record(value.get("accessLevel"))
    return Member(
        id=name(value["id"]),
        object_id=name(principal["originId"]),
        name=optional_text(principal.get("displayName")),
        access_level=optional_text(level.get("accountLicenseType")),
    )
