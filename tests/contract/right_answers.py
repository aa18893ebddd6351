"""A right answer to every call that reads one, in the least form that the documents allow; by `module.function`."""

from collections.abc import Mapping
from typing import Any

_WHEN = "2026-11-20T10:00:00Z"
_ITEM = {
    "id": 1,
    "rev": 2,
    "fields": {"System.TeamProject": "P", "System.WorkItemType": "Bug", "System.State": "New", "System.Title": "x"},
    "relations": [{"rel": "Hyperlink", "url": "https://x.example"}],
    "_links": {"html": {"href": "https://x.example/1"}},
    "url": "https://x.example/_apis/wit/workItems/1",
}
_PROJECT = {"id": "5c8f0c2e", "name": "P"}
_SUBSCRIPTION = {
    "id": "a1",
    "eventType": "workitem.created",
    "status": "enabled",
    "createdDate": _WHEN,
    "publisherInputs": {"projectId": "5c8f0c2e", "tag": "x"},
    "consumerInputs": {"url": "https://x.example"},
}
_NOTIFICATION = {
    "id": 1,
    "status": "completed",
    "result": "succeeded",
    "createdDate": _WHEN,
    "details": {"event": {"id": "a1"}, "requestAttempts": 1, "errorMessage": "x"},
}
_REPOSITORY = {
    "id": "a1",
    "name": "shop",
    "project": _PROJECT,
    "defaultBranch": "refs/heads/main",
    "isDisabled": False,
}
_COMMENT = {"id": 1, "text": "x", "createdBy": {"displayName": "Ada"}, "createdDate": _WHEN}
_MEMBER = {
    "id": "a1",
    "servicePrincipal": {"originId": "b2", "displayName": "bridge"},
    "accessLevel": {"accountLicenseType": "express"},
}
_TOKEN = {
    "authorizationId": "a1",
    "displayName": "x",
    "scope": "vso.work",
    "validFrom": _WHEN,
    "validTo": _WHEN,
    "targetAccounts": ["a1"],
}
_NODE = {"name": "P", "children": [{"name": "Backend", "children": []}]}
_INPUT = {"id": "url", "isConfidential": False, "validation": {"isRequired": True, "pattern": ".", "maxLength": 9}}
_BATCHED = {"code": 200, "headers": {"Content-Type": "application/json"}, "body": '{"id": 1, "rev": 1, "fields": {}}'}


def _listed(*entries: Any) -> dict[str, Any]:
    return {"count": len(entries), "value": list(entries)}


RIGHT: Mapping[str, Any] = {
    "attachments.upload": {"id": "a1", "url": "https://x.example"},
    "batches.together": _listed(_BATCHED, _BATCHED),
    "classification_nodes.area_paths": _NODE,
    "classification_nodes.iteration_paths": _NODE,
    "comments.add_comment": _COMMENT,
    "comments.list_comments": {"comments": [_COMMENT], "continuationToken": "x"},
    "commits.get_commit": {"commitId": "1" * 40},
    "commits.list_commits": _listed({"commitId": "1" * 40}),
    "consumers.web_hook_inputs": {"actions": [{"id": "httpRequest", "inputDescriptors": [_INPUT]}]},
    "entitlements.add_service_principal": {"isSuccess": True, "servicePrincipalEntitlement": _MEMBER},
    "entitlements.get_service_principal": _MEMBER,
    "fields.fields": _listed({"referenceName": "System.Title", "name": "Title", "type": "string", "readOnly": False}),
    "fields.type_fields": _listed(
        {
            "referenceName": "System.AssignedTo",
            "name": "Assigned To",
            "alwaysRequired": False,
            "defaultValue": None,
            "allowedValues": ["x", 1, {"displayName": "Ada", "uniqueName": "ada@x.example"}],
        }
    ),
    "notifications.list_notifications": _listed(_NOTIFICATION),
    "notifications.send_test": _NOTIFICATION,
    "personal_access_tokens.create_token": {"patToken": {**_TOKEN, "token": "x" * 84}, "patTokenError": "none"},
    "personal_access_tokens.get_token": {"patToken": _TOKEN, "patTokenError": "none"},
    "personal_access_tokens.list_tokens": {"patTokens": [_TOKEN], "continuationToken": ""},
    "personal_access_tokens.update_token": {"patToken": _TOKEN, "patTokenError": "none"},
    "profiles.my_profile": {"id": "a1", "displayName": "Ada", "emailAddress": "ada@x.example"},
    "projects.get_project": _PROJECT,
    "projects.list_projects": _listed(_PROJECT),
    "projects.states": _listed({"name": "New", "category": "Proposed"}),
    "projects.who_am_i": {"authenticatedUser": {"id": "a1", "providerDisplayName": "Ada"}},
    "projects.work_item_types": _listed({"name": "Bug", "isDisabled": False}),
    "repositories.get_repository": _REPOSITORY,
    "repositories.list_refs": _listed({"name": "refs/heads/main", "objectId": "0" * 40}),
    "repositories.list_repositories": _listed(_REPOSITORY),
    "revisions.read_revisions": {
        "values": [{"id": 1, "rev": 1, "isDeleted": False, "fields": {"System.IsDeleted": True}}],
        "continuationToken": "1;2",
        "isLastBatch": True,
    },
    "sources.list_items": _listed({"path": "/a", "objectId": "0" * 40, "commitId": "1" * 40, "isFolder": False}),
    "subscriptions.get_subscription": _SUBSCRIPTION,
    "subscriptions.subscribe": _SUBSCRIPTION,
    "subscriptions.web_hooks": _listed(_SUBSCRIPTION),
    "tags.list_tags": _listed({"name": "x"}),
    "work_item_types.list_types": _listed(
        {
            "name": "Bug",
            "color": "CC293D",
            "isDisabled": False,
            "states": [{"name": "New", "category": "Proposed", "color": "b2b2b2"}],
            "fieldInstances": [
                {"referenceName": "System.Title", "name": "Title", "alwaysRequired": True, "defaultValue": "x"}
            ],
        }
    ),
    "updates.list_updates": _listed(
        {
            "rev": 2,
            "revisedBy": {"displayName": "Ada"},
            "fields": {"System.History": {"newValue": "x"}, "System.ChangedDate": {"newValue": "2026-11-20T10:00:00Z"}},
        }
    ),
    "work_item_types.read_workflow": {
        "name": "Bug",
        "states": [{"name": "New", "category": "Proposed", "color": "b2b2b2"}],
        "transitions": {"": [{"to": "New"}], "New": [{"to": "Done"}]},
    },
    "work_items.change": _ITEM,
    "work_items.create": _ITEM,
    "work_items.fields_at": _listed({"id": 1, "rev": 1, "fields": {"System.Title": "x"}}),
    "work_items.find_created_since": {"workItems": [{"id": 1}]},
    "work_items.get_deleted": {"id": "1", "Name": "x", "Project": "P", "resource": _ITEM},
    "work_items.get_many": _listed(_ITEM, None),
    "work_items.search": {"workItems": [{"id": 1}]},
    "work_items.recycle_bin": _listed({"id": "1"}),
}
