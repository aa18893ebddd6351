"""The four standard processes as data: work item types, their states with categories, and their fields.

https://learn.microsoft.com/azure/devops/boards/work-items/guidance/choose-process
https://learn.microsoft.com/azure/devops/boards/work-items/workflow-and-state-categories
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class State:
    """One state of a type and the category that the backlog and the boards judge it by."""

    name: str
    color: str
    category: str


@dataclass(frozen=True, slots=True)
class TypeField:
    """A field as one type uses it."""

    reference: str
    required: bool = False
    default: Any = None
    allowed: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkItemType:
    """One work item type. The first state is the one that a new item has."""

    name: str
    reference: str
    color: str
    icon: str
    states: tuple[State, ...]
    fields: tuple[TypeField, ...]
    first_reason: str
    moves: dict[str, tuple[str, ...]] | None = None
    """From each state to which others; None: to all, as in the standard processes."""

    def allows(self, start: str, goal: str) -> bool:
        """Whether an item may be moved from one state to another."""
        return self.moves is None or start == goal or goal in self.moves.get(start, ())

    def field(self, reference: str) -> TypeField | None:
        """Return how the type uses a field, or None where it does not have it."""
        return next((known for known in self.fields if known.reference.lower() == reference.lower()), None)

    def category(self, state: str) -> str:
        """Return the category of one of the type's states."""
        return next(known.category for known in self.states if known.name == state)


@dataclass(frozen=True, slots=True)
class Process:
    """A process and its types by lower-case name."""

    name: str
    id: str
    types: dict[str, WorkItemType]


_COLORS = {
    "Proposed": "b2b2b2",
    "InProgress": "007acc",
    "Resolved": "ff9d00",
    "Completed": "339933",
    "Removed": "ffffff",
}
_CATEGORIES = {
    "New": "Proposed",
    "To Do": "Proposed",
    "Proposed": "Proposed",
    "Approved": "Proposed",
    "Design": "Proposed",
    "Doing": "InProgress",
    "Active": "InProgress",
    "Committed": "InProgress",
    "In Progress": "InProgress",
    "Open": "InProgress",
    "Ready": "InProgress",
    "Resolved": "Resolved",
    "Done": "Completed",
    "Closed": "Completed",
    "Removed": "Removed",
}
_LOOKS = {
    "Bug": ("CC293D", "icon_insect"),
    "Epic": ("FF7B00", "icon_crown"),
    "Feature": ("773B93", "icon_trophy"),
    "Issue": ("B4009E", "icon_clipboard_issue"),
    "Task": ("F2CB1D", "icon_clipboard"),
    "User Story": ("009CCC", "icon_book"),
    "Product Backlog Item": ("009CCC", "icon_list"),
    "Requirement": ("009CCC", "icon_list"),
    "Impediment": ("B4009E", "icon_traffic_cone"),
    "Change Request": ("B4009E", "icon_asterisk"),
    "Review": ("B4009E", "icon_check_box"),
    "Risk": ("B4009E", "icon_traffic_cone"),
    "Test Case": ("004B50", "icon_test_case"),
}
_SEVERITIES = ("1 - Critical", "2 - High", "3 - Medium", "4 - Low")

_PRIORITY = TypeField("Microsoft.VSTS.Common.Priority", default=2, allowed=(1, 2, 3, 4))
_SEVERITY = TypeField("Microsoft.VSTS.Common.Severity", default="3 - Medium", allowed=_SEVERITIES)
_VALUE_AREA = TypeField(
    "Microsoft.VSTS.Common.ValueArea", required=True, default="Business", allowed=("Architectural", "Business")
)
_RISK = TypeField("Microsoft.VSTS.Common.Risk", allowed=("1 - High", "2 - Medium", "3 - Low"))
_BLOCKED = TypeField("Microsoft.VSTS.CMMI.Blocked", default="No", allowed=("Yes", "No"))
_TRIAGE = TypeField(
    "Microsoft.VSTS.Common.Triage",
    required=True,
    default="Pending",
    allowed=("Info Received", "More Info", "Pending", "Triaged"),
)
_REQUIREMENT_TYPE = TypeField(
    "Microsoft.VSTS.CMMI.RequirementType",
    required=True,
    default="Functional",
    allowed=(
        "Business Objective",
        "Feature",
        "Functional",
        "Interface",
        "Operational",
        "Quality of Service",
        "Safety",
        "Scenario",
        "Security",
    ),
)
_PROBABILITY = TypeField("Microsoft.VSTS.CMMI.Probability", allowed=(1, 2, 3, 4, 5))

