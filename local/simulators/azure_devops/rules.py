"""What the service refuses, and how it rewrites what it takes: one patch against one work item's fields."""

import re
from collections.abc import Mapping
from typing import Any

import nh3

from local.simulators.azure_devops import dates, errors
from local.simulators.azure_devops import fields as catalogue
from local.simulators.azure_devops.errors import FieldError
from local.simulators.azure_devops.fields import Field
from local.simulators.azure_devops.identity import Identity, person
from local.simulators.azure_devops.patch import Patch
from local.simulators.azure_devops.processes import WorkItemType

LONG_TEXT_LIMIT = 1_048_576
_STRING_LIMIT = 255
_TAG_LIMIT = 100
_TAG_LENGTH = 400
_REQUIRED = ("required, hasValues, limitedToValues, invalidEmpty", 524289)
_UNKNOWN_IDENTITY = ("hasValues, limitedToValues, invalidIdentityField", 8388608)
_NOT_LISTED = ("required, hasValues, limitedToValues, allowsOldValue, invalidListValue", 4194304)

type Fields = dict[str, Any]


def defaults(known: WorkItemType, project: str, moment: str, actor: Identity) -> Fields:
    """Return the fields of a new work item before anything is written to it."""
    values: Fields = {
        "System.AreaPath": project,
        "System.TeamProject": project,
        "System.IterationPath": project,
        "System.WorkItemType": known.name,
        "System.State": known.states[0].name,
        "System.Reason": known.first_reason,
        "System.CreatedDate": moment,
        "System.CreatedBy": actor.combined,
        "System.ChangedDate": moment,
        "System.ChangedBy": actor.combined,
        "System.CommentCount": 0,
        "Microsoft.VSTS.Common.StateChangeDate": moment,
    }
    given = {used.reference: used.default for used in known.fields if used.default is not None}
    return values | given


_TYPE = "System.WorkItemType"
"""Read-only by the fields' own list, and yet the way to make an item one of another type.

https://learn.microsoft.com/rest/api/azure/devops/wit/work-items/update#change-work-item-type
"""


def applied(before: Fields, patch: Patch, known: WorkItemType, *, bypass: bool) -> Fields:
    """Return the fields as the patch leaves them. Raises where a field is unknown, read-only or cannot hold it."""
    _check_tests(before, patch)
    after = dict(before)
    markdown = {name.lower() for name, kind in patch.formats.items() if kind == "markdown"}
    for operation, name, value in patch.writes:
        found = catalogue.find(name)
        if found is None or known.field(found.reference) is None:
            raise errors.field_missing(name)
        if found.read_only and found.reference != _TYPE and not bypass:
            raise errors.bad_field(f"TF401326: Invalid field status 'ReadOnly' for field '{found.reference}'.")
        _write(after, operation, found, value, markdown=found.reference.lower() in markdown)
    return after


def _check_tests(before: Fields, patch: Patch) -> None:
    for name, expected in patch.tests:
        found = catalogue.find(name)
        if found is None or before.get(found.reference) != expected:
            raise test_failed(f"/fields/{name}")


def test_failed(path: str) -> errors.ServiceError:
    """VS403351: a `test` operation met another value."""
    message = f"VS403351: Test Operation for path {path} failed."
    return errors.ServiceError(412, message, "TestPatchOperationFailedException", event_id=3200)


def _write(after: Fields, operation: str, found: Field, value: Any, *, markdown: bool) -> None:
    reference = found.reference
    if operation == "remove" or value is None or value == "":
        after.pop(reference, None)
    elif reference == "System.Tags":
        kept = after.get(reference, "") if operation == "add" else ""
        after[reference] = tags_text(f"{kept};{value}")
    elif isinstance(value, str) and found.kind in catalogue.LONG_TEXT:
        if len(value) > LONG_TEXT_LIMIT:
            message = f"VS402625: The text of field '{found.name}' exceeds the limit of {LONG_TEXT_LIMIT} characters."
            raise errors.bad_field(message)
        after[reference] = value if markdown else nh3.clean(value, link_rel=None)
    else:
        after[reference] = _converted(found, value)


def tags_of(values: Mapping[str, Any]) -> list[str]:
    """Return the tags of a work item's fields."""
    return [tag for tag in str(values.get("System.Tags", "")).split("; ") if tag]


