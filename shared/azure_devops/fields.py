"""The fields of work items: which a type has and requires, and which only the service writes.

https://learn.microsoft.com/rest/api/azure/devops/wit/work-item-types-field
https://learn.microsoft.com/rest/api/azure/devops/wit/fields
"""

from dataclasses import dataclass
from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, flag, name, optional_text, text

_VERSION = {"api-version": "7.1"}


@dataclass(frozen=True, slots=True)
class TypeField:
    """A field as one type of work item uses it; `name` is the reference name, such as `System.Title`.

    `allowed` is empty where any value may be given. A field that is required and has no default must be sent. `kind` is
    that of the `Field`; empty where only the type was asked, which does not say it.
    """

    name: str
    label: str
    required: bool
    default: str
    allowed: tuple[str, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A field as the organisation defines it; `kind` is string, html, dateTime, treePath, identity, …"""

    name: str
    label: str
    kind: str
    read_only: bool


def type_fields(project: str, work_item_type: str) -> Call[list[TypeField]]:
    """List the fields of a type of work item, with the values that each allows."""
    path = f"{segment(project)}/_apis/wit/workitemtypes/{segment(work_item_type)}/fields"
    return Call("GET", path, _type_fields, {**_VERSION, "$expand": "all"})


def fields(project: str) -> Call[list[Field]]:
    """List the fields that a project knows."""
    return Call("GET", f"{segment(project)}/_apis/wit/fields", _fields, _VERSION)


def _type_fields(value: Any) -> list[TypeField]:
    return [_type_field(entry) for entry in entries(value["value"])]


def _type_field(value: Any) -> TypeField:
    return TypeField(
        name=name(value["referenceName"]),
        label=text(value["name"]),
        required=flag(value.get("alwaysRequired")),
        default=_shown(value.get("defaultValue")),
        allowed=tuple(_shown(allowed) for allowed in entries(value.get("allowedValues") or [])),
    )


def _shown(value: Any) -> str:
    """Values are texts or numbers; those of an identity field are objects, written as `Name <mail>`."""
    if isinstance(value, dict):
        mail = optional_text(value.get("uniqueName"))
        return f"{text(value['displayName'])} <{mail}>" if mail else text(value["displayName"])
    return str(value) if isinstance(value, int | float) else optional_text(value)


def _fields(value: Any) -> list[Field]:
    return [
        Field(name(entry["referenceName"]), text(entry["name"]), name(entry["type"]), flag(entry.get("readOnly")))
        for entry in entries(value["value"])
    ]
