"""What a timer remembers across restarts. In Azure it is a blob: `timers/<host id>/<function>/status`."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TimerStatus:
    """`next` is when the timer was due after `last`, by `schedule`. Times are aware."""

    schedule: str
    last: datetime | None
    next: datetime


class TimerStatusFile:
    """One JSON file for each function, replaced as a whole."""

    def __init__(self, folder: Path, function: str) -> None:
        self._path = folder / "timers" / f"{function}.json"

    def read(self) -> TimerStatus | None:
        """Return what was written last; None when nothing was, or when it cannot be read any more."""
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            last = content["last"]
            return TimerStatus(
                schedule=str(content["schedule"]),
                last=datetime.fromisoformat(last) if last else None,
                next=datetime.fromisoformat(content["next"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, status: TimerStatus) -> None:
        """Replace what was written."""
        last = status.last.isoformat() if status.last else None
        content = {"schedule": status.schedule, "last": last, "next": status.next.isoformat()}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(".tmp")
        unfinished.write_text(json.dumps(content), encoding="utf-8")
        unfinished.replace(self._path)
