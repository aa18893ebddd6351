"""Classes that are registered because of what they inherit from."""

from collections.abc import Iterator

from shared.registries.conventions import Conventions
from shared.registries.graph.model import Place, Unresolved
from shared.registries.reading.calls import AbsentError, Calls
from shared.registries.reading.drafts import Draft, Subject
from shared.registries.reading.modules import Module, Modules
from shared.registries.reading.notation import Definition, Expression
from shared.registries.reading.resolving import Resolver
from shared.registries.reading.values import UnresolvedError


def subclasses(
    modules: Modules, resolver: Resolver, calls: Calls, conventions: Conventions
) -> Iterator[Draft | Unresolved]:
    """Yield each class of the repository that inherits, at any distance, from one that a convention names."""
    for module in modules.by_name.values():
        for definition in _classes(module):
            path = f"{module.name}.{definition['n']}"
            for ancestor in resolver.ancestors(path):
                if found := conventions.inherited(ancestor):
                    convention, _ = found[-1]
                    subject = Subject(path, definition, module)
                    place = Place(module.path, int(definition["l"]))
                    try:
                        for name in calls.names(convention.name, subject, (), {}, module):
                            yield Draft(convention, ancestor, name, place, subject, module)
                    except UnresolvedError as error:
                        yield Unresolved(place, "registration", str(error), convention.id)
                    except AbsentError:
                        if convention.unnamed == "unresolved":
                            yield Unresolved(place, "registration", "it has no name", convention.id)
                    break


def _classes(module: Module) -> Iterator[Definition]:
    waiting: list[Expression] = list(module.names.values())
    while waiting:
        match waiting.pop():
            case ["D", definition] if definition.get("c"):
                if definition.get("b"):
                    yield definition
                waiting.extend(definition.get("a", {}).values())
            case ["o", *several]:
                waiting.extend(several)
