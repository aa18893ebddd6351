"""WIQL: a query becomes SQL over the work items, and answers ids.

https://learn.microsoft.com/rest/api/azure/devops/wit/wiql
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.simulators.azure_devops import dates, errors, projects, wiql_parser
from local.simulators.azure_devops import fields as catalogue
from local.simulators.azure_devops.fields import Field
from local.simulators.azure_devops.web import Answer, Call, Route
from local.simulators.azure_devops.wiql_parser import Condition, Group, Query, Value
from local.simulators.azure_devops.world import World

MOST_RESULTS = 20_000
_LONGEST_QUERY = 32_000
_DATE_LENGTH = len("2026-11-20")
_OWN_COLUMNS = {"System.Id": "id", "System.Rev": "rev"}
_NUMBERS = {"integer", "double"}

type _Sql = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a query's macros mean, and how exact its dates are."""

    organization: str
    project: str
    me: str
    exact_times: bool


def run(world: World, call: Call) -> Answer:
    """POST wit/wiql {"query"}: the ids of the work items that match, deleted ones never."""
    text = str(call.object().get("query") or "")
    if len(text) > _LONGEST_QUERY:
        message = f"VS402336: The query is longer than {_LONGEST_QUERY} characters."
        raise errors.ServiceError(400, message, "WorkItemTrackingQueryLengthException", event_id=3200)
    query = wiql_parser.parse(text)
    with world.store.transaction() as database:
        known = projects.every(database, call.organization)
        named = call.names.get("project")
        project = projects.find(database, call.organization, named, call.identity) if named else None
        scope = _Scope(
            call.organization, project.name if project else "", call.identity.combined, call.flag("timePrecision")
        )
        visible = [p.id for p in known if call.identity.may_see(p.name)]
        statement, values = _statement(query, scope, visible, call.number("$top", 0))
        numbers = [row["id"] for row in database.execute(statement, values)]
    if len(numbers) > MOST_RESULTS:
        message = (
            f"VS402337: The number of work items returned exceeds the size limit of {MOST_RESULTS}. Change the "
            "query to return fewer items."
        )
        kind = "WorkItemTrackingQueryResultSizeLimitExceededException"
        raise errors.ServiceError(400, message, kind, event_id=3200)
    base = f"{call.home}/{project.id}" if project else call.home
    return Answer(_answer(query, numbers, call.home, base))


def _answer(query: Query, numbers: list[int], home: str, base: str) -> dict[str, Any]:
    return {
        "queryType": "flat",
        "queryResultType": "workItem",
        "asOf": dates.shown(dates.now()),
        "columns": [_column(name, home) for name in query.columns],
        "sortColumns": [{"field": _column(name, home), "descending": down} for name, down in query.order],
        "workItems": [{"id": number, "url": f"{base}/_apis/wit/workItems/{number}"} for number in numbers],
    }


def _column(name: str, home: str) -> dict[str, str]:
    found = _field(name)
    url = f"{home}/_apis/wit/fields/{found.reference}"
    return {"referenceName": found.reference, "name": found.name, "url": url}


def _field(name: str) -> Field:
    found = catalogue.find(name)
    if found is None:
        message = f"TF51005: The query references a field that does not exist. The error is caused by «[{name}]»."
        raise errors.ServiceError(400, message, "WorkItemTrackingQuerySyntaxException", event_id=3200)
    return found


def _statement(query: Query, scope: _Scope, visible: list[str], top: int) -> _Sql:
    marks = ",".join("?" * len(visible))
    where, values = _condition(query.where, scope) if query.where else ("1", [])
    for name in query.columns:
        _field(name)
    order = [f"{_expression(_field(name))} {'DESC' if down else 'ASC'}" for name, down in query.order]
    statement = (
        f"SELECT id FROM items WHERE organization = ? AND deleted IS NULL AND project IN ({marks}) AND ({where})"
        f" ORDER BY {', '.join([*order, 'id'])} LIMIT ?"
    )
    return statement, [scope.organization, *visible, *values, top or MOST_RESULTS + 1]


def _expression(field: Field) -> str:
    return _OWN_COLUMNS.get(field.reference) or f"json_extract(fields, '$.\"{field.reference}\"') COLLATE NOCASE"


def _condition(asked: Group | Condition, scope: _Scope) -> _Sql:
    if isinstance(asked, Group):
        parts = [_condition(part, scope) for part in asked.parts]
        return (
            "(" + f" {asked.joined} ".join(text for text, _ in parts) + ")",
            [value for _, values in parts for value in values],
        )
    field = _field(asked.field)
    negated = asked.operator.startswith("NOT ")
    operator = asked.operator.removeprefix("NOT ")
    text, values = _OPERATORS.get(operator, _compared)(field, operator, asked.values, scope)
    return (f"NOT ifnull({text}, 0)" if negated else text), values


