"""One run: asks, prints a line for each answer, and keeps what it settled and what it made."""

import base64
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import requests

from local.smoke.facts import Fact, Verdict
from local.smoke.options import Options
from local.smoke.wire import Wire
from shared.azure_devops.organisation import Call, Organisation
from shared.azure_devops.projects import Identity, Project
from shared.azure_devops.work_items import WorkItem
from shared.errors import BridgeError, TransientError, UnknownError
from shared.tickets.item_content.work_item_fields import hyperlink
from shared.times import Times

NOWHERE = "https://azure-devops-bridge.invalid"
"""Stands in hyperlinks for the address of the app; the name can never exist."""
_BETWEEN_QUESTIONS = 0.5
_WHAT_WIDTH = 46
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells this run's things from everybody else's: a tag that nobody has, and a ticket that does not exist."""

    tag: str = field(default_factory=lambda: f"azure-devops-bridge-smoke-{secrets.token_hex(5)}")
    ticket: str = field(default_factory=lambda: f"smoke.{base64.b32encode(secrets.token_bytes(20)).decode().lower()}")
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))

    def title(self, what: str) -> str:
        """Return the title of a work item."""
        return f"Smoke test, may be deleted: {what} ({self.tag})"

    def is_on(self, item: WorkItem) -> bool:
        """Whether a work item is this run's."""
        return any(self.tag in str(item.fields.get(name, "")) for name in ("System.Title", "System.Tags"))

    @property
    def link(self) -> str:
        """The hyperlink, as the bridge writes it."""
        return hyperlink(NOWHERE, self.ticket, self.nonce)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the run makes things, and as whom."""

    who: Identity
    project: Project
    work_item_type: str


@dataclass
class Run:
    """What the steps of a run share."""

    options: Options
    session: requests.Session
    organisation: Organisation
    tokens: Organisation
    """The same organisation at the host that has the API of personal access tokens."""
    wire: Wire
    say: Callable[[str], None]
    mark: Mark = field(default_factory=Mark)
    since: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(seconds=Times().created_before))
    settled: dict[Fact, tuple[Verdict, str]] = field(default_factory=dict)
    made: set[int] = field(default_factory=set)
    """Ids of work items that this run made."""
    hooks: set[str] = field(default_factory=set)
    """Ids of subscriptions that this run made."""
    subscribed: bool = False
    """Whether a subscription was asked for, answered or not."""
    unanswered: set[str] = field(default_factory=set)
    """What was asked for and may have been made without a clear answer."""
    _asked: int = 0

    def ask[T](self, what: str, call: Call[T], saw: Callable[[T], str], *, by: Organisation | None = None) -> T:
        """Send one call and print what was seen. Raises what `Organisation.do` raises, printed as well."""
        began = self._begin()
        try:
            value = (by or self.organisation).do(call)
        except BridgeError as error:
            if isinstance(error, UnknownError):
                self.unanswered.add(what)
            self._failed(what, error, began)
            raise
        except KeyboardInterrupt:
            if call.changes:
                self.unanswered.add(what)
            raise
        self._line(what, saw(value), began)
        return value

    def refusal(self, what: str, call: Call[Any], *, by: Organisation | None = None) -> BridgeError | None:
        """Send a call that should be refused; returns the refusal, None where there was none.

        Raises `TransientError`, which proves nothing.
        """
        try:
            self.ask(what, call, lambda _: "not refused", by=by)
        except TransientError:
            raise
        except BridgeError as error:
            return error
        return None

    def until(self, what: str, look: Callable[[], bool]) -> float | None:
        """Look again and again; returns the seconds until `look` said yes, None if it did not in time.

        What `look` raises goes on to the caller.
        """
        began = self._begin()
        looks = 0
        while True:
            looks += 1
            try:
                seen = look()
            except BridgeError as error:
                self._failed(what, error, began)
                raise
            seconds = time.monotonic() - began
            if seen or seconds > self.options.patience:
                times = "time" if looks == 1 else "times"
                self._line(what, f"{'seen' if seen else 'not seen'}, asked {looks} {times}", began)
                return seconds if seen else None
            time.sleep(_BETWEEN_QUESTIONS)

    def settle(self, fact: Fact, evidence: str, *, holds: bool) -> None:
        """Say of a fact whether it holds; where one run says both, it does not."""
        known = self.settled.get(fact)
        if known is None or known[0] is not Verdict.FAILS:
            self.settled[fact] = (Verdict.HOLDS if holds else Verdict.FAILS, evidence)

    def tried[T](self, step: Callable[[], T]) -> T | None:
        """Take one step; one that fails leaves its facts unseen and does not stop the others.

        Errors of ours are printed already; any other means that our code cannot read what came.
        """
        try:
            return step()
        except BridgeError:
            return None
        except Exception as error:  # noqa: BLE001
            self.say(f"     Our code failed here: {shortened(f'{type(error).__name__}: {error}')}")
            return None

    def _begin(self) -> float:
        self._asked += 1
        self.wire.statuses.clear()
        return time.monotonic()

    def _failed(self, what: str, error: BridgeError, began: float) -> None:
        self._line(what, f"{type(error).__name__}: {error.message}", began)

    def _line(self, what: str, saw: str, began: float) -> None:
        statuses = ", ".join(map(str, dict.fromkeys(self.wire.statuses))) or "no answer"
        self.say(
            f"{self._asked:3}  {what:{_WHAT_WIDTH}}  {shortened(saw)}  [{statuses}; {time.monotonic() - began:.2f} s]"
        )


def shortened(text: str) -> str:
    """Return text that leaves a line readable."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def told(refused: BridgeError | None) -> str:
    """Return what a refusal said."""
    return refused.message if refused else "it was not refused"


def with_json[T](call: Call[T]) -> Call[tuple[T, Any]]:
    """Return the same call; its value comes together with the JSON that it was read from."""
    return cast("Call[tuple[T, Any]]", replace(cast("Call[Any]", call), read=lambda value: (call.read(value), value)))
