"""The types of work items of a project, with all that a form has to know of them.

https://learn.microsoft.com/rest/api/azure/devops/wit/work-item-types/list
"""

from dataclasses import dataclass
from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, flag, name, optional_text


@dataclass(frozen=True, slots=True)
class ColouredState:
    """A state with its category, and the colour (RRGGBB) that boards show it in."""

    name: str
    category: str
    color: str


@dataclass(frozen=True, slots=True)
class RequiredField:
    """A field that every item of the type must have; with a default it need not be sent."""

    name: str
    label: str
    default: str


@dataclass(frozen=True, slots=True)
class WorkItemType:
    """A type of work item; states are in the order of its workflow."""

    name: str
    color: str
    states: tuple[ColouredState, ...]
    required: tuple[RequiredField, ...]


def list_types(project: str) -> Call[list[WorkItemType]]:
    """List a project's work item types; disabled ones are left out."""
    return Call("GET", f"{segment(project)}/_apis/wit/workitemtypes", _types, {"api-version": "7.1"})


def _types(value: Any) -> list[WorkItemType]:
    return [_type(entry) for entry in entries(value["value"]) if not flag(entry.get("isDisabled"))]


def _type(value: Any) -> WorkItemType:
    fields = entries(value.get("fieldInstances") or [])
    return WorkItemType(
        name=name(value["name"]),
        color=optional_text(value.get("color")),
        states=tuple(_state(entry) for entry in entries(value.get("states") or [])),
        required=tuple(_field(entry) for entry in fields if flag(entry.get("alwaysRequired"))),
    )


def _state(value: Any) -> ColouredState:
    return ColouredState(name(value["name"]), name(value["category"]), optional_text(value.get("color")))


def _field(value: Any) -> RequiredField:
    return RequiredField(name(value["referenceName"]), name(value["name"]), optional_text(value.get("defaultValue")))
