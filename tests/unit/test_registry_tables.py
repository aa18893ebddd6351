"""What is registered without a call: entries of dictionaries, and classes by what they inherit from."""

import pytest

from shared.registries.graph import Registry
from tests.unit.small_repositories import PLUGINS, edges, names, reasons, registry_of

TABLE = {"id": "table", "kind": "plugin", "tables": ["shop.plugins.TABLE"], "depends": ["references"]}
BASES = {"id": "base", "kind": "plugin", "bases": ["shop.plugins.Plugin"], "name": ["attribute:name", "object:snake"]}


def table(source: str) -> Registry:
    """The registry of a shop whose module `shop.plugins` has a table, and `shop.things` this source."""
    plugins = "TABLE = {}\nclass Plugin: ...\n"
    return registry_of({**PLUGINS, "shop/plugins.py": plugins, "shop/things.py": source}, TABLE, BASES)


@pytest.mark.parametrize(
    "entering",
    [
        "TABLE['a'] = f",
        "plugins.TABLE['a'] = f",
        "TABLE.update({'a': f})",
        "TABLE |= {'a': f}",
        "TABLE.update(dict(a=f))",
        "NAME = 'a'\nTABLE[NAME] = f",
        "if True:\n    TABLE['a'] = f",
        "def fill():\n    TABLE['a'] = f",
        "class C:\n    def fill(self):\n        TABLE.update({'a': f})",
    ],
)
def test_an_entry_is_registered_however_it_is_made(entering: str) -> None:
    found = table(f"from shop import plugins\nfrom shop.plugins import TABLE\ndef f(): ...\n{entering}\n")

    (node,) = found.nodes
    assert (node.name, node.object.qualified, node.kind) == ("a", "shop.things.f", "plugin")


@pytest.mark.parametrize("written", ["{'a': f, 'b': g}", "dict(a=f, b=g)"])
@pytest.mark.parametrize("binding", ["TABLE = ", "TABLE: dict[str, object] = "])
def test_a_table_that_is_written_out_registers_all_of_its_entries(binding: str, written: str) -> None:
    plugins = f"def f(): ...\ndef g(): return f()\n{binding}{written}\n"

    found = registry_of({"shop/__init__.py": "", "shop/plugins.py": plugins}, TABLE)

    assert names(found) == ["a", "b"]
    assert edges(found) == {("b", "a", "reference")}


def test_what_is_unpacked_into_a_table_is_said() -> None:
    found = table("from shop.plugins import TABLE\nfrom elsewhere import more\nTABLE.update({**more})\nTABLE |= more\n")

    assert names(found) == []
    assert reasons(found) == [
        (3, "entries of something else are unpacked into it"),
        (4, "its entries are not written out"),
    ]


def test_another_dictionary_of_the_same_name_is_no_table() -> None:
    assert names(table("TABLE = {'a': len}\nTABLE['b'] = print\n")) == []


def test_a_class_is_registered_by_what_it_inherits_at_any_distance() -> None:
    found = table(
        "from shop.plugins import Plugin as Base\n"
        "class First(Base):\n    name = 'first'\n"
        "class SecondOne(First):\n    name = None\n"
        "class Other: ...\n"
    )

    assert names(found) == ["first", "second_one"]
