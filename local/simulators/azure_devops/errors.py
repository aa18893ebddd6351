"""What the service says when it refuses: status, message and exception type, as clients see them.

The body's shape is that of recorded answers; the messages are the service's own where they are known.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_TRACKING = "Microsoft.TeamFoundation.WorkItemTracking.Server"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One broken rule of one field, as `RuleValidationErrors` reports it."""

    reference: str
    message: str
    flags: str
    code: int


@dataclass
class ServiceError(Exception):
    """A refusal with the status and the body that the service would send."""

    status: int
    message: str
    type_key: str
    namespace: str = _TRACKING
    error_code: int = 0
    event_id: int = 3000
    field_errors: Sequence[FieldError] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return the JSON body of the answer."""
        answer: dict[str, Any] = {"$id": "1"}
        if self.field_errors:
            errors = [_rule_error(error) for error in self.field_errors]
            answer["customProperties"] = {"RuleValidationErrors": errors}
        return answer | {
            "innerException": None,
            "message": self.message,
            "typeName": f"{self.namespace}.{self.type_key}, {self.namespace}",
            "typeKey": self.type_key,
            "errorCode": self.error_code,
            "eventId": self.event_id,
        }

    def text(self) -> str:
        """Return the body as JSON text."""
        return json.dumps(self.body())


def _rule_error(error: FieldError) -> dict[str, Any]:
    return {
        "fieldReferenceName": error.reference,
        "fieldStatusFlags": error.flags,
        "errorMessage": error.message,
        "fieldStatusCode": error.code,
        "ruleValidationErrors": None,
    }


def broken_rules(errors: Sequence[FieldError]) -> ServiceError:
    """TF401320 and its relatives: fields of a work item break the rules of its type."""
    return ServiceError(400, errors[0].message, "RuleValidationException", _TRACKING, 600171, 3200, field_errors=errors)


def project_missing(name: str) -> ServiceError:
    """TF200016: no such project, or none that the caller may see."""
    message = (
        f"TF200016: The following project does not exist: {name}. Verify that the name of the project is "
        "correct and that the project exists on the specified Azure DevOps Server."
    )
    return ServiceError(404, message, "ProjectDoesNotExistWithNameException", "Microsoft.TeamFoundation.Core.WebApi")


def item_missing(item: object) -> ServiceError:
    """TF401232: deleted, destroyed, never there or not to be seen; the service does not say which."""
    message = f"TF401232: Work item {item} does not exist, or you do not have permissions to read it."
    return ServiceError(404, message, "WorkItemUnauthorizedAccessException", _TRACKING, 600072, 3200)


def type_missing(name: str, project: str) -> ServiceError:
    """VS402323: no such work item type in the project."""
    message = (
        f"VS402323: Work item type {name} does not exist in project {project} "
        "or you do not have permission to access it."
    )
    return ServiceError(404, message, "WorkItemTypeNotFoundException", _TRACKING, 0, 3200)


def field_missing(name: str) -> ServiceError:
    """TF51535: no such field."""
    message = f"TF51535: Cannot find field {name}."
    return ServiceError(404, message, "WorkItemTrackingFieldDefinitionNotFoundException", _TRACKING, 600016, 3200)


def bad_field(message: str) -> ServiceError:
    """A value that cannot be taken, whatever the rules of the type say."""
    return ServiceError(400, message, "WorkItemFieldInvalidException", _TRACKING, 0, 3200)


def bad_request(message: str, type_key: str = "VssPropertyValidationException") -> ServiceError:
    """What was sent is malformed."""
    return ServiceError(400, message, type_key, "Microsoft.VisualStudio.Services.Common", 0, 0)


def no_such_resource(path: str) -> ServiceError:
    """No controller answers this address."""
    message = f"The controller for path '{path}' was not found or does not implement IController."
    return ServiceError(404, message, "HttpException", "System.Web", 0, 0)


def access_denied(message: str) -> ServiceError:
    """The caller is known and lacks a right."""
    return ServiceError(403, message, "AccessCheckException", "Microsoft.TeamFoundation.Framework.Server", 0, 3000)


def unauthorized(user: str) -> ServiceError:
    """TF400813: the credential is not accepted for this resource."""
    message = f"TF400813: The user '{user}' is not authorized to access this resource."
    return ServiceError(401, message, "UnauthorizedRequestException", "Microsoft.TeamFoundation.Framework.Server")


def invalid_access() -> ServiceError:
    """A personal access token where only a user's own sign-in is accepted."""
    message = "The access token is not valid for this operation."
    return ServiceError(
        401, message, "InvalidAccessException", "Microsoft.VisualStudio.Services.DelegatedAuthorization"
    )


def not_a_member(name: str) -> ServiceError:
    """TF401444: a valid Entra token of somebody whom the organisation does not know."""
    message = (
        f"TF401444: Sign-in required. Please sign-in at least once as {name} in a web browser to enable access to "
        "the service."
    )
    space = "Microsoft.TeamFoundation.Framework.Server"
    return ServiceError(401, message, "UnauthorizedRequestException", space, 0, 0)


def git_refusal(message: str, type_key: str) -> ServiceError:
    """A repository, version, item or object that is not there or not to be seen."""
    return ServiceError(404, message, type_key, "Microsoft.TeamFoundation.Git.Server")
