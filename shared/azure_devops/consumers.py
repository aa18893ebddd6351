"""What the web hook consumer takes, as the organisation says it today: documents and service have differed.

https://learn.microsoft.com/rest/api/azure/devops/hooks/consumers/get
"""

from dataclasses import dataclass
from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.values import entries, flag, name, number, optional_text, record


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
    action = next((action for action in entries(value["actions"]) if action["id"] == "httpRequest"), None)
    if action is None:
        raise ValueError("the consumer has no action httpRequest")
    return [_input(descriptor) for descriptor in entries(action["inputDescriptors"])]


def _input(value: Any) -> Input:
    validation = record(value.get("validation"))
    longest = validation.get("maxLength")
    return Input(
        id=name(value["id"]),
        required=flag(validation.get("isRequired")),
        confidential=flag(value.get("isConfidential")),
        pattern=optional_text(validation.get("pattern")),
        max_length=None if longest is None else number(longest),
    )
