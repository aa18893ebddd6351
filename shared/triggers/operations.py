"""Declares routes: each once, for Azure Functions and for the API's description (`openapi`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import azure.functions as func

from shared.triggers.answers import Handler, answered
from shared.triggers.conventions import IF_MATCH, IF_NONE_MATCH, Parameter

JSON = "application/json"
ETAG = {"ETag": "The stored version, for `If-Match`."}
_OF_A_BODY = (400, 413, 422)
_ALWAYS = 503

type Security = Literal["key", "basic", "none"]


@dataclass(frozen=True, slots=True)
class Other:
    """Another status that is no refusal: what it says, the type of its body (None for none), and its headers."""

    words: str
    gives: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    `takes` is the type of the body by media type; `gives` is the type of the answer's body, None for none; `texts` are
    media types of text in which it is given as well; `others` are other statuses; `refuses` are the statuses that come
    with a problem document; `headers` are those of the answer, with what they say.
    """

    method: str
    path: str
    handler: Handler
    status: int
    gives: Any
    takes: Mapping[str, Any]
    parameters: Sequence[Parameter]
    headers: Mapping[str, str]
    refuses: frozenset[int]
    security: Security
    texts: Sequence[str] = ()
    others: Mapping[int, Other] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its name, the function's."""
        return self.handler.__name__


_METHODS = ("GET", "PUT", "POST", "DELETE")
_declared: list[Operation] = []


def declared() -> Sequence[Operation]:
    """Return the operations of all modules that were imported, in whatever order, by path."""
    return sorted(_declared, key=lambda one: (one.path, _METHODS.index(one.method)))


def operation(
    blueprint: func.Blueprint,
    route: str,
    *,
    gives: Any,
    status: int = 200,
    takes: Any = None,
    parameters: Sequence[Parameter] = (),
    headers: Mapping[str, str] | None = None,
    refuses: Sequence[int] = (),
    security: Security = "key",
    texts: Sequence[str] = (),
    others: Mapping[int, Other] | None = None,
) -> Callable[[Handler], Any]:
    """Make a handler the function that answers `route`, such as `GET links/{kind}/{asset}`.

    Its docstring describes it to callers. `takes` is the type of a JSON body, or a mapping from media types. What
    follows from the rest need not be in `refuses`: 400, 413 and 422 from a body, 400 from a query, 412 from a
    condition, 401 from a key, and 503.
    """
    method, _, path = route.partition(" ")
    bodies = takes if isinstance(takes, dict) else {JSON: takes} if takes else {}

    def declare(handler: Handler) -> Any:
        _declared.append(
            Operation(
                method,
                path,
                handler,
                status,
                gives,
                bodies,
                parameters,
                headers or {},
                frozenset((*refuses, *_implied(bodies, parameters), _ALWAYS)),
                security,
                texts,
                others or {},
            )
        )
        level = func.AuthLevel.FUNCTION if security == "key" else func.AuthLevel.ANONYMOUS
        return blueprint.route(path, methods=[method], auth_level=level)(answered(handler))

    return declare


def _implied(bodies: Mapping[str, Any], parameters: Sequence[Parameter]) -> set[int]:
    statuses = set(_OF_A_BODY if bodies else ())
    statuses |= {400 for parameter in parameters if parameter.place == "query"}
    statuses |= {400 for parameter in parameters if parameter == IF_NONE_MATCH}
    statuses |= {412 for parameter in parameters if parameter in (IF_MATCH, IF_NONE_MATCH)}
    return statuses
