"""Ctrl-C and its relatives, none of which is lost.

Where Python ignores exceptions, as in a finalizer, it drops the one that a signal raises there. So that somebody asked
to stop is remembered as well, and asked about before each step.
https://docs.python.org/3/library/sys.html#sys.unraisablehook
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_asked = [False]


def listen() -> None:
    """Let each of `SIGNALS` raise `KeyboardInterrupt`, at once or before the next step."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)


def check() -> None:
    """Raise `KeyboardInterrupt` if that is still to be done."""
    if _asked[0]:
        raise KeyboardInterrupt


@contextmanager
def ignored() -> Iterator[None]:
    """Do something to its end, however often somebody presses Ctrl-C."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    _asked[0] = False
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_: int, __: FrameType | None) -> None:
    _asked[0] = True
    raise KeyboardInterrupt
