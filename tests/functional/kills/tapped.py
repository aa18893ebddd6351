"""Counts what a process sends over HTTP, and kills the process at one of these calls.

Everything goes through `requests`: the storage and Key Vault SDKs, the sign-in, and our own client. So one wrapper
around its adapter sees every storage and HTTP call there is, without a list that somebody has to keep up to date.
"""

import os
import re
import signal
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter


@dataclass(frozen=True, slots=True)
class Kill:
    """When to die: at the call of this number (from 1), or at the first one that is named so.

    `answered`: when its answer has arrived and before the code sees it; otherwise just before it is sent.
    """

    number: int = 0
    named: str = ""
    answered: bool = False


@dataclass
class Calls:
    """The calls of one process, by number: their names, and which ran while another one did."""

    kill: Kill | None = None
    names: list[str] = field(default_factory=list)
    parallel: set[int] = field(default_factory=set)
    _under_way: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tap(self) -> None:
        """From now on see every call of this process."""
        send = HTTPAdapter.send

        def counted(adapter: HTTPAdapter, request: PreparedRequest, *args: Any, **options: Any) -> Response:
            number = self._begin(_name(request))
            try:
                response = send(adapter, request, *args, **options)
                self._maybe_die(number, answered=True)
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
        self._maybe_die(number, answered=False)
        return number

    def _end(self, number: int) -> None:
        with self._lock:
            self._under_way.discard(number)

    def _maybe_die(self, number: int, *, answered: bool) -> None:
        kill = self.kill
        if kill is None or kill.answered is not answered:
            return
        if number == kill.number or (kill.named and re.search(kill.named, self.names[number - 1])):
            os.kill(os.getpid(), signal.SIGKILL)


def _name(request: PreparedRequest) -> str:
    return f"{request.method} {urlsplit(request.url or '').path}"
