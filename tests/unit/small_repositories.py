"""A repository of a few files, as a test writes it, and its registry."""

from collections.abc import Mapping
from textwrap import dedent
from typing import Any

from shared.registries.conventions import Conventions, conventions_of
from shared.registries.files import SourceFile
from shared.registries.graph import Registry
from shared.registries.reading import Assembly, Summary, summarise

SHOP = {
    "id": "shop",
    "kind": "plugin",
    "decorators": ["shop.plugins.register"],
    "calls": ["shop.plugins.register"],
    "look_ups": ["shop.plugins.get"],
}
"""Registers by `@register`, `@register("name")`, `register("name", thing)`; looks up by `get("name")`."""

PLUGINS = {
    "shop/__init__.py": "",
    "shop/plugins.py": "def register(name=None, thing=None): ...\ndef get(name): ...\n",
}


def registry_of(files: Mapping[str, str | bytes], *conventions: Mapping[str, Any]) -> Registry:
    chosen = conventions_of(None, conventions)
    contents = {
        path: content if isinstance(content, bytes) else dedent(content).encode() for path, content in files.items()
    }
    found = Assembly(summaries_of(contents, chosen), chosen).registry()
    closely = {path: summarise(SourceFile(path, "", text), chosen, closely=True) for path, text in contents.items()}
    assert found == Assembly(closely, chosen).registry(), "outlines leave nothing out that matters"
    return found


def summaries_of(contents: Mapping[str, bytes], conventions: Conventions) -> dict[str, Summary]:
    """Summaries as they are made of a commit: closely only where something is registered."""
    files = {path: SourceFile(path, path, content) for path, content in contents.items()}
    summaries = {path: summarise(file, conventions) for path, file in files.items()}
    closely = Assembly(summaries, conventions).outlined()
    return summaries | {path: summarise(files[path], conventions, closely=True) for path in closely}


def shop(source: str, **more: str) -> Registry:
    """The registry of a shop whose module `shop.things` has this source."""
    files = {f"shop/{name}.py": content for name, content in more.items()}
    return registry_of({**PLUGINS, "shop/things.py": source, **files}, SHOP)


def names(registry: Registry) -> list[str]:
    return [node.name for node in registry.nodes]


def reasons(registry: Registry) -> list[tuple[int, str]]:
    return [(one.place.line, one.reason) for one in registry.unresolved]


def edges(registry: Registry) -> set[tuple[str, str, str]]:
    name = {node.id: node.name for node in registry.nodes}
    return {(name[one.source], name[one.target], why.kind) for one in registry.edges for why in one.reasons}
