"""The fields that work items can have, as every organisation has them.

https://learn.microsoft.com/azure/devops/boards/work-items/guidance/work-item-field
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its reference name, its name on screens, its kind, and whether only the service writes it.

    `kind` is one of string, html, plainText, history, integer, double, dateTime, treePath, boolean, identity.
    """

    reference: str
    name: str
    kind: str
    read_only: bool = False


_TABLE = """
System.Id|ID|integer|read only
System.Rev|Rev|integer|read only
System.AreaId|Area ID|integer|read only
System.IterationId|Iteration ID|integer|read only
System.AreaPath|Area Path|treePath
System.IterationPath|Iteration Path|treePath
System.TeamProject|Team Project|string
System.NodeName|Node Name|string|read only
System.WorkItemType|Work Item Type|string|read only
System.State|State|string
System.Reason|Reason|string
System.AssignedTo|Assigned To|identity
System.CreatedDate|Created Date|dateTime|read only
System.CreatedBy|Created By|identity|read only
System.ChangedDate|Changed Date|dateTime|read only
System.ChangedBy|Changed By|identity|read only
System.AuthorizedDate|Authorized Date|dateTime|read only
System.RevisedDate|Revised Date|dateTime|read only
System.Watermark|Watermark|integer|read only
System.IsDeleted|Is Deleted|boolean|read only
System.CommentCount|Comment Count|integer|read only
System.HyperLinkCount|Hyperlink Count|integer|read only
System.Title|Title|string
System.Description|Description|html
System.History|History|history
System.Tags|Tags|plainText
System.Parent|Parent|integer|read only
Microsoft.VSTS.Common.StateChangeDate|State Change Date|dateTime|read only
Microsoft.VSTS.Common.ActivatedDate|Activated Date|dateTime|read only
Microsoft.VSTS.Common.ActivatedBy|Activated By|identity|read only
Microsoft.VSTS.Common.ResolvedDate|Resolved Date|dateTime|read only
Microsoft.VSTS.Common.ResolvedBy|Resolved By|identity|read only
Microsoft.VSTS.Common.ClosedDate|Closed Date|dateTime|read only
Microsoft.VSTS.Common.ClosedBy|Closed By|identity|read only
Microsoft.VSTS.Common.Priority|Priority|integer
Microsoft.VSTS.Common.Severity|Severity|string
Microsoft.VSTS.Common.ValueArea|Value Area|string
Microsoft.VSTS.Common.Risk|Risk|string
Microsoft.VSTS.Common.Activity|Activity|string
Microsoft.VSTS.Common.Discipline|Discipline|string
Microsoft.VSTS.Common.StackRank|Stack Rank|double
Microsoft.VSTS.Common.BacklogPriority|Backlog Priority|double
Microsoft.VSTS.Common.Triage|Triage|string
Microsoft.VSTS.Common.AcceptanceCriteria|Acceptance Criteria|html
Microsoft.VSTS.Common.BusinessValue|Business Value|integer
Microsoft.VSTS.Common.TimeCriticality|Time Criticality|double
Microsoft.VSTS.Common.Resolution|Resolution|html
Microsoft.VSTS.TCM.ReproSteps|Repro Steps|html
Microsoft.VSTS.TCM.SystemInfo|System Info|html
Microsoft.VSTS.TCM.Steps|Steps|html
Microsoft.VSTS.TCM.AutomationStatus|Automation status|string
Microsoft.VSTS.Build.FoundIn|Found In|string
Microsoft.VSTS.Build.IntegrationBuild|Integration Build|string
Microsoft.VSTS.Scheduling.DueDate|Due Date|dateTime
Microsoft.VSTS.Scheduling.StartDate|Start Date|dateTime
Microsoft.VSTS.Scheduling.FinishDate|Finish Date|dateTime
Microsoft.VSTS.Scheduling.TargetDate|Target Date|dateTime
Microsoft.VSTS.Scheduling.Effort|Effort|double
Microsoft.VSTS.Scheduling.StoryPoints|Story Points|double
Microsoft.VSTS.Scheduling.Size|Size|double
Microsoft.VSTS.Scheduling.OriginalEstimate|Original Estimate|double
Microsoft.VSTS.Scheduling.RemainingWork|Remaining Work|double
Microsoft.VSTS.Scheduling.CompletedWork|Completed Work|double
Microsoft.VSTS.CMMI.Blocked|Blocked|string
Microsoft.VSTS.CMMI.RequirementType|Requirement Type|string
Microsoft.VSTS.CMMI.Justification|Justification|html
Microsoft.VSTS.CMMI.RootCause|Root Cause|string
Microsoft.VSTS.CMMI.ProposedFix|Proposed Fix|html
Microsoft.VSTS.CMMI.Symptom|Symptom|html
Microsoft.VSTS.CMMI.ImpactAssessmentHtml|Impact Assessment|html
Microsoft.VSTS.CMMI.MitigationPlan|Mitigation Plan|html
Microsoft.VSTS.CMMI.ContingencyPlan|Contingency Plan|html
Microsoft.VSTS.CMMI.Probability|Probability|integer
Microsoft.VSTS.CMMI.MeetingType|Meeting Type|string
Microsoft.VSTS.CMMI.Minutes|Minutes|html
"""


def _read(table: str) -> dict[str, Field]:
    rows = [line.split("|") for line in table.strip().splitlines()]
    known = [Field(row[0], row[1], row[2], read_only=bool(row[3:])) for row in rows]
    return {field.reference.lower(): field for field in known}


STANDARD = _read(_TABLE)
BY_NAME = {field.name.lower(): field for field in STANDARD.values()}
LONG_TEXT = frozenset({"html", "history", "plainText"})


def find(name: str) -> Field | None:
    """Return the field with this reference name or screen name, whatever its case; custom ones are strings."""
    lowered = name.lower()
    known = STANDARD.get(lowered) or BY_NAME.get(lowered)
    if known is None and lowered.startswith("custom."):
        return Field(name, name.partition(".")[2], "string")
    return known