_SERVICE_FIELDS = (
    "System.Id System.Rev System.AreaId System.IterationId System.TeamProject System.NodeName System.WorkItemType "
    "System.CreatedDate System.CreatedBy System.ChangedDate System.ChangedBy System.AuthorizedDate "
    "System.RevisedDate System.Watermark System.CommentCount System.HyperLinkCount System.Parent "
    "System.Reason System.AssignedTo System.Description System.History System.Tags "
    "Microsoft.VSTS.Common.StateChangeDate Microsoft.VSTS.Common.ActivatedDate Microsoft.VSTS.Common.ActivatedBy "
    "Microsoft.VSTS.Common.ResolvedDate Microsoft.VSTS.Common.ResolvedBy Microsoft.VSTS.Common.ClosedDate "
    "Microsoft.VSTS.Common.ClosedBy"
)


def _plain(names: str) -> tuple[TypeField, ...]:
    return tuple(TypeField(name) for name in names.split())


_ALWAYS = (
    *_plain(_SERVICE_FIELDS),
    TypeField("System.Title", required=True),
    TypeField("System.AreaPath"),
    TypeField("System.IterationPath"),
    _PRIORITY,
)
_DATES = _plain("Microsoft.VSTS.Scheduling.StartDate Microsoft.VSTS.Scheduling.TargetDate")
_WORK = _plain(
    "Microsoft.VSTS.Scheduling.RemainingWork Microsoft.VSTS.Scheduling.OriginalEstimate "
    "Microsoft.VSTS.Scheduling.CompletedWork Microsoft.VSTS.Common.Activity "
    "Microsoft.VSTS.Scheduling.StartDate Microsoft.VSTS.Scheduling.FinishDate"
)
_BUG = (
    *_plain(
        "Microsoft.VSTS.TCM.ReproSteps Microsoft.VSTS.TCM.SystemInfo Microsoft.VSTS.Build.FoundIn "
        "Microsoft.VSTS.Build.IntegrationBuild Microsoft.VSTS.Common.AcceptanceCriteria "
        "Microsoft.VSTS.Scheduling.RemainingWork Microsoft.VSTS.Common.StackRank"
    ),
    _SEVERITY,
    _VALUE_AREA,
)
_BACKLOG = (
    *_plain(
        "Microsoft.VSTS.Common.AcceptanceCriteria Microsoft.VSTS.Common.BusinessValue "
        "Microsoft.VSTS.Scheduling.Effort Microsoft.VSTS.Common.TimeCriticality Microsoft.VSTS.Common.StackRank"
    ),
    _VALUE_AREA,
    _RISK,
)
_TEST_CASE = ("Test Case", "Design|Ready|Closed", _plain("Microsoft.VSTS.TCM.Steps"), "New")
_DUE = _plain("Microsoft.VSTS.Scheduling.DueDate")
_CMMI_TEXTS = _plain("Microsoft.VSTS.CMMI.Justification Microsoft.VSTS.CMMI.ImpactAssessmentHtml")
_RISK_PLANS = _plain("Microsoft.VSTS.CMMI.MitigationPlan Microsoft.VSTS.CMMI.ContingencyPlan")
_MEETING = _plain("Microsoft.VSTS.CMMI.MeetingType Microsoft.VSTS.CMMI.Minutes")

type _Row = tuple[str, str, tuple[TypeField, ...], str]


def _type(row: _Row) -> WorkItemType:
    name, states, extra, reason = row
    color, icon = _LOOKS[name]
    state_list = tuple(_state(state) for state in states.split("|"))
    state_field = TypeField("System.State", required=True, allowed=tuple(s.name for s in state_list))
    reference = "Microsoft.VSTS.WorkItemTypes." + name.replace(" ", "")
    return WorkItemType(name, reference, color, icon, state_list, (*_ALWAYS, state_field, *extra), reason)


