"""A table to a file, and back.

A file is gzipped JSON Lines, the rows in the order of the table, the last line their number: one that is cut off is
told from a whole one. A row is put back only where none is, so that what is newer stays, and a restore that was
interrupted is simply started again. A lane that was held when the copy was made is free when its lease is over.
"""

import gzip
from collections.abc import Iterable, Iterator, Mapping
from itertools import batched, groupby
from pathlib import Path

from shared.backup.lines import Key, line_of, row_of
from shared.errors import RejectedRequestError
from shared.storage import tables
from shared.storage.sizes import MAX_OPERATIONS, MAX_TRANSACTION_BYTES, body_size
from shared.storage.tables import RowChangedError, Table, Value

_AFTER = "\0"


def save(table: Table, path: Path) -> int:
    """Write a table to a file, which is there only when it is whole; return the number of rows."""
    count = 0
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.touch(mode=0o600)  # it names people
    with gzip.open(unfinished, "wt", encoding="utf-8", errors="surrogatepass") as file:
        for row in table.all():
            file.write(f"{line_of(row)}\n")
            count += 1
        file.write(f"{count}\n")
    unfinished.rename(path)
    return count


def restore(path: Path, table: Table) -> tuple[int, int]:
    """Put back the rows of a file that are not in the table; return how many, and how many were there.

    Raises `RejectedRequestError` before anything is written if the file is not whole.
    """
    total = sum(1 for _ in _rows(path))
    created = 0
    for partition, rows in groupby(_rows(path), key=lambda row: row[0][0]):
        for some in batched(rows, MAX_OPERATIONS, strict=False):
            created += _create(table, partition, {key: values for (_, key), values in some})
    return created, total - created


def _rows(path: Path) -> Iterator[tuple[Key, dict[str, Value]]]:
    count, told = 0, ""
    try:
        with gzip.open(path, "rt", encoding="utf-8", errors="surrogatepass") as file:
            for line in file:
                if told:
                    break
                if line.startswith("["):
                    count += 1
                    yield row_of(line)
                else:
                    told = line.strip()
    except (OSError, EOFError, ValueError) as error:
        raise _not_whole(path) from error
    if told != str(count):
        raise _not_whole(path)


def _not_whole(path: Path) -> RejectedRequestError:
    return RejectedRequestError(
        f"{path} is not a whole copy of a table.", hint="Nothing of it was put back. Use another copy."
    )


def _create(table: Table, partition: str, rows: Mapping[str, Mapping[str, Value]]) -> int:
    while True:
        there = {row.key for row in table.range(partition, min(rows), max(rows) + _AFTER, select=("schema",))}
        missing = [tables.create(key, values) for key, values in rows.items() if key not in there]
        try:
            for some in _transactions(missing):
                table.transact(partition, some)
        except RowChangedError:  # the app runs, and made one of them: what is there is looked at again
            continue
        return len(missing)


def _transactions(operations: Iterable[tables.Operation]) -> Iterator[list[tables.Operation]]:
    """Cut by what a transaction may weigh."""
    some: list[tables.Operation] = []
    weight = 0
    for operation in operations:
        size = body_size(operation)
        if some and weight + size > MAX_TRANSACTION_BYTES:
            yield some
            some, weight = [], 0
        some.append(operation)
        weight += size
    if some:
        yield some
