"""How names are found: whatever way a repository takes to its registry, and whatever it builds names from."""

import pytest

from shared.registries.conventions import conventions_of
from shared.registries.files import SourceFile
from shared.registries.reading import summarise
from shared.registries.reading.modules import Modules
from shared.registries.reading.resolving import Resolver
from shared.registries.reading.source_text import UnreadableError, text_of
from tests.unit.small_repositories import PLUGINS, SHOP, names, reasons, registry_of, shop, summaries_of


@pytest.mark.parametrize(
    "source",
    [
        "from shop.plugins import register\n@register('a')\ndef f(): ...",
        "from shop.plugins import register as r\n@r('a')\ndef f(): ...",
        "import shop.plugins\n@shop.plugins.register('a')\ndef f(): ...",
        "import shop.plugins as p\n@p.register('a')\ndef f(): ...",
        "from . import plugins\n@plugins.register('a')\ndef f(): ...",
        "from .plugins import *\n@register('a')\ndef f(): ...",
        "from .plugins import register\nadd = register\n@add('a')\ndef f(): ...",
        "from .plugins import register\nregister('a', len)",
        "from .plugins import register\nregister('a')(len)",
        "from .plugins import register\nx = register('a')(len)",
        "from .plugins import register\ndef setup():\n    register('a')(len)",
        "def setup():\n    from .plugins import register\n    @register('a')\n    def f(): ...",
        "from .plugins import register\n@staticmethod\n@register('a')\n@other\ndef f(): ...",
        "from functools import partial\nfrom .plugins import register\nr = partial(register, 'a')\n@r()\ndef f(): ...",
        (
            "try:\n    from .plugins import register\nexcept ImportError:\n    from elsewhere import register\n"
            "@register('a')\ndef f(): ..."
        ),
        "from .plugins import register\nclass C:\n    @register('a')\n    def f(self): ...",
        "from .plugins import register\nclass C:\n    r = register\n@C.r('a')\ndef f(): ...",
        "from .plugins import register\n[register(n, len) for n in ('a',)]",
        "from .plugins import register\n@register(name='a')\nasync def f(): ...",
    ],
)
def test_a_registry_is_found_by_any_way_to_it(source: str) -> None:
    assert names(shop(source)) == ["a"]


@pytest.mark.parametrize(
    "source",
    [
        "def register(n): ...\n@register('a')\ndef f(): ...",
        "from .plugins import register\ndef g(register):\n    @register('a')\n    def f(): ...",
        "from .plugins import register\ndef g():\n    register = print\n    register('a', len)",
        "from .plugins import register\ndef g():\n    for register in []:\n        register('a', len)",
        "from .other import register\n@register('a')\ndef f(): ...",
        "@register('a')\ndef f(): ...",
        "'''\n@register('a')\ndef f(): ...\n'''",
    ],
)
def test_another_thing_of_the_same_name_is_not_the_registry(source: str) -> None:
    assert names(shop(source)) == []


def test_a_registry_is_followed_through_re_exports_of_other_modules_and_other_names() -> None:
    found = registry_of(
        {
            **PLUGINS,
            "shop/api.py": "from .plugins import register as plugin\n__all__ = ['plugin']",
            "shop/all.py": "from .api import *",
            "src/app/__init__.py": "from shop.all import plugin as p",
            "src/app/x.py": "from app import p\n@p('a')\ndef f(): ...",
            "tool.py": "import shop.all\nshop.all.plugin('b', print)",
        },
        SHOP,
    )

    assert names(found) == ["a", "b"]


