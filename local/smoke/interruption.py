"""Ctrl-C and its relatives, none of which is lost.

Where Python ignores exceptions, as in a finalizer, it drops the one that a signal raises there. So it is raised again
and again, until somebody says that it was taken.
https://docs.python.org/3/library/sys.html#sys.unraisablehook
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_AGAIN_AFTER = 0.5


def listen() -> None:
    """Let each of `SIGNALS` raise `KeyboardInterrupt`, which whoever catches it has to say by `taken`."""
    for number in (*SIGNALS, signal.SIGALRM):
        signal.signal(number, _interrupt)


def taken() -> None:
    """It was caught, and is not raised again."""
    signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def ignored() -> Iterator[None]:
    """Do something to its end, however often somebody presses Ctrl-C."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    taken()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_: int, __: FrameType | None) -> None:
    signal.setitimer(signal.ITIMER_REAL, _AGAIN_AFTER)
    raise KeyboardInterrupt
