"""The bridge's processes: each is forked with everything imported, and runs what a trigger would run.

`run` is one invocation after another, perhaps with a kill in it. `recover` is what the Functions host and the timers
do afterwards: deliver again what the dead process held, sweep, empty the queues, until nothing is left to do.
"""

import json
import logging
import multiprocessing
import os
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from multiprocessing.connection import Connection as Pipe
from typing import Any

import azure.data.tables
import azure.identity
import azure.keyvault.secrets
import azure.storage.blob
import requests
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy
from pydantic import TypeAdapter

from shared.connections.models import ConnectionRequest
from shared.errors import TransientError
from shared.links.models import Existing, LinkRequest
from shared.services import Services
from shared.tickets.lanes.wake_ups import read_until
from shared.tickets.observing.hook_events import read_message
from shared.tickets.vulnerabilities.scans import Report, Scan
from shared.tickets.vulnerabilities.snapshots import read_snapshot
from tests.functional.kills.tapped import Calls, Moment

type Invocation = tuple[str, dict[str, Any]]
"""The name of a use case, and what it is given."""
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
LONGEST = 60.0
_PATIENCE = 0.6
_SWEEP = 1.0


def _request(services: Services, *, id_: str, body: str, at: str) -> None:
    services.ticket_requests.take(id_, body.encode(), datetime.fromisoformat(at))


def _import(services: Services, *, snapshots: list[Any], at: str) -> None:
    found = [(Scan(), read_snapshot(snapshot)) for snapshot in snapshots]
    report = Report((Scan(),), lambda: iter(found))
    services.take_report(report, "0" * 32, sent_at=datetime.fromisoformat(at))


def _lane(services: Services, *, connection: str, lane: int, **message: Any) -> None:
    services.work.lane(connection, lane, read_until(message))


def _round(services: Services, **message: Any) -> None:
    services.rounds.run(message)


def _event(services: Services, **message: Any) -> None:
    services.observe.event(read_message(message))


def _sweep(services: Services) -> None:
    services.sweep()


def _connection(services: Services, *, name: str, body: Any) -> None:
    services.save_connection(name, TypeAdapter(ConnectionRequest).validate_python(body))


def _link(services: Services, *, asset: str, body: Any, existing: str = "") -> None:
    request = LinkRequest.model_validate(body)
    link = services.save_link("application", asset, request, existing=Existing(existing) if existing else None)
    services.departures.carry_on_with(link)


def _retry(services: Services, *, ticket: str) -> None:
    services.retry.one(ticket)


def _by_hand(services: Services, *, ticket: str, number: int) -> None:
    if number:
        services.by_hand.link(ticket, number)
    else:
        services.by_hand.unlink(ticket)


_USE_CASES: Mapping[str, Callable[..., None]] = {
    "request": _request,
    "import": _import,
    "lane": _lane,
    "round": _round,
    "event": _event,
    "sweep": _sweep,
    "connection": _connection,
    "link": _link,
    "by hand": _by_hand,
    "retry": _retry,
}


def invoke(services: Services, invocation: Invocation) -> None:
    """Do what a trigger would do. Raises what it raises."""
    name, given = invocation
    _USE_CASES[name](services, **given)


class SurvivedError(Exception):
    """A process never came to the call at which it was to die: an answer was too late, say."""


def run(environment: Mapping[str, str], invocations: Sequence[Invocation], kill: Moment | None = None) -> Calls | None:
    """Run invocations in a process of their own; return its calls, or None if it was killed as asked.

    Raises `AssertionError` when it failed, and `SurvivedError` when it took another way than to its kill.
    """
    answer = _forked(_run, environment, invocations, kill)
    if answer and kill:
        raise SurvivedError(f"{kill} was survived: {answer}")
    if not (answer or kill):
        raise AssertionError(f"{invocations[-1][0]} died")
    return Calls(names=answer[0], parallel=answer[1]) if answer else None


def recover(environment: Mapping[str, str], organization: str, held: Invocation) -> None:
    """Do what is left to do after a process died that held a message. Raises `AssertionError` if it never ends."""
    assert _forked(_recover, environment, organization, held), "who recovered died, too"


