"""Sources that break who reads them carelessly; each registers `kept`, wherever that can be.

`python -m tests.unit.hostile_sources` reads every one of them as the bridge does and prints a line of JSON for each,
in a process of its own: a source that ends the interpreter ends that.
"""

import ast
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from shared.registries.conventions import conventions_of
from shared.registries.reading import Assembly
from tests.unit.small_repositories import PLUGINS, SHOP, summaries_of

type Files = Mapping[str, bytes]

KEPT = "from shop.plugins import register\n@register('kept')\ndef kept(): ...\n"
_ORDINARY = '''
class Basket{n}(Base):
    """A basket of a customer."""

    def total(self, currency: str = "EUR") -> int:
        prices = [item.price * item.count for item in self.items if item.count]
        if not prices:
            raise ValueError(f"nothing in {{self.name}} for {{currency}}")
        return sum(prices) + self.shipping.get(currency, 0)
'''
_LEAST = 60_000
"""Of a source smaller than that, time is mostly that of the small repository it is put into."""


def main() -> None:
    """Read every source, in a thread, as the host of Azure Functions does."""
    thread = threading.Thread(target=_read_all)
    thread.start()
    thread.join()


def _read_all() -> None:
    conventions = conventions_of(None, [SHOP])
    ordinary = _ordinary(300_000)
    pace = min(_timed(partial(ast.parse, ordinary)) for _ in range(3)) / len(ordinary)
    for name, own in hostile():
        size = sum(map(len, own.values()))
        files = {**{path: text.encode() for path, text in PLUGINS.items()}, **own}
        start = time.process_time()
        summaries = summaries_of(files, conventions)
        found = Assembly(summaries, conventions).registry()
        seconds = time.process_time() - start
        said = {
            "source": name,
            "nodes": sorted({node.name for node in found.nodes}),
            "unparsed": [[one.path, one.reason] for one in found.unparsed],
            "unresolved": sorted({one.reason for one in found.unresolved}),
            "limits": list(found.limits),
            "times": seconds / (pace * max(size, _LEAST)),
        }
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _ordinary(size: int) -> str:
    each = len(_ORDINARY)
    return "".join(_ORDINARY.format(n=number) for number in range(size // each))


def hostile() -> Iterator[tuple[str, Files]]:
    """Yield each by its name. One at a time: together they are hundreds of megabytes."""
    for name, made in _SOURCES.items():
        content = made()
        yield name, content if isinstance(content, dict) else {"shop/things.py": content}


def _kept(source: str, before: str = KEPT) -> bytes:
    return f"{before}{source}\n".encode()


def _in(depth: int, opening: str, closing: str, middle: str = "1") -> bytes:
    return _kept(f"x = {opening * depth}{middle}{closing * depth}")


def _deep() -> dict[str, Callable[[], bytes]]:
    made: dict[str, Callable[[], bytes]] = {}
    for depth in (900, 10_000):
        made |= {
            f"{depth} brackets": partial(_in, depth, "[", "]"),
            f"{depth} braces": partial(_in, depth, "{1:", "}"),
            f"{depth} brackets never closed": partial(_in, depth, "(", ""),
            f"{depth} not": partial(_in, depth, "not ", ""),
            f"{depth} minus": partial(_in, depth, "-", ""),
            f"{depth} calls of calls": partial(_in, depth, "", "()", "f"),
            f"{depth} calls in calls": partial(_in, depth, "f(", ")"),
            f"{depth} registering in registering": partial(_in, depth, "register(", ")", "'a'"),
            f"{depth} attributes": partial(_in, depth, "", ".a", "a"),
            f"{depth} subscripts": partial(_in, depth, "", "[0]", "a"),
            f"{depth} lambdas": partial(_in, depth, "lambda: ", ""),
            f"{depth} conditions": partial(_in, depth, "1 if 1 else ", ""),
            f"{depth} powers": partial(_in, depth, "2**", ""),
            f"{depth} f-strings": partial(_in, depth, "f'{", "}'"),
            f"{depth} comprehensions": partial(_in, depth, "[", " for x in y]"),
            f"{depth} elif": partial(_kept_lines, depth, "elif x:\n    pass\n", "if x:\n    pass\n"),
            f"{depth} deep by indentation": partial(_indented, depth),
            f"{depth} deep by semicolons": partial(_kept_lines, depth, "x = 1;"),
            f"{depth} deep a decorator": partial(_decorator, depth),
            f"{depth} deep a base class": partial(_base, depth),
            f"{depth} deep an annotation": partial(_annotation, depth),
            f"{depth} deep an annotation as text": partial(_annotation, depth, "'"),
            f"{depth} deep a pattern": partial(_pattern, depth),
            f"{depth} with in with": partial(_in, depth, "a(b=", ")"),
            f"{depth} terms": partial(_in, depth, "1+", ""),
            f"{depth} names defined by the next": partial(_names, depth),
            f"{depth} classes inheriting the next": partial(_classes, depth),
        }
    return made


def _kept_lines(count: int, line: str, before: str = "") -> bytes:
    return _kept(before + line * count)


def _indented(depth: int) -> bytes:
    kinds = ("def f():", "if x:", "class C:", "for x in y:", "with x:", "while x:")
    lines = [" " * level + kinds[level % len(kinds)] for level in range(depth)]
    return _kept("\n".join([*lines, " " * depth + "pass"]))


def _decorator(depth: int) -> bytes:
    return _kept(f"@register({'[' * depth}'a'{']' * depth})\ndef f(): ...\n@a{'.b' * depth}('a')\ndef g(): ...")


def _base(depth: int) -> bytes:
    return _kept(f"class C({'a[' * depth}b{']' * depth}): ...\n@register('c')\nclass D(a{'()' * depth}): ...")


def _annotation(depth: int, quote: str = "") -> bytes:
    hint = f"{quote}{'a[' * depth}b{']' * depth}{quote}"
    return _kept(f"@register('a')\ndef f(x: {hint}) -> {hint}: ...")


def _pattern(depth: int) -> bytes:
    return _kept(f"match x:\n  case {'[' * depth}y{']' * depth}: pass")


def _names(count: int) -> bytes:
    lines = [f"n{number} = n{number + 1} + 'a'" for number in range(count)]
    return _kept("\n".join([*lines, f"n{count} = n0", "@register(n0)\ndef f(): ..."]))


def _classes(count: int) -> bytes:
    lines = [f"class C{number}(C{number + 1}): ..." for number in range(count)]
    return _kept("\n".join([*lines, f"class C{count}(C0): ...", "@register(C0.a)\n@C0().a\ndef f(): ..."]))


def _wide() -> dict[str, Callable[[], bytes | dict[str, bytes]]]:
    return {
        "100 MB": lambda: _kept("#" * 100_000_000),
        "100 MB of brackets": lambda: _kept("[" * 100_000_000),
        "100,000 terms": partial(_in, 100_000, "1+", ""),
        "100,000 words and terms": partial(_in, 99_000, "a+", ""),
        "a list of 5 MB in a line": lambda: _kept(f"x = [{'1,' * 2_500_000}]"),
        "a list of 1.5 MB in a line": lambda: _kept(f"x = [{'1,' * 150_000}]"),
        "a table of many lines": lambda: _kept("x = {" + "'a': f('b'),\n" * 40_000 + "}"),
        "a text of 1.9 MB": lambda: _kept(f"'''{'a ' * 190_000}'''"),
        "a number of 500,000 digits": lambda: _kept(f"x = {'9' * 500_000}"),
        "a hexadecimal number of 500,000 digits": lambda: _kept(f"x = 0x{'9' * 500_000}\nregister(x, len)"),
        "a name of 500,000 letters": lambda: _kept(f"{'a' * 500_000} = 1\n@register({'a' * 500_000})\ndef f(): ..."),
        "50,000 decorators": lambda: _kept("@a\n" * 50_000 + "def f(): ..."),
        "50,000 decorators that may register": lambda: _kept("@register('a')\n" * 50_000 + "def f(): ..."),
        "20,000 registrations of one name": lambda: _kept("@register('a')\ndef f(): ...\n" * 20_000),
        "5,000 registrations of one name in files": _many_files,
        "20,000 calls that register one name": lambda: _kept("register('a', len)\n" * 20_000),
        "5,000 registrations of one function": lambda: _kept("def f(): ...\n" + "register('a', f)\n" * 5_000),
        "a loop of loops": lambda: _kept(
            f"N = [{'1,' * 1_000}]\n"
            + "".join(" " * n + f"for n{n} in N:\n" for n in range(20))
            + " " * 20
            + "register(n0, len)"
        ),
        "190,000 comments behind parentheses": lambda: _kept(f"x = 1  # {')#' * 190_000}"),
        "60,000 lines of them": lambda: _kept("x = (1\n" + "#)#)\n" * 60_000 + ")"),
        "390,000 signs of decorators": lambda: _kept("x = '" + "@" * 390_000 + "'"),
        "a name and a megabyte of spaces": lambda: _kept(f"f = register{' ' * 1_000_000}('a', len)"),
        "20,000 names": lambda: _kept("\n".join(f"a{number} = 1" for number in range(20_000))),
        "one name bound 20,000 times": lambda: _kept("a = 1\n" * 20_000 + "@register(a)\ndef f(): ..."),
        "10,000 parameters": lambda: _kept(
            f"@register('a')\ndef f({', '.join(f'a{number}: b = c' for number in range(10_000))}): ..."
        ),
        "10,000 arguments": lambda: _kept(f"register({'a, ' * 100_000})"),
        "10,000 star imports": lambda: _kept("\n".join(f"from a{number} import *" for number in range(10_000))),
        "10,000 global names": lambda: _kept(
            "".join(f"a{n} = 1\ndef f{n}():\n    global a{n}\n    a{n} = 2\n" for n in range(10_000))
        ),
        "classes with 1,000 bases": lambda: _kept(
            "".join(f"class C{n}({', '.join(f'C{m}' for m in range(max(0, n - 20), n))}): ...\n" for n in range(1_000))
            + "@register(C999.a)\ndef f(): ..."
        ),
        "a constant that doubles": lambda: _kept(
            "a0 = 'a' * 1\na0 = 'aa'\n"
            + "".join(f"a{n + 1} = a{n} + a{n}\n" for n in range(100))
            + "register(a99, len)"
        ),
        "a choice that doubles": lambda: _kept(
            "a0 = 'aa'\n"
            + "".join(f"a{n + 1} = a{n} if x else a{n}\n" for n in range(100))
            + "register(a28, len)"
            + "\n@a28('b')\ndef f(): ..."
        ),
        "a callee that doubles": lambda: _kept(
            "a0 = register\n"
            + "".join(f"if x:\n    a{n + 1} = a{n}\nelse:\n    a{n + 1} = a{n}.b\n" for n in range(100))
            + "@a99('b')\ndef f(): ..."
        ),
    }


def _many_files() -> dict[str, bytes]:
    each = b"from shop.plugins import register\n" + b"@register('a')\ndef f(): ...\n" * 100
    return {"shop/things.py": KEPT.encode()} | {f"shop/t{number}.py": each for number in range(50)}


def _bytes() -> dict[str, Callable[[], bytes]]:
    return {
        "nothing": lambda: b"",
        "invalid UTF-8": lambda: _kept("x = '") + b"\xff\xfe'",
        "UTF-16": lambda: KEPT.encode("utf-16"),
        "null bytes": lambda: _kept("x = '\0'"),
        "surrogates": lambda: _kept("") + b"x = '\xed\xa0\x80'",
        "a lone surrogate as a name": lambda: _kept("@register('\\ud800')\ndef f(): ..."),
        "carriage returns": lambda: _kept("").replace(b"\n", b"\r"),
        "a byte order mark": lambda: b"\xef\xbb\xbf" + _kept(""),
        "form feeds": lambda: b"\f\f" + _kept("").replace(b"\n", b"\n\f"),
        "end of file": lambda: _kept("\x1a"),
        "backslashes": lambda: _kept("\\\n" * 50_000),
        "a backslash at the end": lambda: _kept("x = 1 \\"),
        "100,000 blank lines": lambda: _kept("\n" * 100_000),
        "an unterminated text": lambda: _kept("'''" + "a\n" * 100_000),
        "tabs and spaces": lambda: _kept("if x:\n\ta\n        b"),
    }


def _cycles() -> dict[str, Callable[[], Files]]:
    return {
        "classes in a cycle": lambda: {
            "shop/things.py": _kept(
                "from shop.more import B\nclass A(B): ...\nclass C(C): ...\n@register(A.name)\nclass D(A, C): ..."
            ),
            "shop/more.py": b"from shop.things import A\nclass B(A): ...",
        },
        "imports in a cycle": lambda: {
            "shop/things.py": _kept(
                "from shop.more import *\nfrom shop.things import *\nfrom shop.more import y\n@y('a')\ndef f(): ..."
            ),
            "shop/more.py": b"from shop.things import *\nfrom shop.more import *\nfrom shop.things import y",
        },
        "100 modules that import all of each other": lambda: (
            {
                "shop/things.py": _kept("from shop.m0 import *\n@anything('a')\ndef f(): ...\n" * 20),
            }
            | {f"shop/m{n}.py": "".join(f"from shop.m{m} import *\n" for m in range(100)).encode() for n in range(100)}
        ),
        "constants in a cycle": lambda: {
            "shop/things.py": _kept(
                "from shop.more import B\nA = B + 'a'\nX = X\nY = f'{Y}'\nZ = [*Z]\n"
                "@register(A)\n@register(X)\n@register(Y)\n@register(Z)\ndef f(): ..."
            ),
            "shop/more.py": b"from shop.things import A\nB = A + A",
        },
        "partials in a cycle": lambda: {
            "shop/things.py": _kept(
                "from functools import partial\np = partial(q)\nq = partial(p, 'a')\n@p('a')\ndef f(): ...\np('b', len)"
            ),
        },
    }


_SOURCES: dict[str, Callable[[], bytes | dict[str, bytes]]] = {**_deep(), **_wide(), **_bytes(), **_cycles()}  # type: ignore[dict-item]

if __name__ == "__main__":
    main()