def _state(name: str) -> State:
    return state_of(name, _CATEGORIES[name])


def state_of(name: str, category: str) -> State:
    """Return a state in its category's colour."""
    return State(name, _COLORS[category], category)


def _process(name: str, identifier: str, rows: Iterable[_Row]) -> Process:
    return Process(name, identifier, {row[0].lower(): _type(row) for row in rows})


_BASIC = "To Do|Doing|Done"
_AGILE = "New|Active|Resolved|Closed"
_SCRUM = "New|Approved|Committed|Done|Removed"
_CMMI = "Proposed|Active|Resolved|Closed"

PROCESSES = {
    process.name: process
    for process in (
        _process(
            "Basic",
            "b8a3a935-7e91-48b8-a94c-606d37c3e9f2",
            [
                ("Epic", _BASIC, _DATES, "Added to backlog"),
                ("Issue", _BASIC, _plain("Microsoft.VSTS.Scheduling.Effort"), "Added to backlog"),
                ("Task", _BASIC, _WORK, "Added to backlog"),
                _TEST_CASE,
            ],
        ),
        _process(
            "Agile",
            "adcc42ab-9882-485e-a3ed-7678f01f66bc",
            [
                ("Bug", _AGILE, (*_BUG, *_plain("Microsoft.VSTS.Scheduling.StoryPoints")), "New"),
                ("Epic", f"{_AGILE}|Removed", (*_BACKLOG, *_DATES), "New"),
                ("Feature", f"{_AGILE}|Removed", (*_BACKLOG, *_DATES), "New"),
                ("Issue", "Active|Closed", _DUE, "New"),
                ("Task", "New|Active|Closed|Removed", _WORK, "New"),
                (
                    "User Story",
                    f"{_AGILE}|Removed",
                    (*_BACKLOG, *_plain("Microsoft.VSTS.Scheduling.StoryPoints")),
                    "New",
                ),
                _TEST_CASE,
            ],
        ),
        _process(
            "Scrum",
            "6b724908-ef14-45cf-84f8-768b5384da45",
            [
                ("Bug", _SCRUM, (*_BUG, *_plain("Microsoft.VSTS.Scheduling.Effort")), "New defect reported"),
                ("Epic", "New|In Progress|Done|Removed", (*_BACKLOG, *_DATES), "New epic"),
                ("Feature", "New|In Progress|Done|Removed", (*_BACKLOG, *_DATES), "New feature"),
                ("Impediment", "Open|Closed", _plain("Microsoft.VSTS.Common.Resolution"), "New impediment"),
                ("Product Backlog Item", _SCRUM, _BACKLOG, "New backlog item"),
                ("Task", "To Do|In Progress|Done|Removed", (*_WORK, _BLOCKED), "New task"),
                _TEST_CASE,
            ],
        ),
        _process(
            "CMMI",
            "27450541-8e31-4150-9947-dc59f998fc01",
            [
                ("Bug", _CMMI, (*_BUG, _BLOCKED, _TRIAGE, *_plain("Microsoft.VSTS.CMMI.RootCause")), "New"),
                ("Change Request", _CMMI, (_BLOCKED, _TRIAGE, *_CMMI_TEXTS), "New"),
                ("Epic", f"{_CMMI}|Removed", (*_BACKLOG, *_DATES), "New"),
                ("Feature", f"{_CMMI}|Removed", (*_BACKLOG, *_DATES), "New"),
                ("Issue", _CMMI, (*_DUE, _BLOCKED, _TRIAGE, *_CMMI_TEXTS), "New"),
                ("Requirement", f"{_CMMI}|Removed", (*_BACKLOG, _BLOCKED, _TRIAGE, _REQUIREMENT_TYPE), "New"),
                ("Review", "Active|Resolved|Closed", _MEETING, "New"),
                ("Risk", "Proposed|Active|Closed", (_SEVERITY, _BLOCKED, _PROBABILITY, *_RISK_PLANS), "New"),
                ("Task", f"{_CMMI}|Removed", (*_WORK, _BLOCKED, _TRIAGE), "New"),
                _TEST_CASE,
            ],
        ),
    )
}
