"""All conventions that hold for one repository."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from shared.errors import FieldProblem, RejectedRequestError
from shared.registries.conventions.bounded_toml import toml_of
from shared.registries.conventions.models import Convention, Document, LookUp
from shared.registries.conventions.paths import expression_of, last_word, method_of_unknown, words_of
from shared.validation import validated

_BUILT_IN = Path(__file__).with_name("builtin.toml")
_MOST_BYTES = 200_000
# Raised whenever a summary or a registry made before would be made otherwise now.
_READER = "4"


class FileKind(StrEnum):
    """What a file is read as."""

    PYTHON = "python"
    PYPROJECT = "pyproject.toml"
    SETUP_CFG = "setup.cfg"
    OWN = "registry.toml"


class Conventions:
    """The conventions of one repository, compiled. `digest` changes with any of them, and with the reader."""

    def __init__(self, conventions: Iterable[Convention]) -> None:
        self.all = tuple(conventions)
        written = "\n".join(one.model_dump_json() for one in self.all)
        self.digest = hashlib.sha256(f"{_READER}\n{written}".encode()).hexdigest()
        self.by_id = {one.id: one for one in self.all}
        self._decorating = _Patterns({one.id: one.decorators for one in self.all})
        self._calling = _Patterns({one.id: one.calls for one in self.all})
        self._inherited = _Patterns({one.id: one.bases for one in self.all})
        self._tables = _Patterns({one.id: one.tables for one in self.all})
        self._look_ups = _Patterns(
            {f"{one.id} {at}": (look_up.call,) for one in self.all for at, look_up in enumerate(one.all_look_ups())}
        )
        self._entry_points = _Groups({one.id: one.entry_points for one in self.all})

    def wanted(self, path: str) -> bool:
        """Whether the content of the file is needed at all."""
        return self.kind_of(path) is not None

    def kind_of(self, path: str) -> FileKind | None:
        """Return what the file is read as; None if it is not read."""
        if path.endswith(".py"):
            return FileKind.PYTHON
        if path == FileKind.OWN:
            return FileKind.OWN
        name = path.rpartition("/")[2]
        return FileKind(name) if name in (FileKind.PYPROJECT, FileKind.SETUP_CFG) else None

    @cached_property
    def call_words(self) -> frozenset[str]:
        """The names by one of which every call that registers ends, unless it calls what another returned."""
        return self._calling.words

    @cached_property
    def decorating_words(self) -> frozenset[str]:
        """All the names within what registers by decorating."""
        return frozenset(word for one in self.all for pattern in one.decorators for word in words_of(pattern))

    @cached_property
    def look_up_words(self) -> frozenset[str]:
        """The same of calls that look up."""
        return self._look_ups.words

    @cached_property
    def table_words(self) -> frozenset[str]:
        """The names of tables."""
        return self._tables.words

    @property
    def has_bases(self) -> bool:
        """Whether any class registers by what it inherits from."""
        return any(one.bases for one in self.all)

    def decorating(self, path: str) -> tuple[tuple[Convention, str], ...]:
        """Return the conventions by which what is called so registers what it decorates, each with the pattern."""
        return self._found(self._decorating, path)

    def calling(self, path: str) -> tuple[tuple[Convention, str], ...]:
        """Return the conventions by which a call of it registers, each with the pattern."""
        return self._found(self._calling, path)

    def inherited(self, path: str) -> tuple[tuple[Convention, str], ...]:
        """Return the conventions by which a subclass of it registers, each with the pattern."""
        return self._found(self._inherited, path)

    def tables(self, path: str) -> tuple[tuple[Convention, str], ...]:
        """Return the conventions by which it is a table, each with the pattern."""
        return self._found(self._tables, path)

    def look_ups(self, path: str) -> tuple[tuple[Convention, LookUp], ...]:
        """Return the look-ups that a call of it is."""
        found = []
        for key, _ in self._look_ups.found(path):
            identity, _, at = key.rpartition(" ")
            found.append((self.by_id[identity], self.by_id[identity].all_look_ups()[int(at)]))
        return tuple(found)

    def groups(self, group: str) -> tuple[Convention, ...]:
        """Return the conventions by which an entry point of `group` registers."""
        return tuple(self.by_id[one] for one in self._entry_points.found(group))

    def possible(self, method: str) -> tuple[tuple[Convention, str], ...]:
        """Return the conventions by which this method would register, if its object were what they name."""
        return tuple((self.by_id[key], pattern) for key, pattern in self._decorating.methods.get(method, ()))

    def _found(self, patterns: "_Patterns", path: str) -> tuple[tuple[Convention, str], ...]:
        return tuple((self.by_id[key], pattern) for key, pattern in patterns.found(path))


class _Patterns:
    """Patterns of qualified names, each with a key; what was asked before is remembered."""

    def __init__(self, patterns: Mapping[str, Sequence[str]]) -> None:
        each = [(key, pattern) for key, several in patterns.items() for pattern in several]
        self.words = frozenset(last_word(pattern) for _, pattern in each) - {""}
        self.methods: dict[str, list[tuple[str, str]]] = {}
        for key, pattern in each:
            if method := method_of_unknown(pattern):
                self.methods.setdefault(method, []).append((key, pattern))
        self._any = re.compile("|".join(f"(?:{expression_of(pattern)})" for _, pattern in each) or r"(?!)")
        self._each = [(key, pattern, re.compile(expression_of(pattern))) for key, pattern in each]
        self.found = cache(self._found)

    def _found(self, path: str) -> tuple[tuple[str, str], ...]:
        if not self._any.fullmatch(path):
            return ()
        first = {key: pattern for key, pattern, compiled in reversed(self._each) if compiled.fullmatch(path)}
        return tuple(first.items())


class _Groups:
    """Groups of entry points: `*` stands for any part."""

    def __init__(self, groups: Mapping[str, Sequence[str]]) -> None:
        self._each = [(key, group.split("*")) for key, several in groups.items() for group in several]

    def found(self, group: str) -> list[str]:
        return list(dict.fromkeys(key for key, parts in self._each if _is_of(group, parts)))


def _is_of(text: str, parts: Sequence[str]) -> bool:
    """Whether a text is these parts with anything between them: each is taken where it is first."""
    first, *middle = parts
    if not middle:
        return text == first
    last = middle.pop()
    end = len(text) - len(last)
    at = len(first)
    if at > end or not (text.startswith(first) and text.endswith(last)):
        return False
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


@cache
def _built_in() -> tuple[Convention, ...]:
    return Document.model_validate(tomllib.loads(_BUILT_IN.read_text("utf-8"))).convention


def conventions_of(own: bytes | None, given: Sequence[Mapping[str, Any]] = ()) -> Conventions:
    """Return the built-in conventions with the repository's `own` (its registry.toml) and those `given` with the link.

    One with the `id` of an earlier one replaces it. Raises `RejectedRequestError` that names every field that is wrong.
    """
    document = _read(own) if own is not None else Document()
    more = validated(Document, {"convention": list(given)}, what="conventions").convention
    merged = {one.id: one for one in _built_in() if one.id not in document.without}
    merged |= {one.id: one for one in (*document.convention, *more)}
    return Conventions(merged.values())


def _read(own: bytes) -> Document:
    if len(own) > _MOST_BYTES:
        raise _unreadable(f"is larger than {_MOST_BYTES:,} bytes")
    try:
        tables = toml_of(own.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _unreadable(f"is not UTF-8 text (byte {error.start})") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _unreadable(f"is not TOML: {str(error)[:200]}") from error
    return validated(Document, tables, what="registry.toml")


def _unreadable(why: str) -> RejectedRequestError:
    return RejectedRequestError(
        f"The repository's registry.toml {why}.",
        hint="Correct registry.toml at the root of the repository.",
        problems=(FieldProblem("/registry.toml", why),),
        status=422,
    )
