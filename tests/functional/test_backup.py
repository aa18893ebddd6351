"""`python -m shared.backup`: tables copied, lost and put back."""

import gzip
import io
import secrets
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient

from local.processes import REPOSITORY
from shared.backup import running
from shared.backup.running import FAILED, TABLES, main
from shared.settings import STORAGE_CONNECTION, StorageAccount
from shared.storage import tables
from shared.storage.account import Account
from shared.storage.tables import Row, Table, Value
from tests.functional.conftest import started_azurite
from tests.functional.test_departures_resumed import NO_CREDENTIAL

VALUES: dict[str, Value] = {
    "schema": 1,
    "text": 'é 😀 \ud800 "quoted"\n',
    "empty": "",
    "flag": False,
    "share": 1.0,
    "large": 2**40,
    "at": datetime(2026, 11, 27, 12, 30, 0, 123456, tzinfo=UTC),
    "packed": bytes(range(256)),
}


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    """Its own, for whole tables are lost in it."""
    with started_azurite() as connection_string:
        yield connection_string


@pytest.fixture
def account(storage: str) -> Iterator[Account]:
    yield Account(StorageAccount(connection_string=storage), lambda: NO_CREDENTIAL)
    lose(storage)


def lose(storage: str) -> None:
    with TableServiceClient.from_connection_string(storage) as service:
        for table in service.list_tables():
            service.delete_table(table.name)


def backup(storage: str, *arguments: str | Path) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = main([str(one) for one in arguments], {STORAGE_CONNECTION: storage}, out, err)
    return status, out.getvalue(), err.getvalue()


def content(account: Account) -> dict[str, list[tuple[str, str, dict[str, Value]]]]:
    return {name: [_seen(row) for row in Table(account, name).all()] for name in TABLES}


def _seen(row: Row) -> tuple[str, str, dict[str, Value]]:
    return row.partition, row.key, dict(row.values)


def fill(account: Account, rows: int) -> None:
    for partition, count in (("contoso", rows), ("fabrikam", 50)):
        names = [f"t|{number:05}" for number in range(count)]
        for some in batched(names, 100, strict=False):
            Table(account, "tickets").transact(partition, [tables.create(key, VALUES) for key in some])
    Table(account, "connections").write("connections", tables.create("contoso", {"schema": 1, "url": "https://x"}))


def test_what_was_saved_is_put_back_as_it_was(storage: str, account: Account, tmp_path: Path) -> None:
    fill(account, 1_030)
    before = content(account)

    assert backup(storage, "save", tmp_path / "copy")[0] == 0
    lose(storage)
    status, said, _ = backup(storage, "restore", tmp_path / "copy")

    assert status == 0
    assert "tickets: 1,080 rows put back, 0 were there" in said
    assert said.splitlines()[-2].startswith("connections: ")  # the app does nothing without them
    assert content(account) == before
    assert (tmp_path / "copy" / "tickets.jsonl.gz").stat().st_mode & 0o077 == 0


def test_what_is_there_stays_and_a_second_restore_does_nothing(storage: str, account: Account, tmp_path: Path) -> None:
    fill(account, 120)
    backup(storage, "save", tmp_path / "copy")
    lose(storage)
    Table(account, "tickets").write("contoso", tables.create("t|00007", {"schema": 2}))

    _, said, _ = backup(storage, "restore", tmp_path / "copy")
    _, again, _ = backup(storage, "restore", tmp_path / "copy")

    assert "tickets: 169 rows put back, 1 were there" in said
    assert "tickets: 0 rows put back, 170 were there" in again
    assert ("contoso", "t|00007", {"schema": 2}) in content(account)["tickets"]


def test_rows_larger_than_a_transaction_are_put_back(storage: str, account: Account, tmp_path: Path) -> None:
    heavy: dict[str, Value] = {f"p{number}": secrets.token_bytes(60_000) for number in range(12)}
    for number in range(12):
        Table(account, "tickets").write("contoso", tables.create(f"v|{number:02}", heavy))
    before = content(account)

    backup(storage, "save", tmp_path / "copy")
    lose(storage)

    assert backup(storage, "restore", tmp_path / "copy")[::2] == (0, "")
    assert content(account) == before


