"""Reads Bicep with its grammar (tree-sitter-bicep): what a template declares, and which of it is used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

REPOSITORY = Path(__file__).parents[2]
INFRA = REPOSITORY / "infra"
_PARSER = Parser(Language(tree_sitter_bicep.language()))
_DECLARES = ("resource_declaration", "module_declaration", "parameter_declaration", "variable_declaration")


@dataclass(frozen=True)
class Resource:
    """A resource; `symbol` has the symbols above it in front, as in `account::queues`."""

    symbol: str
    type: str
    version: str
    exists: bool
    body: Node

    def value(self, *path: str) -> str:
        """The text of a property, empty if it is not there."""
        node: Node | None = self.body
        for name in path:
            node = properties(node).get(name) if node else None
        return text(node) if node else ""


@dataclass(frozen=True)
class Module:
    """A use of another template."""

    file: str
    parameters: Mapping[str, Node]


class Template:
    """One file."""

    def __init__(self, file: Path, source: str | None = None) -> None:
        self.name = file.name
        self.root = _PARSER.parse((source if source is not None else file.read_text()).encode()).root_node

    @property
    def errors(self) -> list[str]:
        """Where it is not Bicep, as line numbers with what stands there."""
        return [
            f"{self.name}:{node.start_point.row + 1} {text(node)[:40]}" for node in walk(self.root) if _is_bad(node)
        ]

    @cached_property
    def parameters(self) -> dict[str, bool]:
        """Names, and whether each has a default."""
        found = (node for node in walk(self.root) if node.type == "parameter_declaration")
        return {_name(node): any(child.type == "=" for child in node.children) for node in found}

    @cached_property
    def variables(self) -> dict[str, Node]:
        """Names and values."""
        found = (node for node in walk(self.root) if node.type == "variable_declaration")
        return {_name(node): node.named_children[-1] for node in found}

    @cached_property
    def outputs(self) -> dict[str, Node]:
        """Names and values."""
        found = (node for node in walk(self.root) if node.type == "output_declaration")
        return {_name(node): node.named_children[-1] for node in found}

    @cached_property
    def modules(self) -> dict[str, Module]:
        """Uses of other templates, by symbol."""
        found = (node for node in walk(self.root) if node.type == "module_declaration")
        return {_name(node): Module(_string(node), properties(properties(body_of(node))["params"])) for node in found}

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """Resources by symbol."""
        return {one.symbol: one for one in _resources(self.root, "", "", "")}

    @property
    def declared(self) -> set[str]:
        """Every symbol that must be used."""
        return {_name(node) for node in walk(self.root) if node.type in _DECLARES}

    @property
    def used(self) -> set[str]:
        """Every symbol that is read, those of loops left out."""
        return {text(node) for node in walk(self.root) if _is_read(node)}

    @property
    def nested(self) -> set[str]:
        """Paths of nested resources that are read, such as `account::queues`."""
        return {text(node) for node in walk(self.root) if node.type == "resource_expression"}

    @property
    def taken(self) -> set[tuple[str, str]]:
        """Outputs of modules that are read, each with the module's symbol."""
        chains = (
            text(node).replace("!", "").split(".") for node in walk(self.root) if node.type == "member_expression"
        )
        return {(chain[0], chain[2]) for chain in chains if len(chain) == 3 and chain[1] == "outputs"}


def templates() -> dict[str, Template]:
    """Those of the repository, by file name."""
    return {file.name: Template(file) for file in sorted(INFRA.glob("*.bicep"))}


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it."""
    yield node
    for child in node.children:
        yield from walk(child)


def text(node: Node) -> str:
    """What stands in the file; strings without their quotes."""
    found = (node.text or b"").decode()
    return found[1:-1] if node.type == "string" else found


def properties(node: Node) -> dict[str, Node]:
    """The properties of an object."""
    found = (child for child in node.named_children if child.type == "object_property" and child.named_child_count > 1)
    return {text(child.named_children[0]): child.named_children[1] for child in found}


def body_of(node: Node) -> Node:
    """The object of a declaration, inside of its loop or condition."""
    return next(child for child in walk(node) if child.type == "object")


def strings(node: Node) -> list[str]:
    """All texts at or below a node."""
    return [text(child) for child in walk(node) if child.type == "string"]


def _resources(node: Node, symbol: str, kind: str, version: str) -> Iterator[Resource]:
    for child in node.children:
        if child.type != "resource_declaration":
            yield from _resources(child, symbol, kind, version)
            continue
        name, (own_kind, _, own_version) = _name(child), _string(child).partition("@")
        full = f"{symbol}::{name}" if symbol else name
        full_kind = f"{kind}/{own_kind}" if kind else own_kind
        exists = any(one.type == "existing" for one in child.children)
        body = body_of(child)
        yield Resource(full, full_kind, own_version or version, exists, body)
        yield from _resources(body, full, full_kind, own_version or version)


def _name(node: Node) -> str:
    return text(next(child for child in node.children if child.type == "identifier"))


def _string(node: Node) -> str:
    return text(next(child for child in node.children if child.type == "string"))


def _is_bad(node: Node) -> bool:
    return node.type == "ERROR" or node.is_missing


def _is_read(node: Node) -> bool:
    parent = node.parent
    if node.type != "identifier" or parent is None:
        return False
    first = parent.named_children[0] == node
    if parent.type in (*_DECLARES, "output_declaration", "call_expression", "object_property") and first:
        return False
    in_loop = _loop_names(node)
    return text(node) not in in_loop


def _loop_names(node: Node) -> set[str]:
    found: set[str] = set()
    above: Node | None = node
    while above is not None:
        if above.type == "for_statement":
            ahead = above.named_children[0]
            found |= {text(one) for one in (ahead.named_children or [ahead])}
        above = above.parent
    return found
