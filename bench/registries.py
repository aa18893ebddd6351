"""Reading a repository of some thousand modules, against `ast.parse` of each of them in the same run.

    python -m bench.registries [FOLDER]

Without a folder, what this project has installed is read. Processor time of one thread, the best of five rounds; in
each, files are parsed and read in turn.
"""

import argparse
import ast
import gc
import sysconfig
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

from shared.registries.conventions import Conventions, conventions_of
from shared.registries.files import SourceFile
from shared.registries.reading import assemble, outlined, summarise

ROUNDS = 5
CHANGED = 10


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(sysconfig.get_paths()["purelib"]))
    parser.add_argument("--most", type=int, default=5_000, help="read at most so many modules")
    options = parser.parse_args()
    conventions = conventions_of(None)
    files = _files(options.folder, conventions, options.most)
    modules = [file for file in files if file.path.endswith(".py")]
    print(f"{len(modules):,} modules, {sum(len(file.content) for file in modules) / 1e6:.1f} MB")

    times = [(_timed(lambda: _parse(modules)), *_reading(files, conventions)) for _ in range(ROUNDS)]
    floor, everything, refresh = map(min, zip(*times, strict=True))
    print(f"ast.parse of each              {floor:7.2f} s")
    print(f"summarise each, and assemble   {everything:7.2f} s   {everything / floor:.2f} times that")
    print(f"after {CHANGED} files changed         {refresh:7.3f} s   {refresh / floor:.1%} of that")
    print("each round", *(f"{ours / theirs:.2f}" for theirs, ours, _ in times))


def _reading(files: list[SourceFile], conventions: Conventions) -> tuple[float, float]:
    summaries: dict[str, str] = {}
    by_path = {file.path: file for file in files}

    def closer() -> None:
        for path in outlined(summaries, conventions):
            summaries[path] = summarise(by_path[path], conventions, closely=True)

    def everything() -> None:
        summaries.update({file.path: summarise(file, conventions) for file in files})
        closer()
        registry = assemble(summaries, (), conventions)
        print(f"{len(registry.nodes)} nodes, {len(registry.edges)} edges, {len(registry.unresolved)} unresolved")

    def refresh() -> None:
        for file in files[:: max(1, len(files) // CHANGED)][:CHANGED]:
            summaries[file.path] = summarise(file, conventions)
        closer()
        assemble(summaries, (), conventions)

    return _timed(everything), _timed(refresh)


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
    warnings.simplefilter("ignore")
    main()
