"""Delivers notifications, resends them, puts subscriptions on probation and disables them.

https://learn.microsoft.com/azure/devops/service-hooks/troubleshoot

    2xx                                  succeeded; a subscription on probation is enabled again
    410                                  terminal: disabled at once
    408 502 503 504, no answer in time   transient: up to 8 resends, then as below
    everything else                      enduring: probation. Only this notification is tried again, 7 times;
                                         new events are lost meanwhile; after the last try it is disabled

The queue is the notifications table, so what was not delivered when the process died is delivered by the next one.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from local.simulators.azure_devops import dates
from local.simulators.azure_devops.network import Fate
from local.simulators.azure_devops.settings import Settings
from local.simulators.azure_devops.store import Database, Store, packed

_RESENDS = (1, 2, 4, 8, 16, 32, 60, 60)
_PROBATION = tuple(60 * minutes for minutes in (20, 40, 80, 160, 320, 640, 900))
_TRANSIENT = {408, 502, 503, 504}
_GONE = 410
_TIME_OUT = 30
_WORKERS = 4
_PATIENCE = 1.0
_IDLE = 30.0
_KEPT_TEXT = 2000
_LOST = {"errorMessage": "It was lost on its way."}
_PENDING = "('queued', 'queuedForRetry')"

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt went: the status, or None where no answer came."""

    status: int | None
    text: str
    seconds: float

    @property
    def accepted(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004

    @property
    def transient(self) -> bool:
        """Whether it is worth sending again soon."""
        return self.status is None or self.status in _TRANSIENT

    def details(self) -> Json:
        """Return what a notification's record says of the attempt."""
        said = {"requestDuration": self.seconds, "completedDate": dates.shown(dates.now())}
        if self.accepted:
            return said | {"response": f"Status Code: {self.status}\n\n{self.text}", "errorMessage": None}
        message = f"{self.status}" if self.status else "The request could not be completed."
        return said | {"response": f"Status Code: {self.status}", "errorMessage": message, "errorDetail": self.text}


def new_session() -> requests.Session:
    """Return a session for `post`: the machine's proxy and .netrc are none of the simulator's business."""
    session = requests.Session()
    session.trust_env = False
    return session


def post(consumer: Mapping[str, Any], event: Json, session: requests.Session) -> Outcome:
    """Send one event to a web hook and return how that went; nothing is raised."""
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "VSServices/19.0 (simulator)"}
    for line in str(consumer.get("httpHeaders") or "").splitlines():
        name, _, value = line.partition(":")
        headers[name.strip()] = value.strip()
    user, password = str(consumer.get("basicAuthUsername") or ""), str(consumer.get("basicAuthPassword") or "")
    started = time.monotonic()
    try:
        answer = session.post(
            consumer["url"],
            data=packed(event).encode(),
            headers=headers,
            auth=(user, password) if user or password else None,
            timeout=_TIME_OUT,
            allow_redirects=False,
            verify=str(consumer.get("acceptUntrustedCerts")).lower() != "true",
        )
    except requests.RequestException as error:
        return Outcome(None, type(error).__name__, time.monotonic() - started)
    return Outcome(answer.status_code, answer.text[:_KEPT_TEXT], time.monotonic() - started)