def test_all_of_a_compiled_module_is_followed_once() -> None:
    made = summaries_of({"shop/__init__.py": b"from .compiled import *"}, conventions_of(None))

    assert Resolver(Modules(made)).hops("shop.register") == ("shop.register", "shop.compiled.register")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("A", "alpha"),
        ("f'{A}.v1'", "alpha.v1"),
        ("f'x' 'y'", "xy"),
        ("A + '-' + C.NAME", "alpha-gamma"),
        ("constants.DEEP", "deep"),
        ("constants.Kind.ONE.value", "one"),
        ("constants.Kind.ONE.name", "ONE"),
        ("constants.Kind.ONE", "one"),
        ("constants.Plain.TWO.value", "two"),
        ("constants.Auto.THREE", "three"),
        ("f'{constants.Auto.THREE}!'", "three!"),
        ("f'{constants.Kind.ONE}'", "Kind.ONE"),  # as Python since 3.12 shows it
        ("NAMES['k']", "from a dict"),
        ("D.NAME", "gamma"),
    ],
)
def test_a_name_is_whatever_constants_make_of_it(value: str, name: str) -> None:
    source = f"""
    from .plugins import register
    from . import constants
    A = "alpha"
    NAMES = {{"k": "from a dict"}}
    class C:
        NAME = "gamma"
    class D(C): ...
    @register({value})
    def f(): ...
    """
    constants = """
    from enum import Enum, StrEnum, auto
    DEEP = "deep"
    class Kind(str, Enum):
        ONE = "one"
    class Plain(Enum):
        TWO = "two"
    class Auto(StrEnum):
        THREE = auto()
    """

    found = shop(source, constants=constants)

    assert names(found) == [name]
    assert reasons(found) == []


@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        ("make()", "what a call returns"),
        ("f'{x}'", "what `x` is, is not in this repository"),
        ("EITHER", "it is one of several, which is decided at run time"),
        ("*NAMES", "its arguments are unpacked"),
        ("**OPTIONS", "its keyword arguments are unpacked"),
        ("[n for n in y]", "a comprehension"),
        ("CHANGED", "a name that is changed where it stands"),
        ("A % 2", "a computed value"),
        ("print", "what `print` is, is not in this repository"),
        ("1.5", "a constant that is no text"),
        ("LOOP", "it is defined by itself, or of too many parts"),
    ],
)
def test_what_cannot_be_told_is_said_with_its_line_and_never_guessed(argument: str, reason: str) -> None:
    found = shop(f"""
    from .plugins import register
    A = "a"
    EITHER = "a" if x else "b"
    CHANGED = "a"
    CHANGED += "b"
    LOOP = LOOPS
    LOOPS = LOOP
    @register({argument})
    def f(): ...
    """)

    assert names(found) == []
    assert [line for line, _ in reasons(found)] == [10]
    assert reasons(found)[0][1] in (reason, "what `LOOP` is, is not in this repository")


def test_loops_over_what_is_written_out_register_once_for_each() -> None:
    found = shop("""
    from .plugins import register
    NAMES = ("a", "b")
    TABLE = {"c": len, "d": print}
    class One:
        key = "e"
    for name in NAMES:
        full = "x." + name
        register(full, len)
    for name, thing in TABLE.items():
        register(name, thing)
    for cls in (One,):
        register(cls.key, cls)
    for name in read():
        register(name, len)
    """)

    assert names(found) == ["x.a", "x.b", "c", "d", "e"]
    assert found.nodes[-1].object.qualified == "shop.things.One"
    assert reasons(found) == [(15, "a loop over what a call returns")]


def test_one_call_may_register_a_list_of_names() -> None:
    assert names(shop("from .plugins import register\n@register(name=['a', 'b'])\ndef f(): ...")) == ["a", "b"]


def test_the_same_name_twice_is_reported_and_both_are_there() -> None:
    found = shop("from .plugins import register\n@register('a')\ndef f(): ...\n@register('a')\ndef g(): ...")

    assert names(found) == ["a", "a"]
    assert found.duplicates == (("shop.plugins.register:a", "shop.plugins.register:a#2"),)


def test_what_stands_in_a_branch_or_a_function_may_never_happen() -> None:
    found = shop("""
    from .plugins import register
    register("a", len)
    if x:
        register("b", len)
    elif y:
        register("c", len)
    def g():
        register("d", len)
    """)

    assert [node.conditional for node in found.nodes] == [False, True, True, True]


def test_a_node_says_where_it_is_what_it_is_and_what_its_docstring_begins_with() -> None:
    (node,) = shop('''
    from .plugins import register

    @register("a")
    def f():
        """Sells a thing.

        More.
        """
    ''').nodes

    assert (node.place.path, node.place.line) == ("shop/things.py", 5)
    assert (node.kind, node.registry, node.convention) == ("plugin", "shop.plugins.register", "shop")
    assert (node.object.qualified, node.object.summary) == ("shop.things.f", "Sells a thing.")


