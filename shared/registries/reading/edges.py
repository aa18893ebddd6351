"""What registered objects depend on, and why."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.registries.conventions import Convention, Conventions, LookUp
from shared.registries.graph.model import Dangling, Edge, Node, Place, Reason, Unresolved
from shared.registries.reading.calls import AbsentError, Calls
from shared.registries.reading.drafts import Draft, Subject
from shared.registries.reading.matching import Matching
from shared.registries.reading.modules import Module
from shared.registries.reading.notation import Expression
from shared.registries.reading.resolving import Resolver
from shared.registries.reading.values import UnresolvedError

_MOST_REASONS = 20


class Edges:
    """Finds the edges between the nodes of one repository."""

    def __init__(
        self,
        conventions: Conventions,
        resolver: Resolver,
        matching: Matching,
        calls: Calls,
        registered: Sequence[tuple[Node, Draft]],
    ) -> None:
        self._conventions = conventions
        self._resolver = resolver
        self._matching = matching
        self._calls = calls
        self._registered = registered
        self._by_object: dict[str, list[str]] = {}
        self._by_name: dict[tuple[str, str], list[Node]] = {}
        self._found: dict[tuple[str, str], dict[Reason, None]] = {}
        self.dangling: list[Dangling] = []
        self.unresolved: list[Unresolved] = []
        for node, draft in registered:
            self._by_name.setdefault((draft.convention.id, node.name), []).append(node)
            if draft.subject.qualified:
                self._by_object.setdefault(draft.subject.qualified, []).append(node.id)

    def all(self) -> list[Edge]:
        """Return the edges; what is missing and what is not known is then in `dangling` and `unresolved`."""
        for node, draft in self._registered:
            for dependency in draft.convention.depends:
                self._follow(dependency, node, draft)
        return [
            Edge(source, target, tuple(list(reasons)[:_MOST_REASONS]))
            for (source, target), reasons in self._found.items()
        ]

    def _follow(self, dependency: str, node: Node, draft: Draft) -> None:
        kind, _, which = dependency.partition(":")
        subject = draft.subject
        if kind == "argument":
            self._argument(which, node, draft)
        elif subject.definition is not None and subject.module is not None:
            follow = {
                "parameters": self._parameters,
                "annotations": self._annotations,
                "defaults": self._defaults,
                "references": self._references,
                "look_ups": self._look_ups,
            }[kind]
            follow(node, draft.convention, subject.definition, subject.module)

    def _parameters(self, node: Node, convention: Convention, definition: Mapping[str, Any], module: Module) -> None:
        for name, _, _ in definition.get("p", ()):
            for target in self._by_name.get((convention.id, name), ()):
                self._add(node, target.id, "parameter", f"parameter {name}", Place(module.path, definition["l"]))

    def _annotations(self, node: Node, convention: Convention, definition: Mapping[str, Any], module: Module) -> None:  # noqa: ARG002
        for name, annotation, _ in definition.get("p", ()):
            place = Place(module.path, definition["l"])
            self._of_expression(annotation, node, module, ("annotation", f"annotation of {name}", place))

    def _defaults(self, node: Node, convention: Convention, definition: Mapping[str, Any], module: Module) -> None:  # noqa: ARG002
        for name, _, default in definition.get("p", ()):
            place = Place(module.path, definition["l"])
            self._of_expression(default, node, module, ("default", f"default of {name}", place))

    def _references(self, node: Node, convention: Convention, definition: Mapping[str, Any], module: Module) -> None:  # noqa: ARG002
        for reference in definition.get("r", "").split():
            path, _, line = reference.rpartition("@")
            absolute = (
                f"{module.name}.{path[1:]}" if path.startswith(":") else self._resolver.modules.absolute(path, module)
            )
            reason = ("reference", f"refers to {path.lstrip(':')}", Place(module.path, int(line)))
            for target in self._objects(absolute):
                if target != node.id:
                    self._add(node, target, *reason)

    def _of_expression(
        self, expression: Expression | None, node: Node, module: Module, reason: tuple[str, str, Place]
    ) -> None:
        for path in _names_in(expression):
            for absolute in self._resolver.paths(path, module):
                for target in self._objects(absolute):
                    if target != node.id:
                        self._add(node, target, *reason)

    def _objects(self, path: str) -> list[str]:
        """Return the nodes whose object `path`, or what it is an attribute of, is."""
        while path:
            for hop in self._resolver.hops(path):
                if nodes := self._by_object.get(hop):
                    return nodes
            path = path.rpartition(".")[0]
            if path in self._resolver.modules.by_name:
                return []
        return []

    def _look_ups(self, node: Node, convention: Convention, definition: Mapping[str, Any], module: Module) -> None:  # noqa: ARG002
        for line, callee, args, keywords in definition.get("q", ()):
            place = Place(module.path, line)
            for path in self._resolver.paths(callee, module):
                for hop in self._resolver.hops(path):
                    if found := self._conventions.look_ups(hop):
                        self._look_up(node, found[-1], path, (args, keywords, module), place)
                        break

    def _look_up(
        self,
        node: Node,
        found: tuple[Convention, LookUp],
        path: str,
        call: tuple[Sequence[Expression], dict[str, Expression], Module],
        place: Place,
    ) -> None:
        convention, look_up = found
        args, keywords, module = call
        try:
            name = self._calls.names([look_up.name], Subject(), args, keywords, module)[0]
            registry = self._matching.registry_of(path, look_up.call, {}, module)
            if look_up.registry:
                registry = self._calls.names([look_up.registry], Subject(), args, keywords, module)[0]
        except UnresolvedError as error:
            self.unresolved.append(Unresolved(place, "look-up", str(error), convention.id))
            return
        except (AbsentError, IndexError):
            self.unresolved.append(Unresolved(place, "look-up", "it names nothing", convention.id))
            return
        reason = Reason("look-up", f'looks up "{name}"', place)
        # What is looked up by a plain function may be in any registry of its convention.
        anywhere = look_up.registry is None and "()" not in look_up.call
        targets = [one for one in self._named(convention, name) if anywhere or registry in (one.registry, one.kind)]
        for target in targets:
            self._found.setdefault((node.id, target.id), {})[reason] = None
        if not targets:
            self.dangling.append(Dangling(node.id, registry, name, reason))

    def _named(self, convention: Convention, name: str) -> list[Node]:
        return self._by_name.get((convention.id, name), [])

    def _argument(self, which: str, node: Node, draft: Draft) -> None:
        value = draft.keywords.get(which)
        if which.isdigit() and int(which) < len(draft.args):
            value = draft.args[int(which)]
        if value is None or draft.module is None:
            return
        detail = f"argument {which}"
        self._of_expression(value, node, draft.module, ("argument", detail, node.place))
        for text in _texts_in(value):
            targets = self._named(draft.convention, text)
            for target in targets:
                self._add(node, target.id, "argument", detail, node.place)
            if not targets:
                self.dangling.append(Dangling(node.id, node.registry, text, Reason("argument", detail, node.place)))

    def _add(self, node: Node, target: str, kind: str, detail: str, place: Place) -> None:
        self._found.setdefault((node.id, target), {})[Reason(kind, detail, place)] = None


def _names_in(expression: Expression | None) -> Iterator[Expression]:
    """Yield each name within an expression."""
    if not isinstance(expression, list) or not expression:
        return
    if expression[0] in ("r", "i", "a"):
        yield expression
        return
    for part in expression[1:]:
        parts = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        if isinstance(part, list) and part and isinstance(part[0], str):
            yield from _names_in(part)
            continue
        for one in parts:
            yield from _names_in(one)


def _texts_in(expression: Expression) -> Iterator[str]:
    match expression:
        case ["s", str(text)]:
            yield text
        case ["l", list(items)]:
            for one in items:
                yield from _texts_in(one)
