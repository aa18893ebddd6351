"""Faults on demand: which request is to go wrong, how, and how often."""

import re
import threading
from dataclasses import dataclass, field
from typing import Any

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_WITH_NUMBER = ("status", "retry_after", "latency", "late")
_WITHOUT = ("drop_before", "drop_after", "sign_in_page")


@dataclass
class Fault:
    """One fault. `times` counts down; None is for ever."""

    kind: str
    number: float
    method: str | None
    path: re.Pattern[str]
    times: int | None
    asked: dict[str, Any] = field(default_factory=dict)

    def matches(self, method: str, path: str) -> bool:
        """Tell whether this request is meant; the path is decoded and without query."""
        return (self.method is None or self.method == method) and self.path.search(path) is not None

    def shown(self) -> dict[str, Any]:
        """Return the fault as it was asked for, with what is left of it."""
        return self.asked | {"times": self.times}


def read(asked: dict[str, Any]) -> Fault:
    """Return the fault that a control request describes. Raises `ValueError` with what is wrong with it."""
    kind, _, number = str(asked.get("fault", "")).partition(":")
    if kind not in _WITHOUT and not (kind in _WITH_NUMBER and number):
        raise ValueError(f"fault is one of {', '.join(_WITHOUT)} or {':N, '.join(_WITH_NUMBER)}:N")
    method, pattern = _match(asked.get("match", ""))
    times = asked.get("times", 1)
    return Fault(kind, float(number or 0), method, re.compile(pattern, re.IGNORECASE), times, dict(asked))


def _match(match: Any) -> tuple[str | None, str]:
    if isinstance(match, dict):
        method = match.get("method")
        return (method.upper() if method else None), str(match.get("path", ""))
    method, _, pattern = str(match).partition(" ")
    return (method, pattern) if method in _METHODS else (None, str(match))


class Faults:
    """The faults that are waiting for their request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Arm a fault."""
        with self._lock:
            self._waiting.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for this request, if any, and count it."""
        with self._lock:
            for fault in self._waiting:
                if fault.matches(method, path):
                    self._count(fault)
                    return fault
        return None

    def _count(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times <= 0:
            self._waiting.remove(fault)

    def waiting(self) -> list[dict[str, Any]]:
        """Return the faults that have not all happened yet."""
        with self._lock:
            return [fault.shown() for fault in self._waiting]

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._waiting.clear()