def test_what_looks_like_a_secret_is_in_no_summary() -> None:
    token = "ghp_" + "a1" * 18
    source = f"from .plugins import register\nTOKENS = ['{token}']\n@register('{token}')\ndef f(): ...\n"
    made = summarise(SourceFile("shop/things.py", "", source.encode()), conventions_of(None, [SHOP]))

    assert token not in made.rest()
    assert made.names()["TOKENS"] == ["l", [["s", "[secret masked]"]]]
    assert made.names()["register"] == ["i", ".plugins.register"]
    assert made.body()["hits"][0]["a"] == [["s", "[secret masked]"]]


def test_what_is_declared_in_a_file_of_settings_is_kept_without_secrets() -> None:
    token = "ghp_" + "a1" * 18
    source = f'[project.entry-points.shop]\none = "{token}:f"\n'
    made = summarise(SourceFile("pyproject.toml", "", source.encode()), conventions_of(None, [SHOP]))

    assert token not in made.rest()
    assert "[secret masked]:f" in made.rest()


def test_why_a_file_cannot_be_read_says_no_secret() -> None:
    token = "ghp_" + "a1" * 18
    source = f"[{token}]\n[{token}]\n"
    made = summarise(SourceFile("pyproject.toml", "", source.encode()), conventions_of(None, [SHOP]))

    assert "Cannot declare ('[secret masked]',) twice" in made.head["failed"]


def test_what_looks_up_does_not_register() -> None:
    found = registry_of(
        {
            **PLUGINS,
            "shop/things.py": "from shop.plugins import get, register\n@get('a')\n@register('b')\ndef f(): ...\n",
        },
        {**SHOP, "decorators": ["shop.plugins.*"]},
    )

    assert names(found) == ["b"]


def test_files_of_the_same_name_in_folders_that_are_no_packages_are_told_apart() -> None:
    found = registry_of(
        {
            **PLUGINS,
            "one/names.py": "N = 'one'",
            "two/names.py": "N = 'two'",
            "one/use.py": "from shop.plugins import register\nimport names\nregister(names.N, len)",
            "two/use.py": "from shop.plugins import register\nfrom names import N\nregister(N, len)",
            "logging.py": "N = 'not of the library'",
            "three/use.py": "from shop.plugins import register\nimport logging\nregister(logging.N, len)",
        },
        SHOP,
    )

    assert names(found) == ["one", "two"]
    assert len(found.unresolved) == 1


def test_the_same_content_has_the_same_summary_wherever_it_lies() -> None:
    conventions = conventions_of(None)
    source = b"from . import a\n@a.route('/')\ndef f(): ..."

    one = summarise(SourceFile("x/y.py", "1", source), conventions)
    other = summarise(SourceFile("z/__init__.py", "1", source), conventions)

    assert (one.head, one.rest()) == (other.head, other.rest())


@pytest.mark.parametrize(
    "body",
    [
        "    from .parts import engine\n    return engine",
        "    from . import parts\n    return parts.engine",
        "    if late:\n        return engine\n    from .parts import engine",
    ],
)
def test_what_a_function_imports_for_itself_is_a_dependency(body: str) -> None:
    found = registry_of(
        {
            **PLUGINS,
            "shop/parts.py": "from .plugins import register\n@register('engine')\ndef engine(): ...",
            "shop/cars.py": f"from .plugins import register\n@register('car')\ndef car(late=False):\n{body}",
        },
        SHOP,
    )

    named = {node.id: node.name for node in found.nodes}
    assert [(named[edge.source], named[edge.target]) for edge in found.edges] == [("car", "engine")]


def test_a_source_of_too_many_words_and_signs_is_not_parsed() -> None:
    assert text_of(b"x," * 200_000)
    with pytest.raises(UnreadableError, match="400,000 words and signs"):
        text_of(b"x," * 200_000 + b"x")


def test_a_name_is_found_in_whichever_of_many_modules_that_are_imported_whole_has_it() -> None:
    parts = {f"shop/part{number}.py": f"from .real import N{number}" for number in range(90)}
    parts["shop/real.py"] = "".join(f"N{number} = 'n{number}'\n" for number in range(90))
    everything = "".join(f"from .part{number} import *\n" for number in range(90))
    source = "from . import every\nfrom .plugins import register\nregister(every.N7, len)\nregister(every.N85, len)"
    found = registry_of({**PLUGINS, **parts, "shop/every.py": everything, "shop/things.py": source}, SHOP)

    assert names(found) == ["n7", "n85"]
