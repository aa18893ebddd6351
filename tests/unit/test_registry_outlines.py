"""What a definition registers is found whatever its source looks like, and only such are read closely.

That nothing is left out which matters, every other test of registries asks as well: see `small_repositories`.
"""

from typing import Any

import pytest

from shared.registries.conventions import conventions_of
from shared.registries.files import SourceFile
from shared.registries.reading import Assembly, Summary, summarise
from tests.unit.small_repositories import PLUGINS, SHOP, edges, names, reasons, registry_of, shop

TARGET = "from shop.plugins import register\n@register('target')\ndef target(): ...\n"
"""What may be referred to, as the only thing that is registered where the rest is."""


@pytest.mark.parametrize(
    "source",
    [
        "def outer():\n    @register('name')\n    def inner(): ...",
        "def outer():\n    if True:\n        @register('name')\n        async def inner(): ...",
        "def outer():\n    \t@register('name')\n    \tdef inner(): ...",
        "class Outer:\n    class Inner:\n        @register('name')\n        def method(self): ...",
        f"def outer():\n{' ' * 300}@register('name')\n{' ' * 300}def inner(): ...",
        "def outer():\n    @other('name')\n    def inner(): ...",
        "def outer():\n    other('name')(len)",
        "def outer():\n    other('name') (len)",
        "def outer():\n    register('name', len)",
        "def outer():\n    register \\\n    ('name', len)",
        "def outer():\n    (register  # a comment\n     ('name', len))",
        "def outer():\n    register('name')(len)",
        "def outer():\n    register('name') \\\n    (len)",
        "def outer():\n    (register('name')  # a comment\n     # and another\n     (len))",
        "def outer():\n    return [ｒegister('name', len)]",  # Python reads it as `register`
        "async def outer():\n    with open('x') as file: register('name', len)",
    ],
)
def test_what_registers_within_a_definition_is_found(source: str) -> None:
    imports = "from shop.plugins import register, register as other"

    assert names(shop(f"{imports}\n{source}\n")) == ["name"]


@pytest.mark.parametrize("function", ["def f():\n    {}", "class C:\n    def f(self):\n        {}"])
def test_what_a_function_assigns_is_not_known(function: str) -> None:
    assigning = function.format("global NAME; NAME = 'b'")

    found = shop(f"from shop.plugins import register\nNAME = 'a'\n{assigning}\n@register(NAME)\ndef g(): ...\n")

    assert names(found) == []
    assert [reason for _, reason in reasons(found)] == ["a name that a function assigns"]


@pytest.mark.parametrize(
    "thing",
    [
        "def thing(target): ...",
        "def thing(one=target): ...",
        "def thing():\n    return target()",
        "class Thing:\n    def __init__(self, target): ...",
        "class Thing:\n    def run(self):\n        return target()",
    ],
)
@pytest.mark.parametrize(
    "registering", ["register('thing', {0})", "register('thing')({0})", "each = register('thing', {0})"]
)
def test_what_another_module_registers_has_its_dependencies(thing: str, registering: str) -> None:
    name = "Thing" if thing.startswith("class") else "thing"
    things = f"from shop.plugins import register\nfrom shop.others import {name}\n{registering.format(name)}\n"

    files = {
        **PLUGINS,
        "shop/things.py": things,
        "shop/others.py": f"from shop.targets import target\n{thing}\n",
        "shop/targets.py": TARGET,
    }

    found = registry_of(files, {**SHOP, "depends": ["parameters", "defaults", "references"]})

    assert {(source, target) for source, target, _ in edges(found)} == {("thing", "target")}


@pytest.mark.parametrize(
    "thing",
    [
        "@add('thing')\ndef thing():\n    return target()",
        "@print\n@add('thing')\ndef thing():\n    return target()",
        "def outer():\n    @add('thing')\n    def thing():\n        return target()",
        "class Outer:\n    @add('thing')\n    class Thing:\n        run = target",
    ],
)
def test_what_a_registry_of_another_name_decorates_has_its_dependencies(thing: str) -> None:
    source = f"from .more import add\nfrom .targets import target\n{thing}\n"
    files = {**PLUGINS, "shop/more.py": "from .plugins import register as add", "shop/targets.py": TARGET}
    chosen = conventions_of(None, [{**SHOP, "depends": ["references"]}])
    summary = summarise(SourceFile("shop/things.py", "", source.encode()), chosen)

    found = registry_of({**files, "shop/things.py": source}, {**SHOP, "depends": ["references"]})

    assert edges(found) == {("thing", "target", "reference")}
    assert '"r":' not in summary.rest(), "it looks like no registry"


def test_only_what_is_registered_is_read_closely() -> None:
    conventions = conventions_of(None, [SHOP])
    sources = {
        **PLUGINS,
        "shop/things.py": "from shop.plugins import register\nfrom shop.others import thing\nregister('a', thing)\n",
        "shop/others.py": 'def thing(target):\n    """A thing."""\n    return target()\n',
        "shop/more.py": 'def nothing(target):\n    """Nothing."""\n',
    }
    files = {path: SourceFile(path, "", source.encode()) for path, source in sources.items()}
    summaries = {path: summarise(file, conventions) for path, file in files.items()}

    assert Assembly(summaries, conventions).outlined() == {"shop/others.py"}

    summaries["shop/others.py"] = summarise(files["shop/others.py"], conventions, closely=True)
    assert Assembly(summaries, conventions).outlined() == frozenset()
    assert _definition(summaries, "others", "thing") == {
        "n": "thing", "l": 1, "t": "A thing.", "p": [["target", None, None]]
    }  # fmt: skip
    assert _definition(summaries, "more", "nothing") == {"n": "nothing", "l": 1, "o": 1}


def _definition(summaries: dict[str, Summary], module: str, name: str) -> Any:
    return summaries[f"shop/{module}.py"].names()[name][1]


def test_what_looks_like_a_registry_is_read_once() -> None:
    conventions = conventions_of(None, [SHOP])
    source = "from shop.plugins import register\n@register('a')\ndef thing(target): ...\n"
    sources = {**PLUGINS, "shop/things.py": source}
    summaries = {path: summarise(SourceFile(path, "", text.encode()), conventions) for path, text in sources.items()}

    assert Assembly(summaries, conventions).outlined() == frozenset()