def _empty(field: Field, _operator: str, _values: tuple[Value, ...], _scope: _Scope) -> _Sql:
    return f"(ifnull({_expression(field)}, '') = '')", []


def _contains(field: Field, operator: str, values: tuple[Value, ...], scope: _Scope) -> _Sql:
    wanted = values[0].text
    if field.reference == "System.Tags":
        return "id IN (SELECT item FROM item_tags WHERE organization = ? AND tag = ?)", [scope.organization, wanted]
    words = wanted.split() if operator.endswith("WORDS") else [wanted]
    part = f"instr(lower({_expression(field)}), lower(?)) > 0"
    return "(" + " AND ".join([part] * len(words)) + ")", list(words)


def _under(field: Field, _operator: str, values: tuple[Value, ...], scope: _Scope) -> _Sql:
    path = str(_literal(field, values[0], scope)).strip("\\")
    expression = _expression(field)
    return f"({expression} = ? OR substr({expression}, 1, ?) = ?)", [path, len(path) + 1, path + "\\"]


def _in(field: Field, _operator: str, values: tuple[Value, ...], scope: _Scope) -> _Sql:
    parts = [_compared(field, "=", (value,), scope) for value in values]
    return "(" + " OR ".join(text for text, _ in parts) + ")", [value for _, found in parts for value in found]


def _compared(field: Field, operator: str, values: tuple[Value, ...], scope: _Scope) -> _Sql:
    if field.kind in {"html", "history"}:
        raise wiql_parser.syntax_error(f"[{field.reference}] {operator}")
    wanted = _literal(field, values[0], scope)
    expression = _expression(field)
    if field.kind == "identity" and operator in {"=", "<>"} and wanted:
        return _same_person(expression, str(wanted), negated=operator == "<>")
    if field.kind == "dateTime" and not scope.exact_times:
        expression = f"substr({expression}, 1, {_DATE_LENGTH})"
    if field.kind in _NUMBERS and operator == "<>":
        return f"({expression} IS NOT ?)", [wanted]
    if field.kind not in _NUMBERS and operator in {"=", "<>"}:
        expression = f"ifnull({expression}, '')"
    return f"({expression} {operator} ? COLLATE NOCASE)", [wanted]


def _same_person(expression: str, wanted: str, *, negated: bool) -> _Sql:
    # A person is named by `Name <mail>`, by the name or by the mail address.
    same = f"({expression} = ? OR {expression} LIKE ? OR {expression} LIKE ?)"
    return (f"NOT ifnull({same}, 0)" if negated else same), [wanted, f"{wanted} <%", f"%<{wanted}>"]


def _literal(field: Field, value: Value, scope: _Scope) -> Any:
    text = _macro(value, scope) if value.kind == "macro" else value.text
    if field.kind in _NUMBERS:
        try:
            return float(text)
        except ValueError as error:
            raise wiql_parser.syntax_error(text) from error
    return _moment(text, scope) if field.kind == "dateTime" and text else text


def _moment(text: str, scope: _Scope) -> str:
    try:
        moment = dates.stored(dates.parsed(text))
    except ValueError as error:
        raise wiql_parser.syntax_error(text) from error
    if scope.exact_times:
        return moment
    if "T" in text.upper() or ":" in text:
        message = (
            "TF51583: You cannot supply a time with the date when running a query using date precision. "
            f"The error is caused by «'{text}'»."
        )
        raise errors.ServiceError(400, message, "WorkItemTrackingQuerySyntaxException", event_id=3200)
    return moment[:_DATE_LENGTH]


def _macro(value: Value, scope: _Scope) -> str:
    if value.text == "@project" and scope.project:
        return scope.project
    if value.text == "@me":
        return scope.me
    if value.text == "@today":
        return (datetime.now(UTC) + timedelta(days=value.days)).date().isoformat()
    raise wiql_parser.syntax_error(value.text)


_OPERATORS: dict[str, Callable[[Field, str, tuple[Value, ...], _Scope], _Sql]] = {
    "EMPTY": _empty,
    "CONTAINS": _contains,
    "CONTAINS WORDS": _contains,
    "UNDER": _under,
    "IN": _in,
}

ROUTES = (Route("POST", "/{organization}/{project?}/_apis/wit/wiql", run, reads=True),)
