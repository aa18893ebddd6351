"""Where which resource is served: how Microsoft's own clients find their way before their first call.

They ask `OPTIONS _apis` for the route of each resource by its id, and `_apis/resourceAreas` for the host of each
area. The ids are the `location_id`s in https://github.com/microsoft/azure-devops-python-api; the routes are those of
the official specs.
"""

from local.simulators.azure_devops.web import Answer, Call, Route
from local.simulators.azure_devops.world import World

_CORE = "79134c72-4a58-4b42-976c-04e7115f32bf"
_TRACKING = "5264459e-e5e0-4bd8-b118-0985e68a4ec5"
_HOST = "00000000-0000-0000-0000-000000000000"
_GIT = "4e080c62-fa21-4fbc-8fef-2a10a2b38049"
_AREAS = {_CORE: "core", _TRACKING: "wit", _GIT: "git"}
_NEWEST, _RELEASED = "7.2", "7.1"
_IN_PROJECT, _IN_ITEM = "{project}/_apis/wit/", "{project}/_apis/wit/workItems/{id}/"
_HOOKS = "_apis/hooks/"
_REPOSITORIES, _REPOSITORY = "{project}/_apis/git/", "{project}/_apis/git/repositories/{repositoryId}/"

# Resource id: area, resource, version of the resource, route
_RESOURCES = {
    "e81700f7-3be2-46de-8624-2eb35882fcaa": ("Location", "ResourceAreas", 1, "_apis/{resource}/{areaId}"),
    "00d9565f-ed9c-4a06-9a50-00e7896ccab4": ("Location", "ConnectionData", 1, "_apis/{resource}"),
    "603fe2ac-9723-48b9-88ad-09305aa6c6e1": ("core", "projects", 4, "_apis/{resource}/{*projectId}"),
    "62d3d110-0047-428c-ad3c-4fe872c91c74": ("wit", "workItems", 3, _IN_PROJECT + "{resource}/${type}"),
    "72c7ddf8-2cdc-4f60-90cd-ab71c14a399b": ("wit", "workItems", 3, _IN_PROJECT + "{resource}/{id}"),
    "1a9c53f7-f243-4447-b110-35ef023636e4": ("wit", "wiql", 2, "{project}/{team}/_apis/wit/{resource}"),
    "908509b6-4248-4475-a1cd-829139ba419f": ("wit", "workItemsBatch", 1, _IN_PROJECT + "{resource}"),
    "8bc57545-27e5-420d-b709-f6e3ebcc1fc1": ("wit", "workItemsDelete", 1, _IN_PROJECT + "{resource}"),
    "b70d8d39-926c-465e-b927-b1bf0e5ca0e0": ("wit", "recyclebin", 2, _IN_PROJECT + "{resource}/{id}"),
    "608aac0a-32e1-4493-a863-b9cf4566d257": (
        "wit",
        "comments",
        4,
        "{project}/_apis/wit/workItems/{workItemId}/{resource}/{commentId}",
    ),
    "6570bf97-d02c-4a91-8d93-3abe9895b1a9": ("wit", "updates", 3, _IN_ITEM + "{resource}/{updateNumber}"),
    "a00c85a5-80fa-4565-99c3-bcd2181434bb": ("wit", "revisions", 3, _IN_ITEM + "{resource}/{revisionNumber}"),
    "f828fe59-dd87-495d-a17c-7a8d6211ca6c": ("wit", "workItemRevisions", 2, _IN_PROJECT + "reporting/{resource}"),
    "7c8d7a76-4a09-43e8-b5df-bd792f4ac6aa": ("wit", "workItemTypes", 2, _IN_PROJECT + "{resource}/{type}"),
    "7c9d7a76-4a09-43e8-b5df-bd792f4ac6aa": ("wit", "states", 1, _IN_PROJECT + "workItemTypes/{type}/{resource}"),
    "bd293ce5-3d25-4192-8e67-e8092e879efb": (
        "wit",
        "fields",
        3,
        _IN_PROJECT + "workItemTypes/{type}/{resource}/{field}",
    ),
    "5a172953-1b41-49d3-840a-33f79c3ce89f": (
        "wit",
        "classificationNodes",
        2,
        _IN_PROJECT + "{resource}/{structureGroup}/{*path}",
    ),
    "a70579d1-f53a-48ee-a5be-7be8659023b9": ("wit", "classificationNodes", 2, _IN_PROJECT + "{resource}"),
    "bc15bc60-e7a8-43cb-ab01-2106be3983a1": ("wit", "tags", 1, _IN_PROJECT + "{resource}/{tagIdOrName}"),
    "fc50d02a-849f-41fb-8af1-0a5216103269": ("hooks", "subscriptions", 1, _HOOKS + "{resource}/{subscriptionId}"),
    "c7c3c1cf-9e05-4c0d-a425-a0f922c2c6ed": ("hooks", "subscriptionsQuery", 1, _HOOKS + "{resource}"),
    "1139462c-7e27-4524-a997-31b9b73551fe": ("hooks", "testNotifications", 1, _HOOKS + "{resource}"),
    "4301c514-5f34-4f5d-a145-f0ea7b5b7d19": ("hooks", "consumers", 1, _HOOKS + "{resource}/{consumerId}"),
    "0c62d343-21b0-4732-997b-017fde84dc28": (
        "hooks",
        "notifications",
        1,
        _HOOKS + "subscriptions/{subscriptionId}/{resource}/{notificationId}",
    ),
    "db4777cd-8e08-4a84-8ba3-c974ea033718": (
        "hooks",
        "eventTypes",
        1,
        _HOOKS + "publishers/{publisherId}/{resource}/{eventTypeId}",
    ),
    "225f7195-f9c7-4d14-ab28-a83f7ff77e1f": ("git", "repositories", 1, _REPOSITORIES + "{resource}/{repositoryId}"),
    "2d874a60-a811-4f62-9c9f-963a6ea0a55b": ("git", "refs", 1, _REPOSITORY + "{resource}"),
    "fb93c0db-47ed-4a31-8c20-47552878fb44": ("git", "items", 1, _REPOSITORY + "{resource}/{*path}"),
    "7b28e929-2c99-405d-9c5c-6167a06e6816": ("git", "blobs", 1, _REPOSITORY + "{resource}/{sha1}"),
}


def resources(_: World, call: Call) -> Answer:
    """OPTIONS _apis, and OPTIONS _apis/{area} as the Node client asks."""
    wanted = call.names.get("area", "").lower()
    value = [
        {
            "id": number,
            "area": area,
            "resourceName": resource,
            "routeTemplate": template,
            "resourceVersion": version,
            "minVersion": "1.0",
            "maxVersion": _NEWEST,
            "releasedVersion": _RELEASED,
        }
        for number, (area, resource, version, template) in _RESOURCES.items()
        if wanted in {"", area.lower()}
    ]
    return Answer({"count": len(value), "value": value})


def areas(_: World, call: Call) -> Answer:
    """GET _apis/resourceAreas."""
    value = [
        {"id": number, "name": name, "locationUrl": f"{call.home}/", "hostId": _HOST} for number, name in _AREAS.items()
    ]
    return Answer({"count": len(value), "value": value})


ROUTES = (
    Route("OPTIONS", "/{organization}/_apis", resources, reads=True),
    Route("OPTIONS", "/{organization}/_apis/{area}", resources, reads=True),
    Route("GET", "/{organization}/_apis/resourceAreas", areas),
)
