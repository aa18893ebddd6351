"""Sample events, as `testnotifications` sends them: about a work item or a repository that nobody has."""

import uuid
from typing import Any

from local.simulators.azure_devops import dates, messages, pushes
from local.simulators.azure_devops.messages import Subject

_COLLECTION = "c12d0eb8-e382-443b-9f9c-c52cba5014c2"
_PROJECT = "be9b3917-87e6-42a4-a549-2bc06a7a878f"
_FIELDS = {
    "System.AreaPath": "FabrikamCloud",
    "System.TeamProject": "FabrikamCloud",
    "System.IterationPath": "FabrikamCloud\\Release 1\\Sprint 1",
    "System.WorkItemType": "Bug",
    "System.State": "New",
    "System.Reason": "New defect reported",
    "System.CreatedDate": "2014-07-15T17:42:44.663Z",
    "System.CreatedBy": "Jamal Hartnett",
    "System.ChangedDate": "2014-07-15T17:42:44.663Z",
    "System.ChangedBy": "Jamal Hartnett",
    "System.Title": "Some great new idea!",
    "Microsoft.VSTS.Common.Severity": "3 - Medium",
}


def sample(event_type: str, home: str) -> dict[str, Any]:
    """Return a sample of one event type; like the service's, its numbers contradict each other."""
    if event_type == pushes.EVENT_TYPE:
        return _push(home)
    verb = event_type.partition(".")[2]
    own = f"{home}/_apis/wit/workItems/5"
    subject = Subject("Bug #5", _FIELDS["System.Title"], f"{home}/_workitems/edit/5", verb, "Jamal Hartnett")
    revision = {"id": 5, "rev": 2, "fields": _FIELDS, "url": f"{own}/revisions/2"}
    updated = {
        "id": 2,
        "workItemId": 0,
        "rev": 2,
        "revisedBy": None,
        "revisedDate": "0001-01-01T00:00:00",
        "fields": {"System.Rev": {"oldValue": "1", "newValue": "2"}},
        "url": f"{own}/updates/2",
        "revision": revision,
    }
    return {
        "id": str(uuid.uuid4()),
        "eventType": event_type,
        "publisherId": "tfs",
        "message": messages.short(subject),
        "detailedMessage": messages.detailed(subject, {"State": "New"}),
        "resource": updated if verb == "updated" else {"id": 5, "rev": 1, "fields": _FIELDS, "url": own},
        "resourceVersion": "1.0",
        "resourceContainers": {"collection": {"id": _COLLECTION}, "project": {"id": _PROJECT}},
        "createdDate": dates.now(),
    }


def _push(home: str) -> dict[str, Any]:
    url = f"{home}/_apis/git/repositories/{_COLLECTION}"
    repository = {"id": _COLLECTION, "name": "Fabrikam", "url": url, "project": {"id": _PROJECT, "name": "Fabrikam"}}
    update = pushes.RefUpdate("refs/heads/main", pushes.NOTHING, "33b55f7cb7e7e245323987634f960cf4a6e6bc74")
    return pushes.payload(repository, [update], "1.0")
