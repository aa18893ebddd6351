"""The summaries of all files → the registry. Of most files only the first part of the summary is read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from shared.registries.conventions import Convention, Conventions, FileKind
from shared.registries.files import Unread
from shared.registries.graph.cycles import cycles_of
from shared.registries.graph.model import Node, NotRead, Registry, Unparsed, Unresolved
from shared.registries.reading.calls import Calls
from shared.registries.reading.drafts import Draft
from shared.registries.reading.edges import Edges
from shared.registries.reading.inheriting import subclasses
from shared.registries.reading.matching import Matching
from shared.registries.reading.modules import Module, Modules
from shared.registries.reading.points import declared_points
from shared.registries.reading.resolving import Resolver
from shared.registries.reading.summaries import Head, Summary
from shared.registries.reading.values import Values
from shared.texts.masking import masked
from shared.texts.plain import one_line, shortened

_MOST_NODES = 20_000
_MOST_UNRESOLVED = 20_000
_LONGEST_NAME = 300


class Assembly:
    """What the files of one commit, by their paths, register together."""

    def __init__(self, summaries: Mapping[str, Summary], conventions: Conventions) -> None:
        self._summaries = summaries
        self._conventions = conventions
        kinds = {path: conventions.kind_of(path) for path in summaries}
        self._unparsed = list(self._failures(kinds))
        self._failed = {one.path for one in self._unparsed}
        python = (path for path, kind in kinds.items() if kind is FileKind.PYTHON and path not in self._failed)
        self._modules = Modules({path: summaries[path] for path in python})
        self._resolver = Resolver(self._modules)
        self._values = Values(self._resolver)
        self._matching = Matching(conventions, self._resolver)
        self._calls = Calls(self._matching, self._resolver, self._values)
        self._drafts: list[Draft] = []
        self._unresolved: list[Unresolved] = []
        self._take_all()

    def outlined(self) -> frozenset[str]:
        """Return the paths of the files that are to be summarised closely: what is registered there is an outline."""
        subjects = [draft.subject for draft in self._drafts]
        return frozenset(one.module.path for one in subjects if one.module and (one.definition or {}).get("o"))

    def _take_all(self) -> None:
        self._take(self._from_calls())
        self._take(self._from_entry_points())
        if self._conventions.has_bases:
            self._take(subclasses(self._modules, self._resolver, self._calls, self._conventions))

    def registry(self, unread: Sequence[Unread] = ()) -> Registry:
        """Return the registry. `unread` are listed in it as they are."""
        registered = _nodes(sorted(self._drafts, key=_order)[:_MOST_NODES])
        edges = Edges(self._conventions, self._resolver, self._matching, self._calls, registered)
        found = sorted(edges.all(), key=lambda edge: (edge.source, edge.target))
        unresolved = sorted(
            {*self._unresolved, *edges.unresolved}, key=lambda one: (one.place.path, one.place.line, one.reason)
        )
        return Registry(
            nodes=tuple(node for node, _ in registered),
            edges=tuple(found),
            cycles=tuple(tuple(cycle) for cycle in cycles_of((edge.source, edge.target) for edge in found)),
            dangling=tuple(
                sorted(set(edges.dangling), key=lambda one: (one.source, one.registry, one.name, one.reason.place.line))
            ),
            duplicates=_duplicates(registered),
            unresolved=tuple(unresolved[:_MOST_UNRESOLVED]),
            unparsed=tuple(sorted(self._unparsed, key=lambda one: one.path)),
            unread=tuple(NotRead(one.path, one.reason) for one in sorted(unread, key=lambda one: one.path)),
            files=len(self._summaries),
            conventions=self._conventions.digest,
            limits=tuple(self._limits(unresolved)),
        )

    def _failures(self, kinds: Mapping[str, FileKind | None]) -> Iterator[Unparsed]:
        for path, (head, _) in self._summaries.items():
            kind = kinds[path]
            if "failed" in head:
                yield Unparsed(path, head["failed"], head.get("line"))
            elif kind is not None and head.get("of") != kind and len(head) > 1:
                yield Unparsed(path, f"the same content was read as {head.get('of')}, and not as {kind}")

    def _take(self, found: Iterable[Draft | Unresolved]) -> None:
        for one in found:
            if isinstance(one, Unresolved):
                self._unresolved.append(one)
            else:
                self._drafts.append(one)

    def _from_calls(self) -> Iterator[Draft | Unresolved]:
        for module in list(self._modules.by_name.values()):
            if self._is_of_interest(self._summaries[module.path].head, module):
                for hit in module.body.get("hits", ()):
                    if "x" in hit:
                        yield from self._calls.drafts(hit, module)

    def _is_of_interest(self, head: Head, module: Module) -> bool:
        if "always" in head:
            return True
        return any(self._matching.may_register(use, module) for use in head.get("uses", ()))

    def _from_entry_points(self) -> Iterator[Draft | Unresolved]:
        for path, summary in self._summaries.items():
            if "always" in summary.head and path not in self._failed:
                hits = summary.body().get("hits", ())
                yield from declared_points(path, hits, self._modules, self._calls, self._conventions)

    def _limits(self, unresolved: Sequence[Unresolved]) -> Iterator[str]:
        if len(self._drafts) > _MOST_NODES:
            yield f"only the first {_MOST_NODES:,} of {len(self._drafts):,} registrations are shown"
        if len(unresolved) > _MOST_UNRESOLVED:
            yield f"only the first {_MOST_UNRESOLVED:,} of {len(unresolved):,} unresolved ones are shown"


def _order(draft: Draft) -> tuple[str, int, str, str]:
    return draft.place.path, draft.place.line, draft.registry, draft.name


def _nodes(drafts: Iterable[Draft]) -> list[tuple[Node, Draft]]:
    taken: dict[str, int] = {}
    nodes = []
    for draft in drafts:
        name = shown(draft.name)
        identity = f"{draft.registry}:{name}"
        taken[identity] = count = taken.get(identity, 0) + 1
        unique = identity if count == 1 else f"{identity}#{count}"
        nodes.append((_node(unique, name, draft), draft))
    return nodes


def _node(identity: str, name: str, draft: Draft) -> Node:
    return Node(
        id=identity,
        name=name,
        kind=_kind(draft.convention, draft.registry),
        registry=draft.registry,
        convention=draft.convention.id,
        place=draft.place,
        object=draft.subject.registered(),
        conditional=draft.conditional,
    )


def _kind(convention: Convention, registry: str) -> str:
    last = registry if convention.entry_points else registry.rpartition(".")[2]
    return convention.kind.replace("{registry}", last).replace("{id}", convention.id)


def shown(name: str) -> str:
    """Return a name as one line without what looks like a secret, cut visibly."""
    return masked(shortened(one_line(name), _LONGEST_NAME))


def _duplicates(registered: Iterable[tuple[Node, Draft]]) -> tuple[tuple[str, ...], ...]:
    same: dict[tuple[str, str], list[str]] = {}
    for node, _ in registered:
        same.setdefault((node.registry, node.name), []).append(node.id)
    return tuple(tuple(nodes) for nodes in same.values() if len(nodes) > 1)
