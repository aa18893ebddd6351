"""One run of the command: what it prints, and its exit status."""

import argparse
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from shared.backup.copying import restore, save
from shared.errors import RejectedRequestError, TransientError
from shared.settings import STORAGE_CONNECTION, StorageAccount, is_connection_string
from shared.storage.account import Account
from shared.storage.identity import own_identity
from shared.storage.table_service import StorageRefusedError
from shared.storage.tables import Table

TABLES = ("tickets", "imports", "failedmessages", "creation", "tokens", "links", "connections")
"""All but `registries` and `overview`, which are read from the repositories and counted again. Connections are put back
last: without them, an app that runs does nothing with the rest while it is half there."""
DONE, FAILED = 0, 1

_DESCRIPTION = """Copies of the tables. They hold no credential, but names of people and what scanners found.

Where the tables are is said by --tables, and you are whoever `az login` says. Your account needs the role Storage Table
Data Contributor there; to save, Reader is enough. On one machine, the setting AzureWebJobsStorage says both."""
_NO_ANSWER = "Did you `az login`, has your account the role on the storage account, and may this machine reach it?"
_URI = "https://ACCOUNT.table.core.windows.net"
_COMMANDS = {
    "save": "write each table to a file of a new folder",
    "restore": "put back rows of a folder's files that are not in the tables; nothing that is there is changed",
}


def main(arguments: Sequence[str], values: Mapping[str, str], out: TextIO, err: TextIO) -> int:
    """Do what the command line says; return the exit status. Raises `SystemExit` (2) for a wrong one."""
    asked = _parsed(arguments)
    try:
        account = _account(asked.tables or "", values)
        if asked.do == "save":
            _save(account, asked.folder, out)
        else:
            _restore(account, asked.folder, out)
    except RejectedRequestError as error:
        return _failed(error.message, error.hint, err)
    except TransientError as error:
        return _failed(error.message, _NO_ANSWER, err)
    except StorageRefusedError as error:
        return _failed(f"Table Storage answered {error.status}.", _NO_ANSWER, err)
    except OSError as error:
        return _failed(f"{error.filename}: {error.strerror}.", "Name a folder that you may read and write.", err)
    return DONE


def _failed(what: str, hint: str, err: TextIO) -> int:
    err.write(f"{what}\n{hint}\n")
    return FAILED


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m shared.backup", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="do", required=True)
    for name, what in (
        ("save", "write each table to a file of a new folder"),
        (
            "restore",
            "put back the rows of a folder's files that are not in the tables; nothing that is there is changed",
        ),
    ):
        command = commands.add_parser(name, help=what, description=what)
        command.add_argument("folder", type=Path)
        command.add_argument("--tables", type=_uri, help=_URI)
    return parser.parse_args(arguments)


def _uri(text: str) -> str:
    if not re.fullmatch(r"https://[\w.-]+/?", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form {_URI}")
    return text


def _account(uri: str, values: Mapping[str, str]) -> Account:
    connection_string = values.get(STORAGE_CONNECTION)
    if not (uri or connection_string):
        raise RejectedRequestError("Which storage account?", hint=f"Give --tables {_URI}, and `az login` before.")
    if not (uri or is_connection_string(connection_string or "")):
        hint = f"Correct it, or give --tables {_URI}."
        raise RejectedRequestError(f"{STORAGE_CONNECTION} holds no connection string of a storage account.", hint=hint)
    storage = StorageAccount(table_uri=uri) if uri else StorageAccount(connection_string=connection_string)
    return Account(storage, lambda: own_identity(None))


def _save(account: Account, folder: Path, out: TextIO) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise RejectedRequestError(f"{folder} is not empty.", hint="Name a new folder: no copy replaces another.")
    folder.mkdir(parents=True, exist_ok=True)
    started = datetime.now(UTC)
    out.writelines(f"{name}: {save(Table(account, name), _file(folder, name)):,} rows\n" for name in TABLES)
    out.write(f"Saved to {folder}, as of {started:%Y-%m-%d %H:%M} UTC and later: the app may have run meanwhile.\n")


def _restore(account: Account, folder: Path, out: TextIO) -> None:
    missing = [str(_file(folder, name)) for name in TABLES if not _file(folder, name).is_file()]
    if missing:
        raise RejectedRequestError(f"Not there: {', '.join(missing)}.", hint="Name the folder of a `save` that ended.")
    for name in TABLES:
        created, there = restore(_file(folder, name), Table(account, name))
        out.write(f"{name}: {created:,} rows put back, {there:,} were there\n")
    out.write("Is TABLES_EPOCH one higher than before? Then reconcile each connection: docs/runbook.md says how.\n")


def _file(folder: Path, table: str) -> Path:
    return folder / f"{table}.jsonl.gz"
