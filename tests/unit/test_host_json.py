"""host.json: by the rules of its published schema, written down here as far as we use it.

https://learn.microsoft.com/azure/azure-functions/functions-host-json
https://json.schemastore.org/host.json
"""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from local.host.host_json import read_host_json
from shared.times import Times
from tests.unit.bicep import REPOSITORY

HOST: dict[str, Any] = json.loads((REPOSITORY / "host.json").read_text())
DURATION = {"type": "string", "pattern": r"^(\d+\.)?([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,7})?$"}
LEVEL = {"enum": ["Trace", "Debug", "Information", "Warning", "Error", "Critical", "None"]}


def closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


RULES = {
    **closed(
        version={"const": "2.0"},
        functionTimeout=DURATION,
        telemetryMode={"enum": ["ApplicationInsights", "OpenTelemetry"]},
        logging=closed(logLevel={"type": "object", "additionalProperties": LEVEL}),
        extensionBundle=closed(
            id={"const": "Microsoft.Azure.Functions.ExtensionBundle"},
            version={"type": "string", "pattern": r"^[\[(]\d+\.(\d+\.\d+|\*), ?\d+\.\d+\.\d+[\])]$"},
        ),
        extensions=closed(
            http=closed(routePrefix={"type": "string"}),
            queues=closed(
                batchSize={"type": "integer", "minimum": 1, "maximum": 32},
                maxDequeueCount={"type": "integer", "minimum": 1},
                maxPollingInterval=DURATION,
                messageEncoding={"enum": ["base64", "none"]},
                visibilityTimeout=DURATION,
            ),
        ),
    ),
    "required": ["version", "extensionBundle"],
}


def test_host_json_keeps_the_rules_of_its_schema() -> None:
    problems: list[str] = []
    read_host_json(REPOSITORY, problems)  # what our own host refuses: names that are unknown, limits of the real one

    assert [error.message for error in Draft202012Validator(RULES).iter_errors(HOST)] == []
    assert problems == []


@pytest.mark.parametrize(
    "change",
    [
        {"version": "3.0"},
        {"functionTimeout": "10 minutes"},
        {"telemetryMode": "Off"},
        {"logging": {"applicationInsights": {}}},  # has no effect in this mode
        {"extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "4"}},
        {"extensions": {"queues": {"batchSize": 33}}},
        {"extension": {}},
    ],
)
def test_what_breaks_them_is_seen(change: dict[str, Any]) -> None:
    assert list(Draft202012Validator(RULES).iter_errors({**HOST, **change})) != []


def test_an_invocation_may_take_longer_than_a_worker_keeps_a_lane() -> None:
    """A lease is renewed by writes: the time that a lane is worked on, and the longest request after it, must fit."""
    hours, minutes, seconds = map(int, HOST["functionTimeout"].split(":"))

    assert hours * 3600 + minutes * 60 + seconds > Times().drain + Times().lease
