"""What messages of the queue `registry-work` ask for. Its own queue: reading code takes a processor for seconds.

read       a commit, or what a branch or tag points to now
push       branches or tags have moved: those that are followed are read
subscribe  a repository was asked for the first time: its pushes are to be heard of
forget     what nobody asked for lately
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Any

from shared.connections.organisations import Organisations
from shared.connections.store import ConnectionStore
from shared.errors import BridgeError, ThrottledError, TransientError
from shared.links.service_hooks import Pushes, ServiceHooks
from shared.registries.keeping import pushes
from shared.registries.keeping.following import Following
from shared.registries.keeping.questions import Questions
from shared.registries.keeping.reading import Patience, ReadCommit
from shared.registries.sources.limits import Limits
from shared.storage.queues import Queue
from shared.times import Times

log = logging.getLogger(__name__)
QUEUE = "registry-work"
READ, SUBSCRIBE, FORGET = "read", "subscribe", "forget"
_SCHEMA = 1
_AT_ONCE = 2
"""In one process, which has 2 GB of memory as a rule: an archive and what is read of it are in memory."""
_MOST_FAULTS = 6


@dataclass(frozen=True, slots=True)
class Runs:
    """Asks for rounds and carries them out. `room` says how many repositories are read at once in this process."""

    questions: Questions
    read: ReadCommit
    following: Following
    connections: ConnectionStore
    organisations: Organisations
    service_hooks: ServiceHooks
    forget: Callable[[str], None]
    queue: Queue
    times: Times
    room: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_AT_ONCE))

    def ask_to_read(self, connection: str, project: str, repository: str, ref: str) -> None:
        """Ask for the reading of a commit, or of what a ref points to when it is read."""
        self._send(READ, connection, project=project, repository=repository, ref=ref)

    def ask_to_subscribe(self, connection: str, project: str, repository: str) -> None:
        """Ask for a subscription to the pushes of a repository, all by their ids."""
        self._send(SUBSCRIBE, connection, project=project, repository=repository)

    def ask_to_forget(self) -> None:
        """Ask every connection to forget what nobody asked for lately."""
        for connection in self.connections.all():
            self._send(FORGET, connection.name)

    def run(self, message: Mapping[str, Any]) -> None:
        """Do what a message asks for, or put it back for later. What fails for good is in the reading's row."""
        try:
            self._run(message)
        except ThrottledError as error:
            self.queue.send(dict(message), delay=error.retry_after)
        except TransientError as error:
            self._again(message, error)
        except BridgeError as error:
            log.warning("not done", extra={"round": message["round"], "why": error.message})

    def _run(self, message: Mapping[str, Any]) -> None:
        match message["round"]:
            case "read":
                self._read(message)
            case pushes.ROUND:
                self._push(pushes.read_message(message))
            case "subscribe":
                self._subscribe(message)
            case "forget":
                self.forget(message["connection"])
            case unknown:
                log.info("no such round to do", extra={"round": unknown})

    def _read(self, message: Mapping[str, Any]) -> None:
        if not self.room.acquire(blocking=False):
            self.queue.send(dict(message), delay=self.times.turn)
            return
        try:
            asked = self.questions.ask(*(message[name] for name in ("connection", "project", "repository", "ref")))
            self.read(asked, Patience(self.times.reading, Limits()))
        finally:
            self.room.release()

    def _push(self, push: pushes.Push) -> None:
        """Ask for what was asked for before and may have moved. Twice or late, a push makes nothing be read twice."""
        for followed in self.following.all(push.connection, push.repository):
            if push.moves(followed.ref):
                self.ask_to_read(push.connection, followed.project, followed.repository, followed.ref)

    def _subscribe(self, message: Mapping[str, Any]) -> None:
        connection = self.connections.find(message["connection"])
        if connection and connection.may_write:
            wanted = Pushes(message["project"], message["repository"])
            self.service_hooks.provide_pushes(self.organisations.of(connection), connection, wanted)

    def _again(self, message: Mapping[str, Any], error: TransientError) -> None:
        faults = int(message.get("faults", 0)) + 1
        log.info("put back", extra={"round": message["round"], "why": error.message, "faults": faults})
        if faults <= _MOST_FAULTS:
            self.queue.send({**message, "faults": faults}, delay=self.times.retry * 2 ** (faults - 1))

    def _send(self, what: str, connection: str, **more: str) -> None:
        self.queue.send({"schema": _SCHEMA, "round": what, "connection": connection, **more})