def _forked(body: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a body returns in a process of its own, or None if it died. Raises what went wrong there."""
    ours, theirs = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_told, args=(body, theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        answer, error = ours.recv()
    except EOFError:
        return None
    finally:
        process.join(LONGEST)
        ours.close()
    assert not error, error
    return answer


def _told(body: Callable[..., Any], pipe: Pipe, *arguments: Any) -> None:
    """Run a body; what it returns or raises is told where it is waited for."""
    logging.disable()
    try:
        pipe.send((body(*arguments), ""))
    except AssertionError as error:
        pipe.send((None, str(error)))
    except Exception:  # noqa: BLE001  told
        pipe.send((None, traceback.format_exc()))


def services_of(environment: Mapping[str, str]) -> Services:
    """Return the services of this process, which has none yet."""
    os.environ.update(environment)
    return Services(environment)


def _run(
    environment: Mapping[str, str], invocations: Sequence[Invocation], kill: Moment | None
) -> tuple[list[str], set[int]]:
    services = services_of(environment)
    calls = Calls(kill)
    calls.tap()
    for invocation in invocations:
        invoke(services, invocation)
    return calls.names, calls.parallel


def _recover(environment: Mapping[str, str], organization: str, held: Invocation) -> bool:
    host = _Host(environment, organization)
    host.until_quiet(deliver=held)
    # At least once means: also when everything is long over.
    host.until_quiet(deliver=held)
    return True


class _Host:
    """As much of a host as there is to do after a death."""

    def __init__(self, environment: Mapping[str, str], organization: str) -> None:
        simulator = f"{environment['AZURE_DEVOPS_URL']}/_simulator"
        self._notifications = f"{simulator}/notifications?organization={organization}"
        self._services = services_of(environment)
        self._storage = environment["AzureWebJobsStorage"]
        self._queues = {"lane": self._queue("ticket-work"), "event": self._queue("service-hook-events")}
        service = azure.data.tables.TableServiceClient.from_connection_string(self._storage)
        self._tickets = service.get_table_client("tickets")
        self._swept = 0.0

    def _queue(self, name: str) -> QueueClient:
        encoding = {
            "message_encode_policy": TextBase64EncodePolicy(),
            "message_decode_policy": TextBase64DecodePolicy(),
        }
        return QueueClient.from_connection_string(self._storage, name, **encoding)  # type: ignore[arg-type]

    def until_quiet(self, *, deliver: Invocation) -> None:
        end = time.monotonic() + LONGEST
        undelivered: Invocation | None = deliver
        while True:
            if undelivered and self._tried(undelivered):
                undelivered = None
            while self._empty():
                assert time.monotonic() < end, f"messages without end, and {self._left()} is left"
            if not undelivered and self._is_quiet():
                return
            assert time.monotonic() < end, f"{self._left()} is left"
            self._sweep()
            time.sleep(_PATIENCE)

    def _tried(self, invocation: Invocation) -> bool:
        """Whether an invocation ended well; a host delivers its message again otherwise."""
        try:
            invoke(self._services, invocation)
        except TransientError:
            return False
        return True

    def _sweep(self) -> None:
        if time.monotonic() - self._swept > _SWEEP:
            self._services.sweep()
            self._swept = time.monotonic()

    def _empty(self) -> int:
        """Process what is visible on the queues now; return how many messages that was."""
        taken = 0
        for name, queue in self._queues.items():
            for message in queue.receive_messages(messages_per_page=32, visibility_timeout=60):
                taken += 1
                given = {key: value for key, value in json.loads(message.content).items() if key != "schema"}
                if self._tried(("round" if "round" in given else name, given)):
                    queue.delete_message(message)
                else:
                    queue.update_message(message, visibility_timeout=1)
        return taken

    def _left(self) -> list[str]:
        """Rows that say that something is to be done: pending, unsent."""
        rows = (str(row["RowKey"]) for row in self._tickets.list_entities(select=["RowKey"]))
        return [row for row in rows if row.startswith(("p|", "u|"))]

    def _is_quiet(self) -> bool:
        """In the order in which things go: what was delivered is on the queue, what was on the queue is in the rows."""
        if self._left():
            return False
        sent = requests.get(self._notifications, timeout=30).json()["notifications"]
        events = self._queues["event"]
        return (
            all(one["status"] == "completed" for one in sent)
            and not events.get_queue_properties().approximate_message_count
            and not self._left()
        )


def now() -> str:
    """The present moment as invocations carry it."""
    return datetime.now(UTC).isoformat()
