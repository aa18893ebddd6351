"""`make run`: storage, simulators and functions on 127.0.0.1, the sample report, then service until Ctrl-C.

State lives in `.local/` or in the folder that LOCAL_STATE names, and survives a restart.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local import single_run, table
from local.environment import own_settings
from local.ports import PREFERRED
from local.processes import REPOSITORY, StartError
from local.seed import ASSET, ASSET_KIND, ORGANISATION, PROJECT, Seed, SeedError
from local.single_run import StateFolderError
from local.stack import Stack
from local.vault import VaultError

_TICKETS_WITHIN = 120.0
_SNAPSHOT = (
    '{"schema":1,"vulnerability":{"id":"DEMO-1","asset":{"kind":"%s","id":"%s"},'
    '"title":"Outdated log4j-core","severity":"critical","status":"open"}}'
)
_QUEUES = (
    "  Or put the same JSON, Base64, on the queue ticket-requests, and read ticket-updates: any Azure Storage client\n"
    "  can, with the storage_connection_string of addresses.json."
)
_began = time.monotonic()


def main() -> int:
    """Run everything until a signal; return the exit code."""
    state = Path(os.environ.get("LOCAL_STATE") or REPOSITORY / ".local").resolve()
    try:
        lock = single_run.take(state / "lock")
        _stop_on_signals()
        _run(state, lock)
    except (StateFolderError, StartError, VaultError, ValueError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("Everything is stopped; the state is kept.")
    return 0


def _run(state: Path, lock: int) -> None:
    file = state / "addresses.json"
    file.unlink(missing_ok=True)
    say(f"Starting storage, simulators and functions; state in {_short(state)}")
    settings = own_settings(REPOSITORY / "local.settings.json")
    try:
        with Stack(state, ports=PREFERRED, settings=settings, say=say, keep_open=lock) as stack:
            stack.watch(lambda: stack.addresses.write(file))
            seed = Seed(stack.addresses)
            _set_up(seed, stack, file)
            _say_what_next(stack, file)
            _wait_for_signal()
    finally:
        file.unlink(missing_ok=True)


def _set_up(seed: Seed, stack: Stack, file: Path) -> None:
    """Seed as far as it goes: what does not work is said, and everything goes on answering."""
    try:
        _connect(seed)
    except SeedError as error:
        say(f"{error} {seed.health()}")
        return
    finally:
        stack.addresses.write(file)
    report = _sample_report()
    if report is None:
        say("There is no report in samples/; nothing to send.")
        return
    try:
        _send(seed, report)
    except SeedError as error:
        say(str(error))


def _connect(seed: Seed) -> None:
    made = "made" if seed.connect() else "is there already"
    say(f"Connection {ORGANISATION} {made}")
    made = "made" if seed.link() else "is there already"
    say(f"Link from {ASSET_KIND} {ASSET} to project {PROJECT} {made}")


def _sample_report() -> Path | None:
    named = os.environ.get("SAMPLE_REPORT")
    found = sorted((REPOSITORY / "samples").glob("*.sarif"))
    return Path(named) if named else next(iter(found), None)


def _send(seed: Seed, report: Path) -> None:
    imported = seed.send(report)
    if imported.unchanged and not imported.changed:
        say(f"{report.name}: sent again, nothing changed ({imported.unchanged} findings are known)")
    else:
        say(f"{report.name}: {imported.accepted} findings accepted, {imported.refused} refused")
    tickets = seed.settled(_TICKETS_WITHIN, _progress)
    _end_progress()
    say(_summary(tickets))
    _print_table(seed, tickets)


def _progress(settled: int, total: int) -> None:
    if sys.stdout.isatty():
        print(f"\r         {settled} of {total} tickets", end="\r", flush=True)


def _end_progress() -> None:
    if sys.stdout.isatty():
        print("\r\x1b[K", end="", flush=True)


def _summary(tickets: Sequence[dict[str, Any]]) -> str:
    statuses = [str(ticket["status"]) for ticket in tickets]
    counted = ", ".join(f"{statuses.count(status)} {status}" for status in sorted(set(statuses)))
    return f"{len(tickets)} tickets: {counted}" if tickets else "No tickets."


def _print_table(seed: Seed, tickets: Sequence[dict[str, Any]]) -> None:
    work_items = seed.work_items()
    rows = [table.row(ticket, work_items) for ticket in sorted(tickets, key=_work_item)]
    rows.sort(key=lambda row: row.priority)  # the most urgent first, and before them what has no work item
    width = shutil.get_terminal_size((120, 24)).columns
    print("", *table.lines(rows, width), "", sep="\n", flush=True)


def _work_item(ticket: dict[str, Any]) -> int:
    return int((ticket.get("work_item") or {"id": 0})["id"])


def _say_what_next(stack: Stack, file: Path) -> None:
    where = stack.addresses
    print(
        f"Console        {where.console}",
        f"Azure DevOps   {where.azure_devops}/{ORGANISATION}",
        "               Open a work item there, change its state, delete or restore it: its ticket follows.",
        f"Functions      {where.functions}",
        f"All addresses  {_short(file)} (with keys)",
        f"Logs           {_short(stack.state / 'logs')}",
        "",
        "Be the security platform:",
        f"  curl -X POST {where.functions}/api/tickets -H 'x-functions-key: {where.function_key}' \\",
        f"    -H 'content-type: application/json' -d '{_SNAPSHOT % (ASSET_KIND, ASSET)}'",
        _QUEUES,
        "",
        sep="\n",
    )
    say("Ready. Stop with Ctrl-C.")


def _short(path: Path) -> Path:
    """Return the path as seen from here, if it is below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def say(text: str) -> None:
    """Print a line with the seconds since the start."""
    print(f"{time.monotonic() - _began:6.1f} s  {text}", flush=True)


def _stop_on_signals() -> None:
    """Turn the first signal into KeyboardInterrupt, which unwinds everything, and ignore the rest."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(*_: object) -> None:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        print(flush=True)
        say("Stopping ...")
        raise KeyboardInterrupt

    for number in signals:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, stop)


def _wait_for_signal() -> None:
    while True:
        signal.pause()


if __name__ == "__main__":
    sys.exit(main())
