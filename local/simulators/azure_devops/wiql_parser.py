"""Reads a WIQL query into a tree. Nothing is known here of fields and rows.

https://learn.microsoft.com/azure/devops/boards/queries/wiql-syntax
Flat queries only: SELECT … FROM WorkItems [WHERE …] [ORDER BY …].
"""

import re
from dataclasses import dataclass, field

from local.simulators.azure_devops import errors

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<field>\[[^\]]+\])|(?P<sign><>|<=|>=|[=<>(),+-])"""
    r"""|(?P<number>\d+(?:\.\d+)?)|(?P<word>@?[\w.]+))"""
)
_SIGNS = {"=", "<>", "<", ">", "<=", ">="}


@dataclass(frozen=True, slots=True)
class Value:
    """A literal (`text`, `number`) or a `macro` such as `@today`, the latter with days added."""

    kind: str
    text: str
    days: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """`field operator values`; the operator is upper case, with `NOT ` in front where it is negated."""

    field: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined by AND or OR."""

    joined: str
    parts: tuple["Group | Condition", ...]


@dataclass
class Query:
    """What was asked: columns, the condition or None, and the order as (field, descending)."""

    columns: list[str]
    where: Group | Condition | None = None
    order: list[tuple[str, bool]] = field(default_factory=list)


def parse(text: str) -> Query:
    """Return the query. Raises 400 TF51006 where it is not WIQL that the simulator knows."""
    return _Parser(text).query()


def syntax_error(what: str) -> errors.ServiceError:
    """The query cannot be read at `what`."""
    message = f"TF51006: The query statement is not valid. The error is caused by «{what}»."
    return errors.ServiceError(400, message, "WorkItemTrackingQuerySyntaxException", event_id=3200)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = 0

    def query(self) -> Query:
        self._expect("SELECT")
        query = Query([self._field()])
        while self._accept(","):
            query.columns.append(self._field())
        self._expect("FROM")
        self._expect("WORKITEMS")
        if self._accept("WHERE"):
            query.where = self._any()
        if self._accept("ORDER"):
            self._expect("BY")
            query.order.append(self._ordered())
            while self._accept(","):
                query.order.append(self._ordered())
        if self._next < len(self._tokens):
            raise syntax_error(self._peek()[1])
        return query

    def _ordered(self) -> tuple[str, bool]:
        name = self._field()
        if self._accept("DESC"):
            return name, True
        self._accept("ASC")
        return name, False

    def _any(self) -> Group | Condition:
        parts = [self._all()]
        while self._accept("OR"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Group("OR", tuple(parts))

    def _all(self) -> Group | Condition:
        parts = [self._one()]
        while self._accept("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Group("AND", tuple(parts))

    def _one(self) -> Group | Condition:
        if self._accept("("):
            inner = self._any()
            self._expect(")")
            return inner
        return self._condition()

    def _condition(self) -> Condition:
        name = self._field()
        if self._accept("IS"):
            negated = "NOT " if self._accept("NOT") else ""
            self._expect("EMPTY")
            return Condition(name, f"{negated}EMPTY", ())
        negated = "NOT " if self._accept("NOT") else ""
        operator = self._take()[1].upper()
        if operator == "IN":
            return Condition(name, f"{negated}IN", self._list())
        if operator == "CONTAINS":
            operator += " WORDS" if self._accept("WORDS") else ""
        elif operator != "UNDER" and (operator not in _SIGNS or negated):
            raise syntax_error(operator)
        return Condition(name, f"{negated}{operator}", (self._value(),))

    def _list(self) -> tuple[Value, ...]:
        self._expect("(")
        values = [self._value()]
        while self._accept(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> Value:
        sign = "-" if self._accept("-") else ""
        kind, text = self._take()
        if kind == "text":
            quote = text[0]
            return Value("text", text[1:-1].replace(quote * 2, quote))
        if kind == "number":
            return Value("number", sign + text)
        if kind == "word" and text.startswith("@"):
            return Value("macro", text.lower(), self._days())
        raise syntax_error(text)

    def _days(self) -> int:
        for sign, factor in (("+", 1), ("-", -1)):
            if self._accept(sign):
                return factor * int(self._take()[1])
        return 0

    def _field(self) -> str:
        kind, text = self._take()
        if kind not in {"field", "word"}:
            raise syntax_error(text)
        return text.strip("[]").strip()

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._next] if self._next < len(self._tokens) else ("end", "the end of the query")

    def _take(self) -> tuple[str, str]:
        token = self._peek()
        if token[0] == "end":
            raise syntax_error(token[1])
        self._next += 1
        return token

    def _accept(self, wanted: str) -> bool:
        kind, text = self._peek()
        found = kind in {"word", "sign"} and text.upper() == wanted
        self._next += found
        return found

    def _expect(self, wanted: str) -> None:
        if not self._accept(wanted):
            raise syntax_error(self._peek()[1])


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position, text = [], 0, text.strip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise syntax_error(text[position : position + 20])
        tokens.append((found.lastgroup, found[found.lastgroup]))
        position = found.end()
    return tokens
