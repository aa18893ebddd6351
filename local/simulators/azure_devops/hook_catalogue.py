"""What service hooks offer: the web hook consumer, and the event types of work items and pushes, with their inputs."""

from typing import Any

from local.simulators.azure_devops import errors, events, pushes
from local.simulators.azure_devops.web import Answer, Call, Route
from local.simulators.azure_devops.world import World

_FILTERS = {
    "created": ("areaPath", "workItemType", "linksChanged", "tag"),
    "updated": ("areaPath", "changedFields", "workItemType", "linksChanged", "tag"),
    "deleted": ("areaPath", "workItemType", "tag"),
    "restored": ("areaPath", "workItemType", "tag"),
    "commented": ("areaPath", "commentPattern", "workItemType", "tag"),
    "push": ("repository", "branch", "pushedBy"),
}
EVENT_TYPES = (*events.EVENT_TYPES, pushes.EVENT_TYPE)
_DETAILS = ("", "minimal", "none")
_MESSAGES = ("", "text", "html", "markdown", "none")
_BASIC = {"dataType": "string", "pattern": "^[\\S]+$", "minLength": 1, "maxLength": 256}

type Json = dict[str, Any]


def _input(name: str, mode: str = "textBox", *, confidential: bool = False, **more: Any) -> Json:
    described = {
        "id": name,
        "name": name,
        "description": "",
        "inputMode": mode,
        "isConfidential": confidential,
        "useInDefaultDescription": False,
    }
    return described | {"validation": {"dataType": "string"}} | more


def _choice(name: str, values: tuple[str, ...]) -> Json:
    possible = [{"value": value, "displayValue": value or "All"} for value in values]
    limited = {"inputId": name, "defaultValue": "", "possibleValues": possible, "isLimitedToPossibleValues": True}
    return _input(name, "combo", values=limited)


def _action(home: str) -> Json:
    return {
        "id": "httpRequest",
        "consumerId": "webHooks",
        "url": f"{home}/_apis/hooks/consumers/webHooks/actions/httpRequest",
        "name": "Post via HTTP",
        "description": "This action posts a JSON object representation of the event to the specified URL.",
        "supportedEventTypes": ["*"],
        "supportedResourceVersions": {},
        "allowResourceVersionOverride": True,
        "inputDescriptors": [
            _input("url", validation={"dataType": "uri", "isRequired": True}),
            _input("acceptUntrustedCerts", "checkBox", validation={"dataType": "boolean"}),
            _input("basicAuthUsername", validation=_BASIC),
            _input("basicAuthPassword", "passwordBox", confidential=True, validation=_BASIC),
            _input("httpHeaders", "textArea"),
            _choice("resourceDetailsToSend", _DETAILS),
            _choice("messagesToSend", _MESSAGES),
            _choice("detailedMessagesToSend", _MESSAGES),
        ],
    }


def show_consumer(_world: World, call: Call) -> Answer:
    """GET hooks/consumers/webHooks."""
    return Answer(_consumer(call.home))


def list_consumers(_world: World, call: Call) -> Answer:
    """GET hooks/consumers: the only one that the simulator has."""
    return Answer({"count": 1, "value": [_consumer(call.home)]})


def _consumer(home: str) -> Json:
    return {
        "id": "webHooks",
        "url": f"{home}/_apis/hooks/consumers/webHooks",
        "name": "Web Hooks",
        "description": "Provides event communication via HTTP",
        "informationUrl": "https://go.microsoft.com/fwlink/?LinkID=390531",
        "authenticationType": "none",
        "inputDescriptors": [],
        "actions": [_action(home)],
    }


def _event_type(name: str, home: str) -> Json:
    verb = name.partition(".")[2]
    is_push = name == pushes.EVENT_TYPE
    return {
        "publisherId": "tfs",
        "id": name,
        "url": f"{home}/_apis/hooks/publishers/tfs/eventTypes/{name}",
        "name": "Code pushed" if is_push else f"Work item {verb}",
        "description": "Code is pushed" if is_push else f"Filter events to include only {verb} work items.",
        "supportedResourceVersions": ["1.0"] if is_push else ["1.0", "3.1-preview.3", "5.1-preview.3"],
        "inputDescriptors": [_input(filtered, "combo") for filtered in _FILTERS[verb]],
    }


def list_event_types(_world: World, call: Call) -> Answer:
    """GET hooks/publishers/tfs/eventtypes."""
    known = [_event_type(name, call.home) for name in EVENT_TYPES]
    return Answer({"count": len(known), "value": known})


def show_event_type(_world: World, call: Call) -> Answer:
    """GET hooks/publishers/tfs/eventtypes/{name}."""
    if call.names["name"] not in EVENT_TYPES:
        raise errors.no_such_resource(call.path)
    return Answer(_event_type(call.names["name"], call.home))


_HOOKS = "/{organization}/_apis/hooks"
ROUTES = (
    Route("GET", _HOOKS + "/consumers", list_consumers),
    Route("GET", _HOOKS + "/consumers/webHooks", show_consumer),
    Route("GET", _HOOKS + "/publishers/tfs/eventtypes", list_event_types),
    Route("GET", _HOOKS + "/publishers/tfs/eventtypes/{name}", show_event_type),
)
