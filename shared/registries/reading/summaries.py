"""One file → its summary: everything that reading the whole repository needs of it.

It is a head, which tells whether the rest is needed at all, and a rest of lines of JSON: what may register something;
and each name of a module, with what it is, which most often nobody asks for. It does not say where the file is, so that
the same content is the same summary wherever it lies. What looks like a secret is masked in it.
"""

import ast
import configparser
import gc
import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from shared.registries.conventions import Conventions, FileKind
from shared.registries.files import SourceFile
from shared.registries.reading.entry_points import of_pyproject, of_setup_cfg
from shared.registries.reading.interest import interest_of
from shared.registries.reading.notation import Expression
from shared.registries.reading.python_file import SETUP, Hit, read
from shared.registries.reading.source_text import UnreadableError, text_of
from shared.texts.masking import masked, masked_tree

_MOST_CHARACTERS = 2_000_000
_encoder = json.JSONEncoder(separators=(",", ":"))
type Head = dict[str, Any]
type Body = dict[str, Any]


class Summary(NamedTuple):
    """What one file says. `rest` returns its second part, which may be stored somewhere until it is asked for."""

    head: Head
    rest: Callable[[], str]

    def body(self) -> Body:
        """Return what of the file may register something, and what it takes from others."""
        body: Body = json.loads(self.rest().partition("\n")[0])
        return body

    def names(self) -> "LazyNames":
        """Return what each of its names is."""
        return LazyNames(self.rest().split("\n")[1:])


def summarise(file: SourceFile, conventions: Conventions, *, closely: bool = False) -> Summary:
    """Return the summary of a file. It never raises: what cannot be read says why in its summary.

    Definitions that nothing in their module may register are outlines, unless `closely`: of some, other modules need
    more, which `Assembly.outlined` tells.
    """
    kind = conventions.kind_of(file.path) or FileKind.OWN
    try:
        if kind is FileKind.PYTHON:
            head, body, names = _python(file.content, conventions, closely=closely)
        else:
            head, body, names = _entry_points(_READERS[kind](file.content))
    except UnreadableError as error:
        return _failed(kind, str(error))
    except SyntaxError as error:
        return _failed(kind, f"not Python that {_VERSION} can read: {error.msg}", error.lineno)
    except (RecursionError, MemoryError):
        return _failed(kind, "nested too deeply")
    except (ValueError, configparser.Error) as error:
        return _failed(kind, f"not {kind}: {str(error).splitlines()[0][:200]}" if str(error) else f"not {kind}")
    rest = _written(body, names)
    if len(rest) > _MOST_CHARACTERS:
        return _failed(kind, "says more than is kept of one file")
    return Summary({"of": kind, **head}, lambda: rest)


_VERSION = "Python 3.13"


NOTHING = Summary({}, lambda: "{}")
"""The summary of a file that says nothing."""


class LazyNames(Mapping[str, Expression]):
    """The names of a module, and what each of them is, which is read when it is asked for."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = {name: value for name, _, value in (line.partition(" ") for line in lines)}
        self._read: dict[str, Expression] = {}

    def __getitem__(self, name: str) -> Expression:
        if name not in self._read:
            self._read[name] = json.loads(self._lines[name])
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def _failed(kind: FileKind, why: str, line: int | None = None) -> Summary:
    rest = _written({}, {})
    return Summary({"of": kind, "failed": masked(why), **({"line": line} if line else {})}, lambda: rest)


def _written(body: Body, names: Mapping[str, Expression]) -> str:
    return "\n".join([_as_json(body), *(f"{name} {_as_line(value)}" for name, value in names.items())])


def _as_line(value: Expression) -> str:
    if value[0] == "i" and value[1].isascii():  # most are, and names and dots need no escaping
        return f'["i","{value[1]}"]'
    return _as_json(value)


def _as_json(value: Any) -> str:
    return _encoder.encode(value)


def _python(content: bytes, conventions: Conventions, *, closely: bool) -> tuple[Head, Body, Mapping[str, Expression]]:
    text = text_of(content)
    if not text or text.isspace():
        return {}, {}, {}
    with _no_collecting(), warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        interest = interest_of(text, conventions.call_words | {SETUP})
        found = read(ast.parse(text), conventions, interest, closely=closely)
    head: Head = {}
    if found.uses:
        head["uses"] = found.uses
    if found.always:
        head["always"] = 1
    body = {"stars": found.stars, "hits": found.hits}
    return head, {name: part for name, part in body.items() if part}, found.names


@contextmanager
def _no_collecting() -> Iterator[None]:
    """A tree is a hundred thousand objects without a cycle among them: looking for some takes a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _pyproject(content: bytes) -> list[Hit]:
    return of_pyproject(text_of(content))


def _setup_cfg(content: bytes) -> list[Hit]:
    return of_setup_cfg(text_of(content))


def _own(content: bytes) -> list[Hit]:  # noqa: ARG001
    return []


def _entry_points(hits: list[Hit]) -> tuple[Head, Body, Mapping[str, Expression]]:
    return ({"always": 1}, {"hits": masked_tree(hits)}, {}) if hits else ({}, {}, {})


_READERS: dict[FileKind, Callable[[bytes], list[Hit]]] = {
    FileKind.PYPROJECT: _pyproject,
    FileKind.SETUP_CFG: _setup_cfg,
    FileKind.OWN: _own,
}