class Deliveries:
    """The threads that empty the queue; `speed` divides every waiting time."""

    def __init__(self, store: Store, settings: Settings, speed: float) -> None:
        self._store = store
        self._settings = settings
        self._speed = speed
        self._changed = threading.Condition()
        self._rounds = 0
        self._stopped = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Take up the queue, including what a process that died had in its hands."""
        with self._store.transaction() as database:
            database.execute("UPDATE notifications SET status = 'queued' WHERE status = 'requestInProgress'")
        self._stopped = False
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(_WORKERS)]
        for thread in self._threads:
            thread.start()

    def stop(self, then: Callable[[], None]) -> None:
        """End the threads, and do `then` behind the last: one that waits for a slow receiver is not waited for."""
        self._stopped = True
        self.wake()
        last = threading.Thread(target=self._ended, args=(then,), daemon=True)
        last.start()
        last.join(timeout=_PATIENCE)

    def _ended(self, then: Callable[[], None]) -> None:
        for thread in self._threads:
            thread.join()
        then()

    def wake(self) -> None:
        """Say that something may be due."""
        with self._changed:
            self._rounds += 1
            self._changed.notify_all()

    def _run(self) -> None:
        with new_session() as session:
            while not self._stopped:
                seen = self._rounds
                if not self._deliver_next(session):
                    self._wait(seen)

    def _wait(self, seen: int) -> None:
        with self._store.transaction() as database:
            row = database.execute(f"SELECT min(due) AS due FROM notifications WHERE status IN {_PENDING}").fetchone()
        until = _IDLE if row["due"] is None else min(max(row["due"] - time.time(), 0.0), _IDLE)
        with self._changed:
            self._changed.wait_for(lambda: self._rounds != seen or self._stopped, timeout=until)

    def _deliver_next(self, session: requests.Session) -> bool:
        with self._store.transaction() as database:
            row = _next(database)
            if row is None:
                return False
            fate = self._settings.network.fate(row["id"])
            subscription = _take(database, row, fate)
        if subscription is not None:
            outcome = post(subscription["consumerInputs"], json.loads(row["event"]), session)
            if fate.twice and outcome.accepted:
                outcome = post(subscription["consumerInputs"], json.loads(row["event"]), session)
            with self._store.transaction() as database:
                _settle(database, row, outcome, self._speed)
        return True


def summary(database: Database) -> dict[str, int]:
    """Return how many notifications are `pending`, and how many were `lost` by the network or have `failed`."""
    counted = {"pending": 0, "lost": 0, "failed": 0, "succeeded": 0}
    for row in database.execute(
        "SELECT status, result, details = ? AS lost, count(*) AS count FROM notifications GROUP BY 1, 2, 3",
        (packed(_LOST),),
    ):
        name = row["result"] if row["status"] == "completed" else "pending"
        counted["lost" if row["lost"] else name] += row["count"]
    return counted


def _next(database: Database) -> Any:
    return database.execute(
        f"SELECT * FROM notifications WHERE status IN {_PENDING} AND due <= ? ORDER BY due, id LIMIT 1",
        (time.time(),),
    ).fetchone()


def _take(database: Database, row: Any, fate: Fate) -> Json | None:
    """Return the subscription that a notification is to be sent to now, if it is."""
    if row["status"] == "queued" and not row["attempts"] and fate.delay:
        statement = "UPDATE notifications SET status = 'queuedForRetry', due = ? WHERE id = ?"
        database.execute(statement, (time.time() + fate.delay, row["id"]))
        return None
    if fate.lost:
        _finish(database, row, "failed", _LOST)
        return None
    found = database.execute("SELECT status, body FROM subscriptions WHERE id = ?", (row["subscription"],)).fetchone()
    wanted = found and (found["status"] == "enabled" or (found["status"] == "onProbation" and row["probation"]))
    if not wanted:
        _finish(database, row, "failed", {"errorMessage": "The subscription is disabled or on probation."})
        return None
    database.execute(
        "UPDATE notifications SET status = 'requestInProgress', attempts = attempts + 1 WHERE id = ?", (row["id"],)
    )
    body: Json = json.loads(found["body"])
    return body


def _settle(database: Database, row: Any, outcome: Outcome, speed: float) -> None:
    if outcome.accepted:
        _finish(database, row, "succeeded", outcome.details())
        _set_status(database, row["subscription"], "enabled", 0, only_if="onProbation")
    elif outcome.status == _GONE:
        _finish(database, row, "failed", outcome.details())
        _set_status(database, row["subscription"], "disabledBySystem", 0)
    elif outcome.transient and not row["probation"] and row["resends"] < len(_RESENDS):
        _again(database, row, outcome, _RESENDS[row["resends"]] / speed, "resends")
    else:
        _try_on_probation(database, row, outcome, speed)


def _try_on_probation(database: Database, row: Any, outcome: Outcome, speed: float) -> None:
    tries = row["probation"]
    if tries >= len(_PROBATION):
        _finish(database, row, "failed", outcome.details())
        _set_status(database, row["subscription"], "disabledBySystem", tries)
    elif not tries and not _set_status(database, row["subscription"], "onProbation", 1, only_if="enabled"):
        # Another notification is already the one that is tried.
        _finish(database, row, "failed", outcome.details())
    else:
        _set_status(database, row["subscription"], "onProbation", tries + 1)
        _again(database, row, outcome, _PROBATION[tries] / speed, "probation")


def _again(database: Database, row: Any, outcome: Outcome, wait: float, counter: str) -> None:
    database.execute(
        f"UPDATE notifications SET status = 'queuedForRetry', due = ?, changed = ?, details = ?,"
        f" {counter} = {counter} + 1 WHERE id = ?",
        (time.time() + wait, dates.now(), packed(outcome.details()), row["id"]),
    )


def _finish(database: Database, row: Any, result: str, details: Json) -> None:
    database.execute(
        "UPDATE notifications SET status = 'completed', result = ?, changed = ?, details = ? WHERE id = ?",
        (result, dates.now(), packed(details), row["id"]),
    )


def _set_status(database: Database, subscription: str, status: str, tries: int, only_if: str = "") -> bool:
    row = database.execute("SELECT status, body FROM subscriptions WHERE id = ?", (subscription,)).fetchone()
    if row is None or (only_if and row["status"] != only_if):
        return False
    body = json.loads(row["body"]) | {"probationRetries": tries}
    if status == "onProbation":
        body["lastProbationRetryDate"] = dates.now()
    database.execute("UPDATE subscriptions SET status = ?, body = ? WHERE id = ?", (status, packed(body), subscription))
    return True
