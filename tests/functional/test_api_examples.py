"""The examples of the API's description are what a running stack answers."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from local.stack import Stack
from shared.triggers import openapi
from tests.functional.api_examples import record
from tests.openapi_answers import closed, schema_of


@pytest.mark.slow
def test_each_call_is_answered_as_its_example_and_the_schema_say(stack: Stack) -> None:
    document, examples = closed(openapi.document()), openapi.examples()

    seen = record(stack)

    assert [_asked(one) for one in seen.values()] == [_asked(examples[name]) for name in seen], "run `make api`"
    assert seen.keys() == examples.keys()
    for name, one in seen.items():
        answer = one["answer"]
        assert answer["status"] == examples[name]["answer"]["status"]
        if "body" in answer:
            schema = {**schema_of(document, name, answer["status"]), "components": document["components"]}
            assert list(Draft202012Validator(schema).iter_errors(answer["body"])) == [], name


def _asked(example: dict[str, Any]) -> tuple[str, list[str], list[str]]:
    request = example["request"]
    return request["method"], sorted(request["query"]), sorted(request["headers"])
