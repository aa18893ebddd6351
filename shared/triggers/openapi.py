"""The API's description, made of what the routes declare: https://spec.openapis.org/oas/v3.1.1.html

It is made when somebody asks for it, never at import. `examples.json` holds for each operation a request and its answer
as they were seen, by the operation's id.
"""

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from shared.triggers.answers import CORRELATION_ID, Problem
from shared.triggers.conventions import Parameter
from shared.triggers.operations import JSON, Operation, declared
from shared.triggers.parameters import IN_PATHS

type Json = dict[str, Any]
type Mode = Literal["validation", "serialization"]
_EXAMPLES = Path(__file__).with_name("examples.json")
_PROBLEM = "application/problem+json"
_ABOUT = """The bridge between a security platform and Azure DevOps.

Errors are problem documents (RFC 9457) that say what to do; what went wrong with which field stands in `problems`, by
JSON pointers. Collections come in pages: `continuation` asks for the next one. Conditional writes take `If-Match`.
Answers may get more fields: ignore those that you do not know. Each has an `X-Correlation-Id`: that of the request's
`traceparent`, or a new one; what the log says of the request, and of all that comes of it, has the same."""
_SECURITY: Mapping[str, list[Json]] = {"key": [{"key": []}, {"code": []}], "basic": [{"hook": []}], "none": []}
_SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "x-functions-key", "description": "A function key."},
    "code": {"type": "apiKey", "in": "query", "name": "code", "description": "A function key."},
    "hook": {"type": "http", "scheme": "basic", "description": "As `GET /connections/{connection}/hook` shows it."},
}
_REFUSALS = {
    400: "The path or the query cannot be used, or the body is not what it says to be.",
    401: "The delivery does not carry the password.",
    404: "What is named is not there.",
    406: "None of the forms that are accepted is one in which it is given.",
    409: "The stored state does not allow it.",
    412: "The stored version is not the expected one.",
    413: "The body is too large.",
    422: "Something in it cannot be used, or Azure DevOps refuses it; `problems` names the fields.",
    503: "Something that it needs does not answer, or asks to wait; sending it again later may help.",
}
_UNKNOWN_KEY = {"description": "The function key is missing or not one of ours."}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
_CORRELATED = {
    CORRELATION_ID: {
        "description": "What the log says of this request, and of all that comes of it, has the same.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    }
}


class _Schemas(GenerateJsonSchema):
    """Without titles that repeat the names of fields."""

    def field_title_should_be_set(self, _schema: Any) -> bool:
        return False


@cache
def text() -> str:
    """Return the description as JSON."""
    return json.dumps(document(), ensure_ascii=False)


def document() -> Json:
    """Return the description. Raises `KeyError` for a template that names an unknown parameter."""
    operations = declared()
    schemas, components = _schemas(operations)
    seen = examples()
    paths: dict[str, Json] = {}
    for operation in operations:
        described = _operation(operation, schemas, seen.get(operation.id, {}))
        paths.setdefault(f"/{operation.path}", {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The bridge between security platforms and Azure DevOps",
            "version": "1",
            "description": _ABOUT,
        },
        "servers": [{"url": "/api"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {str(status): _refusal(status, words) for status, words in _REFUSALS.items()},
            "securitySchemes": _SCHEMES,
        },
    }


def examples() -> Json:
    """Return a request and its answer for each operation, by its id."""
    return dict(json.loads(_EXAMPLES.read_text(encoding="utf-8")))


def parameters_of(operation: Operation) -> list[Parameter]:
    """Return all parameters of an operation, those of its path first."""
    names = [part.partition("}")[0] for part in operation.path.split("{")[1:]]
    return [*(IN_PATHS[name] for name in names), *operation.parameters]


type _Key = tuple[str, str]


def _types(operations: Iterable[Operation]) -> Iterator[tuple[_Key, Mode, TypeAdapter[Any]]]:
    yield ("problem", ""), "serialization", TypeAdapter(Problem)
    seen: set[_Key] = set()
    for operation in operations:
        if operation.gives is not None:
            yield (operation.id, ""), "serialization", TypeAdapter(operation.gives)
        for status, other in operation.others.items():
            if other.gives is not None:
                yield (operation.id, str(status)), "serialization", TypeAdapter(other.gives)
        for media_type, taken in operation.takes.items():
            yield (operation.id, media_type), "validation", TypeAdapter(taken)
        for parameter in parameters_of(operation):
            key = (parameter.place, parameter.name)
            if key not in seen:
                yield key, "validation", TypeAdapter(parameter.type)
            seen.add(key)


def _schemas(operations: Sequence[Operation]) -> tuple[dict[_Key, Json], Json]:
    found, definitions = TypeAdapter.json_schemas(
        _types(operations), ref_template="#/components/schemas/{model}", schema_generator=_Schemas
    )
    components = {name: _described(schema) for name, schema in sorted(definitions["$defs"].items())}
    return {key: _described(schema) for (key, _mode), schema in found.items()}, components


def _described(schema: Json) -> Json:
    """Docstrings are wrapped for those who read code."""
    words = schema.get("description")
    return {**schema, "description": inspect.cleandoc(words)} if words else schema


def _operation(operation: Operation, schemas: Mapping[_Key, Json], example: Json) -> Json:
    summary, _, rest = (inspect.getdoc(operation.handler) or "").partition("\n")
    described: Json = {
        "operationId": operation.id,
        "tags": [operation.path.partition("/")[0]],
        "summary": summary,
        "description": rest.strip(),
        "security": _SECURITY[operation.security],
        "parameters": [_parameter(parameter, schemas) for parameter in parameters_of(operation)],
        "responses": _responses(operation, schemas, example),
    }
    if operation.takes:
        content = {media_type: {"schema": schemas[operation.id, media_type]} for media_type in operation.takes}
        request = example.get("request", {})
        if "body" in request:
            content[request.get("content_type", JSON)]["example"] = request["body"]
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameter(parameter: Parameter, schemas: Mapping[_Key, Json]) -> Json:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.description,
        "schema": schemas[parameter.place, parameter.name],
    }


def _responses(operation: Operation, schemas: Mapping[_Key, Json], example: Json) -> Json:
    done: Json = {"description": HTTPStatus(operation.status).phrase, **_headers(operation.headers)}
    if operation.gives is not None:
        answer = example.get("answer", {})
        shown = {"example": answer["body"]} if "body" in answer else {}
        texts = {media_type: {"schema": {"type": "string"}} for media_type in operation.texts}
        done["content"] = {JSON: {"schema": schemas[operation.id, ""], **shown}, **texts}
    responses = {str(operation.status): done}
    for status, other in operation.others.items():
        body = {"content": {JSON: {"schema": schemas[operation.id, str(status)]}}} if other.gives is not None else {}
        responses[str(status)] = {"description": other.words, **_headers(other.headers), **body}
    if operation.security == "key":
        responses["401"] = _UNKNOWN_KEY
    return responses | {
        str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(operation.refuses)
    }


def _headers(headers: Mapping[str, str]) -> Json:
    shown = {
        name: {"description": words, "required": True, "schema": {"type": "string"}} for name, words in headers.items()
    }
    return {"headers": {**_CORRELATED, **shown}}


def _refusal(status: int, words: str) -> Json:
    described: Json = {
        "description": words,
        "content": {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    may_wait = status == HTTPStatus.SERVICE_UNAVAILABLE
    return {**described, "headers": {**_CORRELATED, **_RETRY_AFTER} if may_wait else _CORRELATED}
