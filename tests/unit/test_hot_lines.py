"""Lines that may be of interest: what is passed over has nothing that a glance would have found."""

import ast
import sysconfig
import time
from pathlib import Path

import pytest

from local.processes import REPOSITORY
from shared.registries.conventions import conventions_of
from shared.registries.files import SourceFile
from shared.registries.reading import hot_lines, python_file, summarise

CONVENTIONS = conventions_of(None)
LIBRARY = Path(sysconfig.get_paths()["stdlib"])
HOSTILE = '''\
from acme import thing, registry, other
import acme.parts as parts

def first():
    a = 1; b = thing
    return (a
            , b)

def second(x):
    made = x.make(1)(
        # a comment )(
        2)
    made2 = (x.make(1)  # between the two
             (3))
    return 1if x else thing

class Third(other.Base):
    """Says thing, and no more."""
    text = f"{thing!r:>{parts.width}}" "registry"

    def method(self, thing=None):
        global late
        late = 1
        from acme import inner
        with inner.open() as handle, \\
                registry.get("x"):
            pass
        @decorated
        def nested(): pass
        try:
            pass
        except thing as registry:
            pass
        match self:
            case {"a": [other, *parts]}:
                pass
        if self:
            pass
        elif (parts := 3):
            pass
        lambda other: other
        return [thing for thing in self if registry]

async def fourth():
    async for x in thing:
        await registry.get(x)
'''


def both(content: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The summaries with and without passing over."""
    file = SourceFile("a.py", "", content)
    with monkeypatch.context() as patch:
        patch.setattr(python_file, "hot_lines", lambda *_: None)
        everything = summarise(file, CONVENTIONS)
    return summarise(file, CONVENTIONS), everything


def test_every_form_that_binds_refers_or_calls_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for source in (HOSTILE, HOSTILE.replace("\n", "\r\n"), HOSTILE.replace("thing", "ﬁling"), f"é = 1\n{HOSTILE}"):
        short, everything = both(source.encode(), monkeypatch)

        assert short == everything
        assert '"r":' in everything


@pytest.mark.parametrize(
    "folder", [REPOSITORY / "shared", REPOSITORY / "local", LIBRARY / "asyncio", LIBRARY / "email"]
)
def test_real_modules_have_the_same_summaries(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = sorted(folder.glob("**/*.py"))[:40]

    for path in paths:
        short, everything = both(path.read_bytes(), monkeypatch)
        assert short == everything, path
    assert paths


def test_lines_without_such_words_are_passed_over() -> None:
    text = "def f():\n    a = 1\n    b = thing\n    c = nothing\n"
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)

    hot = hot_lines.hot_lines(text, {"thing"})

    assert hot == [3]
    assert [one.lineno for one in hot_lines.near(function.body, hot)] == [3]


def test_many_calls_of_calls_take_no_longer_each() -> None:
    """A file of nothing else would take minutes if each began counting lines anew."""

    def seconds(count: int) -> float:
        text = "f()(\n" * count
        begun = time.process_time()
        found = hot_lines.hot_lines(text, set())
        assert found is not None
        assert len(found) == count
        return time.process_time() - begun

    few, many = (min(seconds(count) for _ in range(3)) for count in (2_000, 64_000))

    assert many < 32 * few * 6
