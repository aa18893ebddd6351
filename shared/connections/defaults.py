"""How work items are made: what a connection says, and a link may say otherwise, setting by setting."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

DEFAULT_TYPE = "Issue"
STANDARD_PRIORITIES: Mapping[str, int] = {"critical": 1, "high": 2, "medium": 3, "low": 4, "info": 4}
"""1 is the most urgent in every standard process.

https://learn.microsoft.com/azure/devops/boards/queries/planning-ranking-priorities
"""
PRIORITY = "Microsoft.VSTS.Common.Priority"
BY_ITSELF = "id"
"""The grouping in which every vulnerability has a ticket of its own."""
_MAX_FIELDS = 50
_REFERENCE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+")
_PLACE = re.compile(r"[^.+\s]+(\.[^.+\s]+)*")
_SHORT = {"location": "location.path"}
_GROUPABLE = frozenset({"id", "rule", "component", "cve", "cwe", "location", "title", "severity", "custom"})
_OURS = {
    "system.title": "the bridge writes it",
    "system.description": "the bridge writes it",
    "microsoft.vsts.tcm.reprosteps": "the bridge writes it",
    "system.state": "it follows the vulnerability's status",
    "system.reason": "it follows the vulnerability's status",
    "system.history": "the bridge writes it",
    "system.tags": "use tags",
    "system.areapath": "use area_path",
    "system.areaid": "use area_path",
    "system.iterationpath": "use iteration_path",
    "system.iterationid": "use iteration_path",
    "system.assignedto": "use assignee",
    PRIORITY.lower(): "use priorities",
}


class FromSnapshot(BaseModel):
    """A value that is taken from the vulnerability: names joined by dots, such as `custom.team`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    path: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^.]+(\.[^.]+)*$")]


def _reference_name(name: str) -> str:
    if not _REFERENCE.fullmatch(name):
        raise ValueError("must be named by its reference name, such as Custom.Team")
    if name.casefold() in _OURS:
        raise ValueError(f"cannot be mapped: {_OURS[name.casefold()]}")
    return name


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text.strip()


def _path(text: str) -> str:
    """Azure DevOps shows paths with a backslash in front and writes them without."""
    cleaned = _not_blank(text).replace("/", "\\").strip("\\")
    if not cleaned:
        raise ValueError("must be a path below the project")
    return cleaned


def _not_a_flag(value: Any) -> Any:
    """In Python true is a number; as a priority it is a mistake."""
    if isinstance(value, bool):
        raise ValueError("must be a whole number from 1 to 4")  # noqa: TRY004  pydantic takes this one as an answer
    return value


def _expression(text: str) -> str:
    """Places in a snapshot, joined by `+`, always in one order, so that another order is no other grouping."""
    names = {_SHORT.get(name, name) for name in map(str.strip, text.split("+"))}
    for name in names:
        if not _PLACE.fullmatch(name):
            raise ValueError("must be places in a snapshot, such as component or rule+location.path")
        if name.partition(".")[0] not in _GROUPABLE:
            raise ValueError(f"cannot group by {name}: use {', '.join(sorted(_GROUPABLE))} or what is in them")
    return BY_ITSELF if BY_ITSELF in names else "+".join(sorted(names))


Tag = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[^;,\x00-\x1f]+$")]
TypeName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Tags = Annotated[tuple[Tag, ...], Field(max_length=20)]
TreePath = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_path)]
Grouping = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_expression)]
Person = Annotated[str, StringConstraints(max_length=256), AfterValidator(_not_blank)]
Constant = Annotated[str, StringConstraints(max_length=4000)] | bool | int | float
FieldMap = Annotated[
    dict[Annotated[str, AfterValidator(_reference_name)], FromSnapshot | Constant], Field(max_length=_MAX_FIELDS)
]
Priority = Annotated[int, Field(ge=1, le=4), BeforeValidator(_not_a_flag)]
Priorities = dict[Literal["critical", "high", "medium", "low", "info"], Priority]


class _Settings(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, json_schema_serialization_defaults_required=True
    )


class Defaults(_Settings):
    """Every setting with its value. Severities that `priorities` does not name have the standard ones."""

    work_item_type: TypeName = DEFAULT_TYPE
    area_path: TreePath | None = None
    iteration_path: TreePath | None = None
    tags: Tags = ()
    fields: FieldMap = Field(default_factory=dict)
    priorities: Priorities = Field(default_factory=dict)
    assignee: Person | None = None
    grouping: Grouping = BY_ITSELF

    def priority(self, severity: str) -> int:
        """Return the priority of a severity."""
        own = (priority for name, priority in self.priorities.items() if name == severity)
        return next(own, STANDARD_PRIORITIES[severity])


class Overrides(_Settings):
    """What a link says otherwise; null is *inherited*. A map replaces the inherited one as a whole."""

    work_item_type: TypeName | None = None
    area_path: TreePath | None = None
    iteration_path: TreePath | None = None
    tags: Tags | None = None
    fields: FieldMap | None = None
    priorities: Priorities | None = None
    assignee: Person | None = None
    grouping: Grouping | None = None

    def over(self, defaults: Defaults) -> Defaults:
        """Return what is in effect."""
        said = {name: value for name in Overrides.model_fields if (value := getattr(self, name)) is not None}
        return defaults.model_copy(update=said)
