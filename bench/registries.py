"""Reading a repository of some thousand modules, against `ast.parse` of each of them in the same run.

    python -m bench registries             what this project has installed
    python -m bench.registries FOLDER      another one

Processor time of one thread.
"""

import argparse
import ast
import gc
import sysconfig
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import cast

from bench.results import HEADER, Result, Size, in_turn
from shared.azure_devops.sources import Item
from shared.registries.conventions import Conventions, conventions_of
from shared.registries.files import SourceFile
from shared.registries.keeping import kept, kept_registry
from shared.registries.keeping.making import Making
from shared.registries.sources.contents import Found, Source
from shared.registries.sources.limits import Limits
from shared.registries.sources.object_ids import object_id_of
from shared.registries.sources.trees import File

CHANGED = 10
_MOST = 5_000
"""Modules."""
_FACTOR, _SHARE = 1.5, 0.03


def measure(size: Size) -> Iterator[Result]:
    """Measure with what this project has installed."""
    yield from _measure(Path(sysconfig.get_paths()["purelib"]), size.of(_MOST), size.rounds)


def main() -> None:
    """Measure with another folder and print what is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    print(HEADER)
    for result in _measure(parser.parse_args().folder, _MOST, Size().rounds):
        print(result.row())


def _measure(folder: Path, most: int, rounds: int) -> Iterator[Result]:
    files = _files(folder, conventions_of(None), most)
    modules = [file for file in files if file.path.endswith(".py")]
    if not modules:
        raise SystemExit(f"There is no Python source in {folder}: name a folder that has some.")
    reading = _Reading(files)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        floor, everything, refresh = in_turn(
            rounds, lambda: _timed(lambda: _parse(modules)), lambda: _timed(reading), lambda: _timed(reading.refresh)
        )
    what = f"registry of {len(modules):,} modules, {sum(len(file.content) for file in modules) / 1e6:.0f} MB"
    parsing = f"`ast.parse` of each {floor:.2f} s"
    yield Result(
        what,
        f"{everything:.2f} s",
        f"{parsing} ({everything / floor:.2f}×)",
        f"≤ {_FACTOR}×",
        everything <= _FACTOR * floor,
    )
    yield Result(
        f"the same after {CHANGED} files changed",
        f"{refresh:.3f} s",
        f"{parsing} ({refresh / floor:.1%})",
        f"≤ {_SHARE:.0%}",
        refresh <= _SHARE * floor,
    )


class _Source:
    """What `Making` asks Azure Repos for, out of memory: a commit of these files."""

    project = repository = commit = "measured"

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self.limits = Limits()
        self._files = {file.path: file for file in files}
        self._items = [Item(f"/{file.path}", file.object_id, "", folder=False) for file in self._files.values()]

    def items(self) -> list[Item]:
        return self._items

    def some_of(self, files: Sequence[File]) -> Iterator[Found]:
        return (self._files[file.path] for file in files)

    def opened(self, _: object) -> None:
        """No archive: files come one by one."""


class _Reading:
    """A repository as it is read, whole at first, with all that is stored in between."""

    def __init__(self, files: Sequence[SourceFile]) -> None:
        changed = {file.path for file in files[:: max(1, len(files) // CHANGED)][:CHANGED]}
        self._first = _Source(files)
        self._second = _Source(_changed(file) if file.path in changed else file for file in files)
        self._stored = b""

    def __call__(self) -> None:
        self._stored = _made(self._first, None)

    def refresh(self) -> None:
        """Read the next commit, in which some files changed."""
        _made(self._second, self._stored)


def _made(source: _Source, stored: bytes | None) -> bytes:
    making = Making(cast("Source", source), given=())
    summaries, registry = making(lambda: kept.unpacked(stored) if stored else None)
    kept_registry.packed(registry)
    return kept.packed(summaries)


def _changed(file: SourceFile) -> SourceFile:
    return _file(file.path, file.content + b"\n")


def _file(path: str, content: bytes) -> SourceFile:
    return SourceFile(path, object_id_of(content, digits=40), content)


def _files(folder: Path, conventions: Conventions, most: int) -> list[SourceFile]:
    paths = sorted(path for path in folder.rglob("*") if conventions.wanted(path.relative_to(folder).as_posix()))
    return [_file(path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths[:most]]


def _parse(files: Iterable[SourceFile]) -> None:
    for file in files:
        try:
            ast.parse(file.content)
        except (SyntaxError, ValueError):
            continue


def _timed(work: Callable[[], None]) -> float:
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
