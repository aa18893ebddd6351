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

from bench.results import HEADER, Result, Size, in_turn
from shared.registries.conventions import Conventions, conventions_of
from shared.registries.files import SourceFile
from shared.registries.keeping import kept, kept_registry
from shared.registries.reading import Assembly, summarise

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
    conventions = conventions_of(None)
    files = _files(folder, conventions, most)
    modules = [file for file in files if file.path.endswith(".py")]
    if not modules:
        raise SystemExit(f"There is no Python source in {folder}: name a folder that has some.")
    reading = _Reading(files, conventions)
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


class _Reading:
    """A repository as it is read, whole at first, with all that is stored in between."""

    def __init__(self, files: Sequence[SourceFile], conventions: Conventions) -> None:
        self._files = files
        self._by_path = {file.path: file for file in files}
        self._conventions = conventions
        self._stored = b""

    def __call__(self) -> None:
        self._stored = self._made(self._files, {})

    def refresh(self) -> None:
        """Read some files once more."""
        before = kept.unpacked(self._stored)
        assert before
        texts = {path: summary.text for path, summary in before.summaries.items()}
        self._made(self._files[:: max(1, len(self._files) // CHANGED)][:CHANGED], texts)

    def _made(self, files: Iterable[SourceFile], texts: dict[str, str]) -> bytes:
        texts |= {file.path: summarise(file, self._conventions) for file in files}
        assembly = Assembly(texts, self._conventions)
        if outlines := assembly.outlined():
            texts |= {path: summarise(self._by_path[path], self._conventions, closely=True) for path in outlines}
            assembly = Assembly(texts, self._conventions)
        kept_registry.packed(assembly.registry())
        summaries = {path: kept.Summary("0" * 40, text) for path, text in texts.items()}
        return kept.packed(kept.Kept(self._conventions.digest, None, "", summaries))


def _files(folder: Path, conventions: Conventions, most: int) -> list[SourceFile]:
    paths = sorted(path for path in folder.rglob("*") if conventions.wanted(path.relative_to(folder).as_posix()))
    return [SourceFile(path.relative_to(folder).as_posix(), "", path.read_bytes()) for path in paths[:most]]


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
