"""The machine that benchmarks run on: durations as in Azure, storage that large tables do not make slow."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.stack import Stack


@contextmanager
def fresh_stack(settings: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """Start everything, empty, and stop it in the end."""
    with (
        tempfile.TemporaryDirectory() as state,
        Stack(Path(state), time_scale=1, in_memory_storage=True, large_storage=True, settings=settings) as stack,
    ):
        yield stack
