"""Counts what a process sends over HTTP, and kills or stops the process at one of these calls.

Everything goes through `requests`: the storage and Key Vault SDKs, the sign-in, and our own client. So one wrapper
around its adapter sees every storage and HTTP call there is, without a list that somebody has to keep up to date.
"""

import os
import re
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

_OWN = re.compile(r"k[0-9a-f]{10}|place\d+|[0-9a-f]{8}(?:\\-[0-9a-f]{4}){3}\\-[0-9a-f]{12}|[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Moment:
    """A call of a process: the one of this number (from 1) among those that are named so, or among all.

    `answered`: when its answer has arrived and before the code sees it; otherwise just before it is sent.
    """

    number: int = 1
    named: str = ""
    answered: bool = False


def die() -> None:
    """End this process as a SIGKILL from outside ends it."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Calls:
    """The calls of one process, by number: their names, and which ran while another one did."""

    moment: Moment | None = None
    reach: Callable[[], None] = die
    """What the process does to itself when it comes to the moment; once, if it goes on after that."""
    names: list[str] = field(default_factory=list)
    parallel: set[int] = field(default_factory=set)
    _reached: bool = False
    _under_way: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tap(self) -> None:
        """From now on see every call of this process."""
        send = HTTPAdapter.send

        def counted(adapter: HTTPAdapter, request: PreparedRequest, *args: Any, **options: Any) -> Response:
            number = self._begin(_name(request))
            try:
                response = send(adapter, request, *args, **options)
                self._look_at(number, answered=True)
                return response
            finally:
                self._end(number)

        HTTPAdapter.send = counted  # type: ignore[method-assign, assignment]

    def _begin(self, name: str) -> int:
        with self._lock:
            self.names.append(name)
            number = len(self.names)
            if self._under_way:
                self.parallel |= self._under_way | {number}
            self._under_way.add(number)
        self._look_at(number, answered=False)
        return number

    def _end(self, number: int) -> None:
        with self._lock:
            self._under_way.discard(number)

    def _look_at(self, number: int, *, answered: bool) -> None:
        moment = self.moment
        if moment is None or self._reached or moment.answered is not answered:
            return
        if self._is_at(moment, number):
            self._reached = True
            self.reach()

    def _is_at(self, moment: Moment, number: int) -> bool:
        named = [other for other in range(1, number + 1) if re.search(moment.named, self.names[other - 1])]
        return len(named) == moment.number and named[-1] == number


def pattern(name: str) -> str:
    """Return what matches a call's name in every place: each has an organisation, an account and ids of its own."""
    return f"^{_OWN.sub('[^/]+', re.escape(name))}$"


def _name(request: PreparedRequest) -> str:
    return f"{request.method} {urlsplit(request.url or '').path}"