def tags_text(text: str) -> str:
    """Return tags as the service writes them: sorted, each once whatever its case. Raises on unusable ones."""
    unique: dict[str, str] = {}
    for part in re.split(r"[;,]", text):
        if tag := part.strip():
            unique.setdefault(tag.lower(), tag)
    if any(len(tag) > _TAG_LENGTH for tag in unique.values()):
        message = f"TF401407: The tag name is not valid: it is longer than {_TAG_LENGTH} characters."
        raise errors.ServiceError(400, message, "InvalidTagNameException", event_id=3200)
    if len(unique) > _TAG_LIMIT:
        message = f"VS403371: The work item exceeds the limit of {_TAG_LIMIT} tags."
        raise errors.ServiceError(400, message, "WorkItemTagLimitExceededException", event_id=3200)
    return "; ".join(unique[name] for name in sorted(unique))


def _converted(found: Field, value: Any) -> Any:
    try:
        match found.kind:
            case "integer":
                return int(value)
            case "double":
                return float(value)
            case "dateTime":
                return dates.stored(dates.parsed(str(value)))
            case "identity":
                return _identity(found, value)
            case "treePath":
                return str(value).strip("\\").replace("/", "\\")
    except (TypeError, ValueError) as error:
        message = f"TF401326: Invalid field status 'InvalidType' for field '{found.reference}'."
        raise errors.bad_field(message) from error
    return str(value)


_left: set[str] = set()


def leave(mail: str) -> None:
    """Somebody is not known any more, until the simulator ends."""
    _left.add(mail.lower())


def _identity(found: Field, value: Any) -> str:
    """Everybody is known, but for who left, and those at an address that by RFC 2606 can be nobody's."""
    if isinstance(value, dict):
        value = f"{value.get('displayName', '')} <{value.get('uniqueName', '')}>"
    known = person(str(value))
    if known.mail.lower().endswith(".invalid") or known.mail.lower() in _left:
        message = f"The identity value '{value}' for field '{found.name}' is an unknown identity."
        raise errors.broken_rules([FieldError(found.reference, message, *_UNKNOWN_IDENTITY)])
    return known.combined


def check(before: Fields, after: Fields, known: WorkItemType) -> None:
    """Raise TF401320 and its relatives where `after` breaks the rules of the type."""
    broken = [error for used in known.fields if (error := _broken(used.reference, before, after, known))]
    title = str(after.get("System.Title", ""))
    if broken:
        raise errors.broken_rules(broken)
    if len(title) > _STRING_LIMIT:
        raise errors.bad_field("TF401324: The value of field 'Title' is longer than the limit of 255 characters.")


def _broken(reference: str, before: Fields, after: Fields, known: WorkItemType) -> FieldError | None:
    used, found = known.field(reference), catalogue.find(reference)
    if used is None or found is None:
        return None
    value = after.get(found.reference)
    if value is None or not str(value).strip():
        message = f"TF401320: Rule Error for field {found.name}. Error code: Required, InvalidEmpty."
        return FieldError(found.reference, message, *_REQUIRED) if used.required else None
    if used.allowed and value != before.get(found.reference) and value not in used.allowed:
        return not_listed(found, value)
    if reference == "System.State" and not known.allows(str(before.get(reference, value)), str(value)):
        return not_listed(found, value)  # which states are listed depends on the one that it has
    return None


def not_listed(found: Field, value: Any) -> FieldError:
    """The field's value is none of those that it may have."""
    message = (
        f"TF401320: Rule Error for field {found.name}. Error code: Required, HasValues, LimitedToValues, "
        f"AllowsOldValue, InvalidListValue. The field '{found.name}' contains the value '{value}' that is not in "
        "the list of supported values."
    )
    return FieldError(found.reference, message, *_NOT_LISTED)


def follow_state(before: Fields, after: Fields, known: WorkItemType, moment: str, actor: Identity) -> None:
    """Write what follows from a change of state: the reason and who did what when."""
    state = after["System.State"]
    if state == before.get("System.State"):
        return
    after["Microsoft.VSTS.Common.StateChangeDate"] = moment
    if after.get("System.Reason") == before.get("System.Reason"):
        after["System.Reason"] = f"Moved to state {state}"
    category = known.category(state)
    if category in {"Proposed", "InProgress"}:
        for name in ("Closed", "Resolved"):
            after.pop(f"Microsoft.VSTS.Common.{name}Date", None)
            after.pop(f"Microsoft.VSTS.Common.{name}By", None)
    event = {"InProgress": "Activated", "Resolved": "Resolved", "Completed": "Closed"}.get(category)
    if event:
        after[f"Microsoft.VSTS.Common.{event}Date"] = moment
        after[f"Microsoft.VSTS.Common.{event}By"] = actor.combined
