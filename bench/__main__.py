"""Every benchmark, ours and its rival in turn: `make bench`, or `python -m bench NAME …` for some.

What is found is printed, and written with date and machine into README.md and docs/benchmarks.md if all of it was
measured.
"""

import argparse
import os
import platform
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from bench import cold_start, hooks, operations, partitions, registries, tables, tickets
from bench.results import HEADER, SMALL, Benchmark, Result, Size

ALL: Mapping[str, Benchmark] = {
    "tickets": tickets.measure,
    "hooks": hooks.measure,
    "cold_start": cold_start.measure,
    "partitions": partitions.measure,
    "operations": operations.measure,
    "registries": registries.measure,
    "tables": tables.measure,
}
_REPOSITORY = Path(__file__).parents[1]
PAGES = (_REPOSITORY / "docs" / "benchmarks.md", _REPOSITORY / "README.md")
_BEGIN, _END = "<!-- measured: make bench -->\n", "<!-- /measured -->\n"


def main() -> None:
    """Measure, print, and write down."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=ALL, metavar="NAME", help=f"some only: {', '.join(ALL)}")
    parser.add_argument("--rounds", type=int, default=Size().rounds)
    parser.add_argument("--small", action="store_true", help="only to see that they run")
    options = parser.parse_args()
    size = SMALL if options.small else Size(rounds=options.rounds)
    print(f"{machine()}\n\n{HEADER}")
    found = [_shown(result) for result in _results(options.names or [*ALL], size)]
    if not (options.names or options.small):
        write(found, options.rounds)


def _results(names: list[str], size: Size) -> Iterator[Result]:
    for name in names:
        yield from ALL[name](size)


def _shown(result: Result) -> Result:
    print(result.row(), flush=True)
    return result


def machine() -> str:
    """Return when and on what this was measured."""
    processors = f"{os.cpu_count()} processors ({_processor()})"
    return f"{datetime.now(UTC):%d %B %Y}, {processors}, Python {platform.python_version()}"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write(results: list[Result], rounds: int) -> None:
    """Put the table into the pages that show it, in the place of the one before."""
    table = "\n".join([HEADER, *(result.row() for result in results)])
    for page in PAGES:
        before, _, rest = page.read_text().partition(_BEGIN)
        after = rest.partition(_END)[2]
        page.write_text(f"{before}{_BEGIN}{machine()}; each {rounds} times.\n\n{table}\n{_END}{after}")


if __name__ == "__main__":
    main()
