"""How a connection is doing: its `c|` row. While it is paused, its tickets wait and nobody else does."""

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypedDict

from shared.errors import BridgeError, ThrottledError, TransientError
from shared.shown import Moment, moment
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError, Table, Value
from shared.tickets.rows import keys
from shared.times import Times

log = logging.getLogger(__name__)
_TRIES = 10
_MOST_COMPARED = 500
"""Projects of a connection whose comparison is remembered: as many as one property holds; others are compared again."""
_CREDENTIAL = "credential"
_CREDENTIAL_PAUSES = 10  # times `retry`: asking again and again with a dead credential locks accounts
_TROUBLES = 3
_MAX_DOUBLINGS = 4
_BATCH_TROUBLES = 2
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ConnectionProblem:
    """What keeps a connection from working, in words for its administrator."""

    code: str
    message: str
    hint: str


class HealthView(TypedDict):
    """How a connection is doing: until when nothing is sent, and the problem that is not known to be over."""

    paused_until: Moment | None
    problem: ConnectionProblem | None


@dataclass(frozen=True, slots=True)
class Condition:
    """How a connection was doing when it was looked at.

    `paused_for` seconds nothing may be sent. `troubles`: how often in a row Azure DevOps could not be reached.
    `problem`: what kept it from working has not been seen to be over.
    `epochs` by project: of the tables, when the project's work items were last compared with them.
    """

    paused_for: float = 0.0
    troubles: int = 0
    problem: bool = False
    single_calls: bool = False
    epochs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """Reads and writes how connections are doing."""

    table: Table
    times: Times

    def of(self, connection: str) -> Condition:
        """Return how a connection is doing."""
        values = self._values(self.table.get(connection, keys.OPERATIONS_ROW))
        return Condition(
            paused_for=max(0.0, (_moment(values.get("paused_until")) - self.table.clock.now()).total_seconds()),
            troubles=_number(values.get("troubles")),
            problem=bool(values.get("problem")),
            single_calls=_number(values.get("batch_troubles")) >= _BATCH_TROUBLES,
            epochs=_epochs(values),
        )

    def pause(self, connection: str, error: BridgeError) -> float:
        """Send nothing for as long as an error asks for, and say why; return the seconds."""
        if isinstance(error, ThrottledError):
            code, seconds = "throttled", error.retry_after
        else:
            code, seconds = _CREDENTIAL, self.times.retry * _CREDENTIAL_PAUSES
        self._pause(connection, seconds, code, error)
        return seconds

    def trouble(self, connection: str, error: TransientError) -> float:
        """Azure DevOps could not be reached, or did not answer: return for how long nothing is sent, 0 if it is.

        One lost answer says nothing of the connection; the third in a row does, and then the pauses grow.
        """
        self._change(connection, lambda values: {"troubles": _number(values.get("troubles")) + 1})
        troubles = self.of(connection).troubles
        if troubles < _TROUBLES:
            return 0.0
        seconds = self.times.retry * float(2 ** min(troubles - _TROUBLES, _MAX_DOUBLINGS))
        self._pause(connection, seconds, "unreachable", error)
        return seconds

    def well(self, connection: str) -> None:
        """Azure DevOps answered as it should."""
        self._change(connection, lambda _: {"troubles": 0, "problem": ""})

    def batch_trouble(self, connection: str) -> None:
        """A batch was answered as a whole; the second time, the connection changes to single calls."""
        self._change(connection, lambda values: {"batch_troubles": _number(values.get("batch_troubles")) + 1})

    def compared(self, connection: str, project: str, epoch: int) -> None:
        """Remember that all work items of a project that carry tickets were compared with the tables."""

        def changes(values: Mapping[str, Value]) -> Mapping[str, Value]:
            others = {name: known for name, known in _epochs(values).items() if name != project}
            latest = dict([*others.items(), (project, epoch)][-_MOST_COMPARED:])
            return {"epochs": json.dumps(latest)}

        self._change(connection, changes)

    def forget_comparisons(self, connection: str) -> None:
        """The tables may be older than the work items: nothing is created before they were compared."""
        self._change(connection, lambda _: {"epochs": "{}"})

    def resume(self, connection: str) -> None:
        """The cause was removed: go on at once."""
        self._change(connection, lambda _: {"paused_until": _NEVER, "problem": "", "troubles": 0, "batch_troubles": 0})

    def credential_renewed(self, connection: str) -> None:
        """Go on at once if it was the credential that kept a connection from working."""
        problem = self._values(self.table.get(connection, keys.OPERATIONS_ROW)).get("problem")
        if problem and json.loads(str(problem))["code"] == _CREDENTIAL:
            self.resume(connection)

    def _pause(self, connection: str, seconds: float, code: str, error: BridgeError) -> None:
        problem = json.dumps(asdict(ConnectionProblem(code, error.message, error.hint)))
        longest = max(seconds, self.of(connection).paused_for)  # another worker may have been told to wait longer
        until = self.table.clock.now() + timedelta(seconds=longest)
        log.warning("connection waits, %s: %s", code, connection)  # infra/alerts.bicep looks for this line
        self._change(connection, lambda _: {"paused_until": until, "problem": problem})

    def _change(self, connection: str, changes: Callable[[Mapping[str, Value]], Mapping[str, Value]]) -> None:
        """Change some properties of the row, whoever else does."""
        for _ in range(_TRIES):
            row = self.table.get(connection, keys.OPERATIONS_ROW)
            before = self._values(row)
            values = {**before, **changes(before), "schema": 1}
            key = keys.OPERATIONS_ROW
            write = tables.replace(key, values, row.etag) if row else tables.create(key, values)
            with suppress(RowChangedError):
                self.table.write(connection, write)
                return
        raise TransientError("The state of a connection is being changed by too many workers at once.")

    def _values(self, row: Row | None) -> Mapping[str, Value]:
        return row.values if row else {}


def health_view(row: Row | None, now: datetime) -> HealthView:
    """Return what the API shows of a connection's `c|` row."""
    values: Mapping[str, Value] = row.values if row else {}
    until, problem = _moment(values.get("paused_until")), values.get("problem")
    return {
        "paused_until": moment(until) if until > now else None,
        "problem": json.loads(str(problem)) if problem else None,
    }


def _epochs(values: Mapping[str, Value]) -> dict[str, int]:
    return dict(json.loads(str(values.get("epochs", "{}"))))


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else _NEVER


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
