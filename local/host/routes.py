"""Which function answers a request."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from local.host.bindings import Function, HttpTrigger
from local.host.templates import Template, parse


@dataclass(frozen=True, slots=True)
class Route:
    """One function with the template under which it is found."""

    function: Function
    trigger: HttpTrigger
    template: Template

    def serves(self, method: str) -> bool:
        """Tell whether the function takes `method`; one that names none takes all."""
        return not self.trigger.methods or method in self.trigger.methods


def full_template(prefix: str, route: str) -> str:
    """Return the template of `route` under the app's `prefix`, which may be empty."""
    return f"{prefix}/{route}".strip("/")


def build_routes(functions: Iterable[Function], prefix: str) -> Sequence[Route]:
    """Return the routes of all functions with an HTTP trigger, the most specific first.

    Raises `TemplateError` for a malformed template; `lint` finds those before.
    """
    routes = [
        Route(function, function.trigger, parse(full_template(prefix, function.trigger.route)))
        for function in functions
        if isinstance(function.trigger, HttpTrigger)
    ]
    return sorted(routes, key=lambda route: route.template.weights)


def find(routes: Iterable[Route], method: str, raw_path: str) -> tuple[Route, Mapping[str, str]] | None:
    """Return the route for a request and its parameters.

    The method is a constraint of the route in Azure, no step of its own: a known path with another method is
    "not found", never 405, and a less specific route with that method is still tried.
    """
    path = _decoded(raw_path).lstrip("/")
    for route in routes:
        if route.serves(method):
            parameters = route.template.match(path)
            if parameters is not None:
                return route, parameters
    return None


def _decoded(raw_path: str) -> str:
    """Decode %XX, except an encoded slash: ASP.NET leaves %2F as it is, so that it separates nothing."""
    halves = raw_path.replace("%2f", "%2F").split("%2F")
    return "%2F".join(unquote(half) for half in halves)
