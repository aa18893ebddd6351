"""How work items are made: what a connection says, and a link may say otherwise, setting by setting."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from shared.texts.plain import units
from shared.validation import Model

DEFAULT_TYPE = "Issue"
STANDARD_PRIORITIES: Mapping[str, int] = {"critical": 1, "high": 2, "medium": 3, "low": 4, "info": 4}
"""1 is the most urgent in every standard process.

https://learn.microsoft.com/azure/devops/boards/queries/planning-ranking-priorities
"""
PRIORITY = "Microsoft.VSTS.Common.Priority"
BY_ITSELF = "id"
"""The grouping in which every vulnerability has a ticket of its own."""
MAX_TEMPLATE = 20_000
MAX_SETTINGS = 32_000
"""UTF-16 code units as JSON: they are one property of a row.

https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
"""
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
    "system.assignedto": "use assignee or assignees",
    "system.parent": "use parent",
    PRIORITY.lower(): "use priorities",
}


class FromSnapshot(Model):
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


def _not_a_number_of_an_item(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a work item's number")  # noqa: TRY004  pydantic takes this one as an answer
    return value


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
Severity = Literal["critical", "high", "medium", "low", "info"]
Priority = Annotated[int, Field(ge=1, le=4), BeforeValidator(_not_a_flag)]
Priorities = dict[Severity, Priority]
Pattern = Annotated[str, StringConstraints(max_length=1_000), AfterValidator(_not_blank)]
Parent = Annotated[int, Field(ge=0, le=2**31 - 1), BeforeValidator(_not_a_number_of_an_item)]


class TextFormat(StrEnum):
    """How long texts are written; what is in a work item already keeps its own until it is written again."""

    HTML = "html"
    MARKDOWN = "markdown"


class _Settings(Model):
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, json_schema_serialization_defaults_required=True
    )


class Matching(_Settings):
    """A value at a path of the vulnerability."""

    path: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^.]+(\.[^.]+)*$")]
    equals: Annotated[str, StringConstraints(max_length=1_000)]


class AssigneeRule(_Settings):
    """Who gets a vulnerability: `person`, if all that is said of it here is so. Case does not matter.

    `component` and `path` (of the location) are how they begin.
    """

    person: Person
    severity: Annotated[tuple[Severity, ...], Field(max_length=5)] = ()
    tag: Pattern | None = None
    component: Pattern | None = None
    path: Pattern | None = None
    custom: Matching | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.severity or self.tag or self.component or self.path or self.custom):
            raise ValueError("needs a condition: severity, tag, component, path or custom; for all others use assignee")
        return self


Goal = Literal["completed", "resolved", "removed", "leave"]
"""The category of state that closes a work item; `leave`: it is told, and its state is left to people."""
Closing = dict[Literal["fixed", "false_positive", "risk_accepted"], Goal]
ClosedByPeople = Literal["leave", "comment", "reopen"]
"""What is done about a card that is closed while its vulnerability is open."""
Returned = Literal["reopen", "new"]
"""What becomes of a vulnerability that is there again: its closed work item, or one more that is related to it."""


class Creates(_Settings):
    """Which vulnerabilities have a work item made; one that is there is kept up to date whatever this says.

    `minimum_severity`: that one and worse. `newer_than_days`: what was first observed within so many days.
    """

    minimum_severity: Severity | None = None
    newer_than_days: Annotated[int, Field(ge=1, le=36_500, strict=True)] | None = None


PerDay = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
AssigneeRules = Annotated[tuple[AssigneeRule, ...], Field(max_length=50)]
Template = Annotated[str, StringConstraints(max_length=MAX_TEMPLATE)]
Registries = Annotated[tuple[dict[str, Any], ...], Field(max_length=50)]
"""Conventions of what registers, each as a table of `registry.toml` is."""


def _fitting[T: Model](settings: T) -> T:
    if units(settings.model_dump_json(include=set(Defaults.model_fields))) > MAX_SETTINGS:
        raise ValueError(f"shorten templates or fields: all settings are over {MAX_SETTINGS:,} characters as JSON")
    return settings


class Defaults(_Settings):
    """Every setting with its value. Severities that `priorities` does not name have the standard ones.

    A template that is empty is the standard text; `parent` 0 is none. `creates_per_day`: as many work items are made
    for one link in a day (UTC) at most; 0 is no cap.
    """

    work_item_type: TypeName = DEFAULT_TYPE
    area_path: TreePath | None = None
    iteration_path: TreePath | None = None
    tags: Tags = ()
    fields: FieldMap = Field(default_factory=dict)
    priorities: Priorities = Field(default_factory=dict)
    assignee: Person | None = None
    grouping: Grouping = BY_ITSELF
    closing: Closing = Field(default_factory=dict)
    closed_by_people: ClosedByPeople = "leave"
    returned: Returned = "reopen"
    creates: Creates = Creates()
    creates_per_day: PerDay = 0
    assignees: AssigneeRules = ()
    parent: Parent = 0
    title_template: Template = ""
    description_template: Template = ""
    text_format: TextFormat = TextFormat.HTML
    snapshot_tags: bool = False
    severity_tag: bool = False
    redacted: bool = False
    registries: Registries = ()

    _fits = model_validator(mode="after")(_fitting)

    def goal(self, status: str) -> Goal:
        """Return how a work item is closed for a status; those that `closing` does not name complete it."""
        return next((goal for name, goal in self.closing.items() if name == status), "completed")

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
    closing: Closing | None = None
    closed_by_people: ClosedByPeople | None = None
    returned: Returned | None = None
    creates: Creates | None = None
    creates_per_day: PerDay | None = None
    assignees: AssigneeRules | None = None
    parent: Parent | None = None
    title_template: Template | None = None
    description_template: Template | None = None
    text_format: TextFormat | None = None
    snapshot_tags: bool | None = None
    severity_tag: bool | None = None
    redacted: bool | None = None
    registries: Registries | None = None

    _fits = model_validator(mode="after")(_fitting)

    def over(self, defaults: Defaults) -> Defaults:
        """Return what is in effect."""
        said = {name: value for name in Overrides.model_fields if (value := getattr(self, name)) is not None}
        return defaults.model_copy(update=said)
