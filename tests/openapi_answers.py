"""What tests ask of the API's description."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

_PREFIX = "#/components/schemas/"


def closed(document: dict[str, Any]) -> dict[str, Any]:
    """Return a description that allows no field in answers but those that it names.

    To clients it says less, for answers may get more fields.
    """
    document = deepcopy(document)
    schemas = document["components"]["schemas"]
    bodies = [operation.get("requestBody", {}) for path in document["paths"].values() for operation in path.values()]
    taken = set(_reached(bodies, schemas))
    for name, schema in schemas.items():
        if name not in taken and "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return document


def schema_of(document: dict[str, Any], operation_id: str, status: int) -> dict[str, Any]:
    """Return the schema of an answer."""
    found = (one for path in document["paths"].values() for one in path.values() if one["operationId"] == operation_id)
    content = next(found)["responses"][str(status)]["content"]
    return dict(content["application/json"]["schema"])


def _reached(value: Any, schemas: dict[str, Any], seen: frozenset[str] = frozenset()) -> Iterator[str]:
    if isinstance(value, dict):
        name = str(value.get("$ref", "")).removeprefix(_PREFIX)
        if name in schemas and name not in seen:
            yield name
            yield from _reached(schemas[name], schemas, seen | {name})
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _reached(one, schemas, seen)