@pytest.mark.every_case
@pytest.mark.parametrize("spoil", ["cut", "lines", "other", "row"])
def test_a_copy_that_is_not_whole_is_refused_before_anything_is_written(
    spoil: str, storage: str, account: Account, tmp_path: Path
) -> None:
    fill(account, 120)
    backup(storage, "save", tmp_path / "copy")
    lose(storage)
    path = tmp_path / "copy" / "tickets.jsonl.gz"
    match spoil:
        case "cut":
            path.write_bytes(path.read_bytes()[:-40])
        case "lines":
            lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
            path.write_bytes(gzip.compress(b"".join(lines[:100] + lines[-1:])))
        case "other":
            path.write_bytes(b"not gzip")
        case _:
            path.write_bytes(gzip.compress(b'["contoso", "t|1", {"schema": null}]\n1\n'))

    status, _, said = backup(storage, "restore", tmp_path / "copy")

    assert (status, said) == (
        FAILED,
        f"{path} is not a whole copy of a table.\nNothing of it was put back. Use another copy.\n",
    )
    assert not content(account)["tickets"]


def test_a_copy_replaces_no_other_one_and_a_missing_file_is_named(storage: str, tmp_path: Path) -> None:
    (tmp_path / "tickets.jsonl.gz").touch()

    assert backup(storage, "save", tmp_path)[2].startswith(f"{tmp_path} is not empty.")
    missing = ", ".join(str(tmp_path / f"{name}.jsonl.gz") for name in TABLES if name != "tickets")
    assert backup(storage, "restore", tmp_path)[2].startswith(f"Not there: {missing}.\n")


@pytest.mark.filterwarnings("ignore:Testing an element's truth value")  # the SDK's
def test_an_account_that_does_not_let_one_in_is_told_what_to_look_at(storage: str, tmp_path: Path) -> None:
    wrong = storage.replace("AccountKey=E", "AccountKey=F")

    status, _, said = backup(wrong, "save", tmp_path / "copy")

    assert (status, said.splitlines()) == (FAILED, ["Table Storage answered 403.", running._NO_ANSWER])


def command(*arguments: str, **environment: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "shared.backup", *arguments],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr.splitlines()


def test_which_account_must_be_said(tmp_path: Path) -> None:
    status, said = command("save", str(tmp_path / "copy"))

    assert (status, said[0]) == (FAILED, "Which storage account?")


@pytest.mark.every_case
@pytest.mark.parametrize("uri", ["contoso", "http://contoso.table.core.windows.net", "https://", "https://a b"])
def test_an_address_of_another_form_is_refused_with_the_form(uri: str, tmp_path: Path) -> None:
    status, said = command("save", str(tmp_path / "copy"), "--tables", uri)

    assert status == 2
    assert said[-1].endswith(f"{uri!r} is not of the form https://ACCOUNT.table.core.windows.net")


def test_what_is_no_connection_string_is_named_and_not_shown(tmp_path: Path) -> None:
    status, said = command("save", str(tmp_path / "copy"), AzureWebJobsStorage="secret-garbage")

    assert (status, said[0]) == (FAILED, "AzureWebJobsStorage holds no connection string of a storage account.")
    assert "secret-garbage" not in "".join(said)


def test_a_folder_that_cannot_be_made_is_named(storage: str) -> None:
    assert backup(storage, "save", "/proc/none/copy")[2].splitlines() == [
        "/proc/none: No such file or directory.",
        "Name a folder that you may read and write.",
    ]


def test_who_is_not_signed_in_is_told_so_and_no_more(tmp_path: Path) -> None:
    status, said = command("save", str(tmp_path / "copy"), "--tables", "https://127.0.0.1")

    assert (status, said) == (FAILED, ["There was no sign-in to Table Storage.", running._NO_ANSWER])


def test_every_table_of_the_app_is_copied_but_what_can_be_read_or_counted_again() -> None:
    bicep = (REPOSITORY / "infra/bridge.bicep").read_text()
    line = next(line for line in bicep.splitlines() if "tables: ['" in line)

    assert {*TABLES, "registries", "overview"} == set(line.split("[")[1].rstrip("]").replace("'", "").split(", "))
