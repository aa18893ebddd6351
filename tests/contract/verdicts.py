"""Judges exchanges against the documents: which operation each is, and what is wrong with it."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.contract.deviations import Kind, known
from tests.contract.exchanges import Exchange
from tests.contract.schemas import Schema, Schemas
from tests.contract.specs import Operation, operations

_TYPES: Mapping[str, Callable[[str], bool]] = {
    "integer": str.isdecimal,
    "boolean": lambda text: text.lower() in ("true", "false"),
}
# Recorded: error_400_*.json, workitem_create_404_*.json
_ERROR: Schema = {
    "type": "object",
    "required": ["$id", "message", "typeName", "typeKey", "errorCode", "eventId"],
    "properties": {
        "$id": {"type": "string"},
        "message": {"type": "string"},
        "typeName": {"type": "string"},
        "typeKey": {"type": "string"},
        "errorCode": {"type": "integer"},
        "eventId": {"type": "integer"},
    },
    "additionalProperties": True,
}
_BATCHED_ERROR: Schema = {"type": "object", "required": ["count", "value"], "additionalProperties": True}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one exchange was, and what is wrong with it."""

    operation: str
    exchange: Exchange
    problems: tuple[str, ...]


def judged(exchanges: Iterable[Exchange]) -> list[Verdict]:
    """Judge exchanges, those inside a `$batch` too."""
    return [verdict for exchange in exchanges for verdict in _with_entries(exchange)]


def _with_entries(exchange: Exchange) -> Iterator[Verdict]:
    yield verdict(exchange)
    for entry in exchange.entries():
        yield verdict(entry, batched=True)


def verdict(exchange: Exchange, *, batched: bool = False) -> Verdict:
    """Judge one exchange by the operation that fits it best: overloads differ in their query only."""
    verdicts = [_against(operation, exchange, batched=batched) for operation in _candidates(exchange)]
    return min(verdicts, key=lambda found: len(found.problems)) if verdicts else _unspecified(exchange)


def table(verdicts: Iterable[Verdict]) -> str:
    """Show which operations were made, how often, with which statuses, and how many were right."""
    by_operation: dict[str, list[Verdict]] = defaultdict(list)
    for found in verdicts:
        by_operation[found.operation].append(found)
    lines = [f"{'operation':58} {'made':>5} {'valid':>5}  statuses"]
    for name, made in sorted(by_operation.items()):
        valid = sum(not each.problems for each in made)
        statuses = ", ".join(str(status) for status in sorted({each.exchange.status for each in made}))
        lines.append(f"{name:58} {len(made):5} {valid:5}  {statuses}")
    return "\n".join(lines)


def _candidates(exchange: Exchange) -> list[Operation]:
    return [each for each in operations() if _method(each, exchange) and _path(each, exchange)]


def _method(operation: Operation, exchange: Exchange) -> bool:
    return operation.method == exchange.method or known(Kind.METHOD, operation.id, exchange.method)


def _path(operation: Operation, exchange: Exchange) -> bool:
    found = operation.pattern.fullmatch(exchange.path)
    if not found and known(Kind.PROJECT, operation.id):
        found = operation.without_project.fullmatch(exchange.path)
    if not found:
        return False
    # {id} is a number, and would otherwise take the place of $type.
    given = {name: unquote(value or "").lower() for name, value in found.groupdict().items()}
    return all(
        not values or given.get(name, "") in {value.lower() for value in values}
        for name, values in operation.path_values.items()
    )


def _unspecified(exchange: Exchange) -> Verdict:
    name = f"{exchange.method} /{exchange.path.split('/', 2)[2]}"
    problems = () if known(Kind.UNSPECIFIED, name) else ("is in no document",)
    return Verdict(name, exchange, problems)


def _against(operation: Operation, exchange: Exchange, *, batched: bool) -> Verdict:
    problems = [*_query(operation, exchange), *_request(operation, exchange), *_answer(operation, exchange, batched)]
    return Verdict(operation.id, exchange, tuple(problems))


def _query(operation: Operation, exchange: Exchange) -> Iterator[str]:
    for name, parameter in operation.query.items():
        value = exchange.query.get(name)
        if value is None:
            if parameter.required:
                yield f"query: {name} is missing"
        elif parameter.version and value != parameter.version and not known(Kind.VERSION, operation.id, value):
            yield f"query: {name} is {value}, not {parameter.version}"
        elif parameter.values and value.lower() not in parameter.values:
            yield f"query: {name} is {value}, not one of {', '.join(parameter.values)}"
        elif parameter.type in _TYPES and not _TYPES[parameter.type](value):
            yield f"query: {name} is {value}, which is no {parameter.type}"
    for name in exchange.query.keys() - operation.query.keys():
        if not known(Kind.QUERY, operation.id, name):
            yield f"query: {name} is not a parameter"


def _request(operation: Operation, exchange: Exchange) -> Iterator[str]:
    if operation.body is None:
        if exchange.request_body:
            yield "request: has a body where the document knows none"
        return
    sent = exchange.request_headers.get("content-type", "").partition(";")[0]
    if operation.consumes and sent not in operation.consumes:
        yield f"request: is {sent or 'nothing'}, not {operation.consumes[0]}"
    if sent == "application/octet-stream":  # a file: the document calls it a string
        return
    value = _json(exchange.request_body)
    for problem in operation.schemas.problems(operation.body, value, answer=False):
        yield f"request{problem}"


def _answer(operation: Operation, exchange: Exchange, batched: bool) -> Iterator[str]:
    if exchange.status >= 400:
        yield from _error(exchange, batched)
        return
    if exchange.status not in operation.answers and not known(Kind.STATUS, operation.id, str(exchange.status)):
        yield f"answer: {exchange.status} is not documented"
    schema = operation.answers.get(exchange.status)
    if schema is None:
        return
    value = _json(exchange.answer_body)
    if schema.get("type") == "array":
        yield from _wrapper(value)
        value = value.get("value") if isinstance(value, dict) else value
    if known(Kind.NULLS, operation.id):
        value = [entry for entry in value if entry is not None]
    for problem in operation.schemas.problems(schema, value, answer=True):
        place = re.sub(r"/\d+", "/*", problem.partition(":")[0])
        if not known(Kind.ANSWER, operation.id, place):
            yield f"answer{problem}"


def _wrapper(value: Any) -> Iterator[str]:
    """What the documents call an array comes as `{"count": n, "value": [...]}` (every recorded list)."""
    if not isinstance(value, dict) or not isinstance(value.get("value"), list):
        yield "answer: a list comes as an object with count and value"
    elif "count" in value and value["count"] != len(value["value"]):
        yield "answer: count is not the number of values"


def _error(exchange: Exchange, batched: bool) -> Iterator[str]:
    if exchange.status == 401 and not exchange.answer_body:  # recorded: error_401_empty_body_www_authenticate.json
        return
    if "text/plain" in exchange.answer_headers.get("content-type", ""):  # recorded: workitem_delete_404_plaintext_*
        return
    schema = _BATCHED_ERROR if batched else _ERROR
    for problem in Schemas({}).problems(schema, _json(exchange.answer_body), answer=True):
        yield f"error{problem}"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig"))
    except ValueError:
        return None
