"""Faults on demand: which request is to go wrong, how, and how often.

A request that is `held` is cut, and carried out when `POST /_simulator/releases` says so: later than any look-up,
however slow the machine is. `late:SECONDS` does so by the clock.
"""

import re
import threading
from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_WITH_NUMBER = ("status", "retry_after", "latency", "late")
_WITHOUT = ("drop_before", "drop_after", "sign_in_page", "held")


@dataclass
class Fault:
    """One fault. `times` counts down; None is for ever."""

    kind: str
    number: float
    method: str | None
    path: re.Pattern[str]
    body: re.Pattern[bytes] | None
    times: int | None
    asked: dict[str, Any] = field(default_factory=dict)

    def matches(self, method: str, path: str, body: bytes) -> bool:
        """Tell whether this request is meant; the path is decoded and without query."""
        is_method = self.method is None or self.method == method
        return is_method and bool(self.path.search(path)) and (self.body is None or bool(self.body.search(body)))

    @property
    def label(self) -> str:
        """Under what it is counted: what the request for it says, or its kind."""
        return str(self.asked.get("label") or self.kind)

    def shown(self) -> dict[str, Any]:
        """Return the fault as it was asked for, with what is left of it."""
        return self.asked | {"times": self.times}


def read(asked: dict[str, Any]) -> Fault:
    """Return the fault that a control request describes. Raises `ValueError` with what is wrong with it."""
    kind, _, number = str(asked.get("fault", "")).partition(":")
    if kind not in _WITHOUT and not (kind in _WITH_NUMBER and number):
        raise ValueError(f"fault is one of {', '.join(_WITHOUT)} or {':N, '.join(_WITH_NUMBER)}:N")
    method, path, body = _match(asked.get("match", ""))
    return Fault(
        kind=kind,
        number=float(number or 0),
        method=method,
        path=re.compile(path, re.IGNORECASE),
        body=re.compile(body.encode()) if body else None,
        times=asked.get("times", 1),
        asked=dict(asked),
    )


def _match(match: Any) -> tuple[str | None, str, str]:
    if isinstance(match, dict):
        method = match.get("method")
        return (method.upper() if method else None), str(match.get("path", "")), str(match.get("body", ""))
    method, _, pattern = str(match).partition(" ")
    return (method, pattern, "") if method in _METHODS else (None, str(match), "")


class Faults:
    """The faults that are waiting for their request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._happened: Counter[str] = Counter()
        self._held: list[Future[None]] = []

    def add(self, fault: Fault) -> None:
        """Arm a fault."""
        with self._lock:
            self._waiting.append(fault)

    def take(self, method: str, path: str, body: bytes = b"") -> Fault | None:
        """Return the fault for this request, if any, and count it."""
        with self._lock:
            for fault in self._waiting:
                if fault.matches(method, path, body):
                    self._count(fault)
                    self._happened[fault.label] += 1
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

    def happened(self) -> dict[str, int]:
        """Return how many faults met their request, by label, since the start."""
        with self._lock:
            return dict(self._happened)

    def hold(self) -> Future[None]:
        """Return what is done at the next release."""
        with self._lock:
            held: Future[None] = Future()
            self._held.append(held)
            return held

    def release(self) -> None:
        """Let what is held be carried out."""
        with self._lock:
            released, self._held = self._held, []
        for held in released:
            held.set_result(None)

    def clear(self) -> None:
        """Forget all faults that are waiting."""
        with self._lock:
            self._waiting.clear()
