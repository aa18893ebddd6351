"""The log of a run: one JSON object a line, with the time since its start; what is needed to understand a replay."""

import json
import threading
import time
from pathlib import Path
from typing import Any


class Record:
    """Written as it happens, so that a run that is broken off leaves one too."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.path = file
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._file = file.open("w", encoding="utf-8")

    def __call__(self, action: str, **details: Any) -> None:
        """Note that something was done."""
        line = {"at": round(time.monotonic() - self._started, 3), "action": action, **details}
        with self._lock:
            if not self._file.closed:
                self._file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")

    def close(self) -> None:
        """Write what is left."""
        with self._lock:
            self._file.close()
