"""What the web hook consumer takes, as the organisation says it today: documents and service have differed.

https://learn.microsoft.com/rest/api/azure/devops/hooks/consumers/get
"""

from dataclasses import dataclass
from typing import Any

from shared.azure_devops.organisation import Call


@dataclass(frozen=True, slots=True)
class Input:
    """One input of the consumer's action; a confidential one is never shown again."""

    id: str
    required: bool
    confidential: bool
    pattern: str
    max_length: int | None


def web_hook_inputs() -> Call[list[Input]]:
    """List the inputs of the action that posts an event to a URL."""
    return Call("GET", "_apis/hooks/consumers/webHooks", _inputs, {"api-version": "7.1"})


def _inputs(value: Any) -> list[Input]:
    action = next((action for action in value["actions"] if action["id"] == "httpRequest"), None)
    if action is None:
        raise ValueError("the consumer has no action httpRequest")
    return [_input(descriptor) for descriptor in action["inputDescriptors"]]


def _input(value: Any) -> Input:
    validation = value.get("validation") or {}
    return Input(
        id=str(value["id"]),
        required=bool(validation.get("isRequired")),
        confidential=bool(value.get("isConfidential")),
        pattern=str(validation.get("pattern") or ""),
        max_length=validation.get("maxLength"),
    )
