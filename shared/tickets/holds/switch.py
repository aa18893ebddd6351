"""The one switch that stops the making of work items everywhere; what is there is kept up to date all the same."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypedDict

from pydantic import ConfigDict, Field, StringConstraints

from shared.shown import Moment
from shared.storage import tables
from shared.storage.tables import Table
from shared.times import Times
from shared.validation import Model

_PARTITION, _ROW = "switch", "creation"
_SCHEMA = 1


class SwitchRequest(Model):
    """What `PUT /creation` takes. `reason`: for whoever wonders why."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    stopped: Annotated[bool, Field(strict=True)]
    reason: Annotated[str, StringConstraints(max_length=1_000)] = ""


class SwitchView(TypedDict):
    """Whether creation is stopped, why, and since when it is as it is: null if it never was otherwise."""

    stopped: bool
    reason: str
    changed_at: Moment | None


class Switch:
    """Reads and writes the switch; `is_stopped` may be as old as `switch_known` says."""

    def __init__(self, table: Table, times: Times, clock: Callable[[], float] = time.monotonic) -> None:
        self._table = table
        self._seconds = times.switch_known
        self._clock = clock
        self._known = (float("-inf"), False)

    def is_stopped(self) -> bool:
        """Whether nothing may be created. Raises `TransientError`: who cannot tell creates nothing."""
        read_at, stopped = self._known
        return stopped if self._clock() - read_at < self._seconds else self.view()["stopped"]

    def view(self) -> SwitchView:
        """Return what is stored now."""
        read_at = self._clock()
        row = self._table.get(_PARTITION, _ROW)
        values = row.values if row else {}
        stopped, changed_at = bool(values.get("stopped", False)), values.get("changed_at")
        self._known = (read_at, stopped)
        return {
            "stopped": stopped,
            "reason": str(values.get("reason", "")),
            "changed_at": changed_at.isoformat(timespec="seconds") if isinstance(changed_at, datetime) else None,
        }

    def set(self, request: SwitchRequest) -> SwitchView:
        """Store it; the last one wins."""
        now = self._table.clock.now()
        values: dict[str, tables.Value] = {"schema": _SCHEMA, "changed_at": now, **request.model_dump()}
        self._table.write(_PARTITION, tables.upsert(_ROW, values))
        return self.view()
