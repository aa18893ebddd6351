"""Nothing of a repository is executed, whatever it does to be, and no source is too strange for an answer."""

import ast
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.errors import RejectedRequestError
from shared.registries.conventions import conventions_of
from shared.registries.reading import Assembly
from tests.unit.small_repositories import PLUGINS, SHOP, names, shop, summaries_of

_ROOT = Path(__file__).parents[2]
_MARK = """
import os, subprocess, pathlib, sys
os.system("touch {mark}")
subprocess.run(["touch", "{mark}"])
open("{mark}", "w").close()
pathlib.Path("{mark}").touch()
exec(compile("open('{mark}', 'w')", "x", "exec"))
__import__("builtins").open("{mark}", "w")
"""
_REGISTERS = """
from shop.plugins import register
@register({name!r})
def f(): ...
"""
_AT_DEFINITION = """
from shop.plugins import register
class Meta(type):
    def __new__(meta, *args, **keywords):
        open("{mark}", "w")
        return super().__new__(meta, *args)
    __prepare__ = classmethod(lambda *args: open("{mark}", "w"))
class Slots:
    def __set_name__(self, owner, name): open("{mark}", "w")
    def __init_subclass__(cls, **keywords): open("{mark}", "w")
def marks(cls): open("{mark}", "w")
@marks
@register("metaclass")
class C(Slots, metaclass=Meta, option=open("{mark}", "w")):
    slot = Slots()
    annotated: open("{mark}", "w") = open("{mark}", "w")
@register("default")
def f(a: open("{mark}", "w") = open("{mark}", "w"), *, b: "open('{mark}', 'w')" = f"{{open('{mark}', 'w')}}"): ...
def __getattr__(name): open("{mark}", "w")
@register((lambda: open("{mark}", "w"))())
def g(): ...
register(f"{{open('{mark}', 'w')}}", g)
@register("of a property")
@property
def h(self): ...
"""
_CODECS = {"utf_7": "utf-7", "rot13": "rot13", "escape": "unicode_escape", "own": "trap_codec", "idna": "idna"}
_TRAPS = ("trap_codec", "trap_point", "sitecustomize", "usercustomize", "conftest", "setup", "shop", "executed")
_OWN = """
[[convention]]
id = "own"
decorators = ["shop.plugins.register"]
"""


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "mark"


@pytest.fixture
def folder(tmp_path: Path, mark: Path) -> Path:
    """A repository of traps, each of which leaves a mark when anything of it is run or imported."""
    root = tmp_path / "repository"
    trap = _MARK.format(mark=mark)
    files = {path: text.encode() for path, text in PLUGINS.items()}
    runs = ("setup", "conftest", "sitecustomize", "usercustomize", "trap_codec", "trap_point", "shop/__main__")
    files |= {f"{name}.py": (trap + _REGISTERS.format(name=name)).encode() for name in runs}
    files |= {
        "shop/definition.py": _AT_DEFINITION.format(mark=mark).encode(),
        "trap.pth": f"import os; open({str(mark)!r}, 'w')\n".encode(),
        "setup.cfg": b"[options.entry_points]\nshop.points =\n  configured = trap_point:run\n",
        "pyproject.toml": b"[project.entry-points.'shop.points']\ndeclared = 'trap_point:run'\n"
        b"[build-system]\nbuild-backend = 'trap_point'\nbackend-path = ['.']\n",
        **{
            f"codec_{name}.py": f"# -*- coding: {codec} -*-\n{_REGISTERS.format(name=name)}".encode()
            for name, codec in _CODECS.items()
        },
    }
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


@pytest.fixture(autouse=True)
def on_the_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lay the traps where the slightest import would find them."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))


