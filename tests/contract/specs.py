"""The official OpenAPI 2.0 documents of Azure DevOps as operations that an exchange can be one of.

https://github.com/MicrosoftDocs/vsts-rest-api-specs; read from where they are, nothing of them is copied.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.contract.schemas import Schemas

FOLDER = Path(__file__).parents[3] / "shared/reference/specs"
_DOCUMENTS = (
    "core/7.1/core.json",
    "git/7.1/git.json",
    "hooks/7.1/serviceHooks.json",
    "memberEntitlementManagement/7.1/memberEntitlementManagement.json",
    "profile/7.1/profile.json",
    "tokens/7.1/tokens.json",
    "wit/7.1/workItemTracking.json",
)
_VERSION = re.compile(r"set to '([^']+)'")
_METHODS = frozenset({"get", "put", "post", "patch", "delete", "head"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query."""

    name: str
    required: bool
    type: str
    values: Sequence[str]
    version: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one document; `id` is `wit: Work Items_Create`."""

    id: str
    method: str
    pattern: re.Pattern[str]
    without_project: re.Pattern[str]
    query: Mapping[str, Parameter]
    path_values: Mapping[str, Sequence[str]]
    body: dict[str, Any] | None
    consumes: Sequence[str]
    answers: Mapping[int, dict[str, Any] | None]
    schemas: Schemas


@cache
def operations() -> Sequence[Operation]:
    """Return every operation of the documents; the test is skipped where they are not at hand."""
    if not FOLDER.is_dir():
        pytest.skip(f"the official specs are not at {FOLDER}")
    return [operation for name in _DOCUMENTS for operation in _operations(name)]


def problems_of(value: Any, definition: str, document: str) -> list[str]:
    """Return what is wrong with a value that a document defines, such as the `Event` of hooks/7.1/serviceHooks.json."""
    if not FOLDER.is_dir():
        pytest.skip(f"the official specs are not at {FOLDER}")
    definitions = json.loads((FOLDER / document).read_text(encoding="utf-8-sig"))["definitions"]
    return Schemas(definitions).problems(definitions[definition], value, answer=True)


def _operations(name: str) -> Iterator[Operation]:
    document = json.loads((FOLDER / name).read_text(encoding="utf-8-sig"))
    schemas = Schemas(document["definitions"])
    area = name.partition("/")[0]
    for paths in (document["paths"], document.get("x-ms-paths", {})):
        for path, methods in paths.items():
            for method in _METHODS & set(methods):
                yield _operation(area, path, method, document, schemas)


def _operation(area: str, path: str, method: str, document: dict[str, Any], schemas: Schemas) -> Operation:
    described = document["paths"].get(path) or document["x-ms-paths"][path]
    details = described[method]
    parameters = [_resolved(each, document) for each in details.get("parameters", ())]
    bodies = [each["schema"] for each in parameters if each["in"] == "body"]
    pathless = re.sub(r"/\{(?:project|team)\}", "", path)
    return Operation(
        id=f"{area}: {details['operationId']}",
        method=method.upper(),
        pattern=_pattern(path.replace("/{team}", "")),
        without_project=_pattern(pathless),
        query={each["name"].lower(): _parameter(each) for each in parameters if each["in"] == "query"},
        path_values={each["name"]: each.get("enum", ()) for each in parameters if each["in"] == "path"},
        body=bodies[0] if bodies else None,
        consumes=details.get("consumes", ()),
        answers={int(code): answer.get("schema") for code, answer in details["responses"].items()},
        schemas=schemas,
    )


def _resolved(parameter: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    name = parameter.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["parameters"][name] if name else parameter
    return found


def _parameter(described: dict[str, Any]) -> Parameter:
    version = _VERSION.search(described.get("description", ""))
    return Parameter(
        described["name"],
        described.get("required", False),
        described.get("type", "string"),
        [str(value).lower() for value in described.get("enum", ())],
        version.group(1) if version and described["name"] == "api-version" else "",
    )


def _pattern(path: str) -> re.Pattern[str]:
    """Match a path without its query; `{path}` of a classification node may hold slashes and be left out."""
    expression = ""
    for part in path.partition("?")[0].strip("/").split("/"):
        name = part.strip("${}")
        if part == "{path}":
            expression += r"(?:/(?P<path>.+))?"
        elif part.startswith("{"):
            expression += rf"/(?P<{name}>[^/$][^/]*)"
        elif part.startswith("${"):
            expression += rf"/(?:\$|%24)(?P<{name}>[^/]+)"
        else:
            expression += "/" + re.escape(part)
    return re.compile(expression, re.IGNORECASE)
