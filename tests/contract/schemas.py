"""JSON Schemas made of the definitions of an official OpenAPI 2.0 document.

The documents describe C# classes, and the service is laxer and stricter than what they say when they are read as
JSON Schema. What holds for all of them is here; what holds for one operation is in `deviations`:

- a bare `object` stands for any JSON value ("this is either a primitive or a JToken");
- an enumeration is matched whatever its case (the documents say `all`, their descriptions `All`);
- format `T` is a type parameter that the document has lost (the entries of a reporting batch are work items);
- `ReferenceLinks` is the map that its property `links` describes (every recorded `_links`);
- a C# byte is written `string` of format `byte` and is a number (every recorded `probationRetries`);
- in an answer a property may be null (`"innerException": null`), and there may be more of them;
- in a request every property must be one that the document knows, so that a slip of ours is found.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from jsonschema import Draft4Validator, FormatChecker, ValidationError
from jsonschema.exceptions import best_match

type Schema = dict[str, Any]

_KEPT = ("type", "format", "minimum", "maximum", "minLength", "maxLength", "pattern")
_REPLACED: dict[str, Schema] = {"T": {}, "byte": {"type": "integer"}}
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value) is not None


@_FORMATS.checks("uuid", raises=ValueError)
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or UUID(value) is not None


def _told(error: ValidationError) -> str:
    return f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"


class Schemas:
    """Judges values against one document's definitions."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions
        self._made = cache(self._make)

    def problems(self, schema: Schema, value: Any, *, answer: bool) -> list[str]:
        """Return what is wrong with a value, each with its place: `/value/0/id: 'x' is not of type 'integer'`."""
        root = {**self._read(schema, answer=answer), "definitions": self._made(answer)}
        errors = Draft4Validator(root, format_checker=_FORMATS).iter_errors(value)
        return [_told(best_match([error])) for error in errors]

    def _make(self, answer: bool) -> dict[str, Schema]:
        return {name: self._read(schema, answer=answer) for name, schema in self._definitions.items()}

    def _read(self, schema: Schema, *, answer: bool) -> Schema:
        if "$ref" in schema:
            return {} if schema["$ref"].endswith("/ReferenceLinks") else {"$ref": schema["$ref"]}
        if "enum" in schema:
            values = "|".join(re.escape(str(value)) for value in schema["enum"])
            return {"type": "string", "pattern": f"(?i)^({values})$"}
        if schema.get("format") in _REPLACED:
            return _REPLACED[schema["format"]]
        whole = self._with_ancestors(schema)
        if "items" in whole:
            return {"type": "array", "items": self._read(whole["items"], answer=answer)}
        if whole.get("type") == "object" or whole.get("properties"):
            return self._object(whole, answer=answer)
        return {key: whole[key] for key in _KEPT if key in whole}

    def _with_ancestors(self, schema: Schema) -> Schema:
        """Merge what `allOf` names: a class and those that it derives from."""
        merged: Schema = {**schema, "properties": dict(schema.get("properties", {}))}
        for ancestor in merged.pop("allOf", ()):
            known = self._with_ancestors(self._resolved(ancestor))
            merged["properties"] = known["properties"] | merged["properties"]
            merged |= {key: known[key] for key in ("items", "additionalProperties") if key in known}
        return merged

    def _resolved(self, schema: Schema) -> Schema:
        name = schema.get("$ref", "").rpartition("/")[2]
        return self._definitions[name] if name else schema

    def _object(self, schema: Schema, *, answer: bool) -> Schema:
        properties, more = schema["properties"], schema.get("additionalProperties")
        if not properties and more is None:
            return {}
        read = {name: self._property(value, answer=answer) for name, value in properties.items()}
        closed: Any = answer if more is None else more
        if isinstance(closed, dict):
            closed = self._property(closed, answer=answer)
        required = {"required": schema["required"]} if schema.get("required") else {}
        return {"type": "object", "properties": read, "additionalProperties": closed, **required}

    def _property(self, schema: Schema, *, answer: bool) -> Schema:
        read = self._read(schema, answer=answer)
        return {"anyOf": [{"type": "null"}, read]} if answer and read else read
