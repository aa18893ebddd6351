"""The convention that docs/registries.md shows does what the page says."""

import re
from pathlib import Path

from shared.registries.conventions import conventions_of
from shared.registries.conventions.models import Convention
from shared.registries.reading import Assembly
from tests.unit.small_repositories import summaries_of

PAGE = (Path(__file__).parents[2] / "docs/registries.md").read_text(encoding="utf-8")
SOURCE = {
    "shop/plugins.py": "def register(name, factory=None): ...\ndef get(name): ...\n",
    "shop/things.py": (
        "from shop import plugins\n"
        "@plugins.register('cart')\nclass Cart:\n    def __init__(self, tax): ...\n"
        "plugins.register('tax', factory=len)\n"
        "@plugins.register('order')\ndef order():\n    return plugins.get('cart'), plugins.get('gone')\n"
    ),
}


def test_the_example_registers_and_finds_dependencies() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    conventions = conventions_of(example.encode())
    summaries = summaries_of({path: source.encode() for path, source in SOURCE.items()}, conventions)

    found = Assembly(summaries, conventions).registry()

    names = {node.id: node.name for node in found.nodes}
    assert {(node.kind, node.name) for node in found.nodes} == {("plugin", name) for name in ("cart", "tax", "order")}
    assert {(names[edge.source], names[edge.target]) for edge in found.edges} == {("cart", "tax"), ("order", "cart")}
    assert [one.name for one in found.dangling] == ["gone"]
    assert len(example.strip().splitlines()) <= 10


def test_every_field_is_explained() -> None:
    assert [name for name in Convention.model_fields if f"`{name}`" not in PAGE] == []
