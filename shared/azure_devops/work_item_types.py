"""The types of work items of a project, with all that a form has to know of them.

https://learn.microsoft.com/rest/api/azure/devops/wit/work-item-types/list
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Workflow:
    """The states of a type in their order, and from which to which of them an item may be moved.

    A state of which no moves are told may be left for any other.
    """

    states: tuple[ColouredState, ...]
    moves: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The states' names."""
        return [state.name for state in self.states]

    def category(self, state: str) -> str:
        """Return a state's category, empty for one that is not known."""
        return next((known.category for known in self.states if known.name == state), "")

    def allows(self, start: str, goal: str) -> bool:
        """Whether an item may be moved from one state to another at once."""
        return goal in self.moves[start] if start in self.moves else True


def read_workflow(project: str, work_item_type: str) -> Call[Workflow]:
    """Read the states of a type and the moves between them.

    The definition of the answer has states, the example of it does not: without them, ask `projects.states`.
    https://learn.microsoft.com/rest/api/azure/devops/wit/work-item-types/get
    """
    path = f"{segment(project)}/_apis/wit/workitemtypes/{segment(work_item_type)}"
    return Call("GET", path, _workflow, {"api-version": "7.1"})


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


def _workflow(value: Any) -> Workflow:
    moves = value.get("transitions") or {}
    return Workflow(
        tuple(_state(entry) for entry in entries(value.get("states") or [])),
        {name(start): tuple(name(move["to"]) for move in entries(told)) for start, told in moves.items() if start},
    )


def _state(value: Any) -> ColouredState:
    return ColouredState(name(value["name"]), name(value["category"]), optional_text(value.get("color")))


def _field(value: Any) -> RequiredField:
    return RequiredField(name(value["referenceName"]), name(value["name"]), optional_text(value.get("defaultValue")))