def test_traps_leave_no_trace_and_what_they_register_is_found(folder: Path, mark: Path) -> None:
    chosen = conventions_of(_OWN.encode(), [{**SHOP, "id": "own", "entry_points": ["shop.points"]}])
    before, modules = _state_of(folder), set(sys.modules)
    assert names(shop(_REGISTERS.format(name="a"))) == ["a"]  # whatever Python itself loads late is loaded

    with _Watched() as watched:
        wanted = {path: content for path, content in before.items() if chosen.wanted(path)}
        summaries = summaries_of(wanted, chosen)
        found = Assembly(summaries, chosen).registry()

    assert not mark.exists()
    assert _state_of(folder) == before
    assert not {name for name in set(sys.modules) - modules if name.partition(".")[0] in _TRAPS}
    assert watched.events == []
    expected = {"setup", "conftest", "sitecustomize", "usercustomize", "trap_codec", "trap_point", "shop/__main__"}
    expected |= {"metaclass", "default", "of a property", "configured", "declared"}
    assert {node.name for node in found.nodes} == expected
    assert {one.path: one.reason for one in found.unparsed} == {
        f"codec_{name}.py": "declares an encoding that is not read here" for name in _CODECS
    }
    assert len([one for one in found.unresolved if one.place.path == "shop/definition.py"]) == 2


class _Watched:
    """Keeps what Python reports of files that are opened, code that is run and processes that start."""

    _on: "_Watched | None" = None
    _hooked = False

    def __init__(self) -> None:
        self.events: list[str] = []

    def __enter__(self) -> "_Watched":
        if not _Watched._hooked:  # a hook can never be taken away
            sys.addaudithook(_heard)
            _Watched._hooked = True
        _Watched._on = self
        return self

    def __exit__(self, *_: object) -> None:
        _Watched._on = None


def _heard(event: str, args: tuple[Any, ...]) -> None:
    watched = _Watched._on
    if watched is None:
        return
    runs = event in ("exec", "import", "os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork")
    if runs or event.startswith(("socket.", "marshal.", "ctypes.")) or (event == "open" and _writes(args)):
        watched.events.append(f"{event} {args!r}"[:200])


def _writes(args: tuple[Any, ...]) -> bool:
    return bool(args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)) if isinstance(args[2], int) else True


def _state_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "own",
    [
        b"x = 'a'\n" * 50_000,
        b"no toml [",
        b"\xff\xfe",
        b"\0",
        b"a = " + b"[" * 50_000,
        b"a" + b".a" * 50_000 + b" = 1",
        b"[[convention]]\nid = 'a'\ndecorators = ['a']\nrun = 'os.system'",
        b"[[convention]]\nid = '../a'\ndecorators = ['a']",
        b"[[convention]]\nid = 'a'\ndecorators = ['(a+)+$']",
        b"[[convention]]\nid = 'a'\ndecorators = ['" + b"a." * 140 + b"!']",
        b"[[convention]]\nid = 'a'\ndecorators = ['" + b"a()" * 90 + b"!']",
        b"[[convention]]\nid = 'a'\ndecorators = ['a']\nname = ['argument:" + b"a" * 100_000 + b"']",
        b"[[convention]]\nid = 'a'\ndecorators = ['a']\n" * 101,
        b"unknown = 1",
    ],
    ids=range(14),
)
def test_a_hostile_registry_toml_is_refused_and_costs_little(own: bytes) -> None:
    with pytest.raises(RejectedRequestError):
        conventions_of(own)


def test_patterns_cannot_be_made_slow(pace: float) -> None:
    """`*` and `**.` are all that they have: no pattern of them tries a name in more ways than it has dots."""
    stars = ".".join(["*"] * 100)
    own = f"[[convention]]\nid = 'a'\ndecorators = ['**.{stars}.x']\nentry_points = ['{'*a' * 90}']"
    chosen = conventions_of(own.encode())

    spent = _spent(lambda: (chosen.decorating("a." * 200 + "y"), chosen.groups("a" * 200)))

    assert spent < 20 * pace


@pytest.fixture(scope="module")
def pace() -> float:
    """How long 60 kB of ordinary source take to be parsed here."""
    return min(_spent(lambda: ast.parse("a = f(b, c=[1, 2])\n" * 3_000)) for _ in range(3))


def _spent(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def test_no_source_breaks_the_reader_or_takes_long() -> None:
    command = [sys.executable, "-m", "tests.unit.hostile_sources"]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=110, check=False)

    answers = [json.loads(line) for line in io.StringIO(done.stdout)]
    last = answers[-1]["source"] if answers else "nothing"
    assert done.returncode == 0, f"after {last}: {done.stderr[-2_000:]}"
    assert {one["source"]: one["times"] for one in answers if one["times"] >= 20} == {}
    silent = [one["source"] for one in answers if "kept" not in one["nodes"] and not one["unparsed"]]
    assert silent == ["nothing"]
