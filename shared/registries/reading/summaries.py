"""One file → its summary: everything that reading the whole repository needs of it, as JSON.

It is an array of two: what tells whether the rest is needed at all, and the rest. It does not say where the file is, so
that the same content is the same summary wherever it lies.
"""

import ast
import configparser
import gc
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from json import JSONDecoder
from typing import Any

from shared.registries.conventions import Conventions, FileKind
from shared.registries.files import SourceFile
from shared.registries.reading.entry_points import of_pyproject, of_setup_cfg
from shared.registries.reading.interest import interest_of
from shared.registries.reading.python_file import SETUP, Hit, read
from shared.registries.reading.source_text import UnreadableError, text_of

_MOST_CHARACTERS = 2_000_000
_decoder = JSONDecoder()

type Head = dict[str, Any]
type Body = dict[str, Any]


def summarise(file: SourceFile, conventions: Conventions, *, closely: bool = False) -> str:
    """Return the summary of a file as JSON. It never raises: what cannot be read says why in its summary.

    Definitions that nothing in their module may register are outlines, unless `closely`: of some, other modules need
    more, which `outlined` tells.
    """
    kind = conventions.kind_of(file.path) or FileKind.OWN
    try:
        if kind is FileKind.PYTHON:
            head, body = _python(file.content, conventions, closely=closely)
        else:
            head, body = _entry_points(_READERS[kind](file.content))
    except UnreadableError as error:
        return _failed(kind, str(error))
    except SyntaxError as error:
        return _failed(kind, f"not Python that {_VERSION} can read: {error.msg}", error.lineno)
    except (RecursionError, MemoryError):
        return _failed(kind, "nested too deeply")
    except (ValueError, configparser.Error) as error:
        return _failed(kind, f"not {kind}: {str(error).splitlines()[0][:200]}" if str(error) else f"not {kind}")
    text = _as_json([{"of": kind, **head}, body])
    return text if len(text) <= _MOST_CHARACTERS else _failed(kind, "says more than is kept of one file")


_VERSION = "Python 3.13"


def head_of(summary: str) -> Head:
    """Return the first part of a summary, without reading the second."""
    head: Head = _decoder.raw_decode(summary, 1)[0]
    return head


def body_of(summary: str) -> Body:
    """Return the second part of a summary."""
    body: Body = json.loads(summary)[1]
    return body


def _failed(kind: FileKind, why: str, line: int | None = None) -> str:
    return _as_json([{"of": kind, "failed": why, **({"line": line} if line else {})}, {}])


def _as_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _python(content: bytes, conventions: Conventions, *, closely: bool) -> tuple[Head, Body]:
    text = text_of(content)
    if not text or text.isspace():
        return {}, {}
    with _no_collecting(), warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        interest = interest_of(text, conventions.call_words | {SETUP})
        found = read(ast.parse(text), conventions, interest, closely=closely)
    head: Head = {}
    if found.uses:
        head["uses"] = found.uses
    if found.always:
        head["always"] = 1
    body = {"names": found.names, "stars": found.stars, "hits": found.hits}
    return head, {name: part for name, part in body.items() if part}


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


def _entry_points(hits: list[Hit]) -> tuple[Head, Body]:
    return ({"always": 1}, {"hits": hits}) if hits else ({}, {})


_READERS: dict[FileKind, Callable[[bytes], list[Hit]]] = {
    FileKind.PYPROJECT: _pyproject,
    FileKind.SETUP_CFG: _setup_cfg,
    FileKind.OWN: _own,
}
