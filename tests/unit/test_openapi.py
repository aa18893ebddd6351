"""The API's description: complete, sound, and the same in `docs/api.md`."""

from typing import Any

import azure.functions as func
import pytest
from jsonschema import Draft202012Validator

from local import api_page
from local.host.templates import parse
from shared.triggers import http_openapi, openapi
from shared.triggers.answers import CORRELATION_ID
from shared.triggers.conventions import LIMIT
from shared.triggers.operations import declared
from shared.triggers.parameters import KIND
from tests.openapi_answers import closed, schema_of
from tests.unit.http_triggers import http_triggers, last_word

DOCUMENT = openapi.document()
EXAMPLES = openapi.examples()
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def registered() -> set[tuple[str, str, str, str]]:
    """Name, method, path and who may call of every function of the API, as Azure Functions gets them."""
    return {
        (name, last_word(method), trigger["route"], last_word(trigger["authLevel"]))
        for name, trigger in http_triggers().items()
        if not trigger["route"].startswith("console")
        for method in trigger["methods"]
    }


def test_every_route_of_the_app_is_described_and_no_other() -> None:
    levels = {"key": "FUNCTION", "basic": "ANONYMOUS", "none": "ANONYMOUS"}
    described = {(one.id, one.method, one.path, levels[one.security]) for one in declared()}

    assert registered() == described
    assert len(OPERATIONS) == len(described)


def test_no_two_routes_answer_the_same_request() -> None:
    """Azure Functions tries routes in the order of the functions' names: the more specific one need not win.

    https://github.com/Azure/azure-functions-host/issues/9876
    """
    for one in declared():
        same = [two for two in declared() if two.method == one.method and two is not one]
        example = one.path.replace("{", "").replace("}", "")
        assert [two.path for two in same if parse(two.path).match(example) is not None] == []


def test_the_page_is_the_one_that_the_routes_make() -> None:
    assert api_page.PAGE.read_text(encoding="utf-8") == api_page.page(), "run `make api`"


def test_each_schema_is_one() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_each_operation_has_an_example() -> None:
    assert EXAMPLES.keys() == OPERATIONS.keys(), "run `make api`"


@pytest.mark.parametrize("name", OPERATIONS)
def test_examples_are_what_the_schemas_say(name: str) -> None:
    method, path, operation = OPERATIONS[name]
    request, answer = EXAMPLES[name]["request"], EXAMPLES[name]["answer"]

    assert request["method"] == method.upper()
    assert parse(path).match(request["path"]) is not None
    parameters = {parameter["name"] for parameter in operation["parameters"]}
    assert {*request["query"], *request["headers"]} <= parameters | {"Authorization"}
    if "body" in request:
        content = operation["requestBody"]["content"][request["content_type"]]
        described(DOCUMENT, content["schema"], request["body"], but_secrets=True)
    if "body" in answer:
        whole = closed(DOCUMENT)
        described(whole, schema_of(whole, name, answer["status"]), answer["body"])
    promised = operation["responses"][str(answer["status"])].get("headers", {}).keys()
    assert {CORRELATION_ID, *answer["headers"]} >= promised


def described(document: Any, schema: Any, value: Any, *, but_secrets: bool = False) -> None:
    validator = Draft202012Validator({**schema, "components": document["components"]})
    found = [error for error in validator.iter_errors(value) if not (but_secrets and "…" in str(error.instance))]
    assert found == []


def test_bounds_are_those_that_are_kept() -> None:
    parameters = {one["name"]: one["schema"] for one in OPERATIONS["list_links"][2]["parameters"]}

    assert parameters[LIMIT.name] == {"type": "integer", "minimum": 1, "maximum": 1000}
    assert DOCUMENT["components"]["schemas"]["Kind"]["enum"] == ["application", "environment"]
    assert parameters[KIND.name] == {"$ref": "#/components/schemas/Kind"}


def test_it_is_the_answer() -> None:
    answer = http_openapi.describe(func.HttpRequest("GET", "/api/openapi.json", body=b""))

    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.get_body().decode() == openapi.text()
