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


@dataclass(frozen=True, slots=True)
class Moment:
    """A call of a process: the one of this number (from 1), or the first one that is named so.

    `answered`: when its answer has arrived and before the code sees it; otherwise just before it is sent.
    """

    number: int = 0
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
        if number == moment.number or (moment.named and re.search(moment.named, self.names[number - 1])):
            self._reached = True
            self.reach()


def _name(request: PreparedRequest) -> str:
    return f"{request.method} {urlsplit(request.url or '').path}"
