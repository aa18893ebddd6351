"""A process that is stopped (SIGSTOP) at one of its calls, and goes on later with what it had in mind."""

import logging
import os
import signal
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import ForkServerProcess

from shared.errors import ConflictError, TransientError
from tests.functional.kills.processes import FORKS, LONGEST, Invocation, SurvivedError, invoke, services_of
from tests.functional.kills.tapped import Calls, Moment

_STOPPED = "stopped"


class Frozen:
    """It stands still until it is thawed."""

    def __init__(self, process: ForkServerProcess, pipe: Pipe) -> None:
        self._process = process
        self._pipe = pipe
        self._since = time.monotonic()

    def thaw(self, *, after: float) -> None:
        """Let it go on when it stood still for that many seconds, and wait for its end.

        Raises `AssertionError` if that is another one than may be: done, to be done again, or overtaken.
        """
        time.sleep(max(0.0, self._since + after - time.monotonic()))
        end = time.monotonic() + LONGEST
        while not self._pipe.poll(0.1):
            assert time.monotonic() < end, "it never ended"
            # Again and again: it may have been about to stop when it was told to go on.
            with suppress(ProcessLookupError):  # it ended just now
                os.kill(self._process.pid or 0, signal.SIGCONT)
        error = self._pipe.recv()
        assert not error, error


@contextmanager
def frozen(environment: Mapping[str, str], invocation: Invocation, moment: Moment) -> Iterator[Frozen]:
    """Run an invocation up to a moment; it is gone when the block ends.

    Raises `SurvivedError` when it took another way than to that moment.
    """
    ours, theirs = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_freeze, args=(theirs, environment, invocation, moment), daemon=True)
    process.start()
    theirs.close()
    try:
        assert ours.poll(LONGEST), "it never came anywhere"
        told = ours.recv()
        if told != _STOPPED:
            raise SurvivedError(f"{moment} never came: {told}")
        yield Frozen(process, ours)
    finally:
        process.kill()  # nothing less reaches a process that stands still
        process.join(LONGEST)
        ours.close()


def _freeze(pipe: Pipe, environment: Mapping[str, str], invocation: Invocation, moment: Moment) -> None:
    logging.disable()

    def stand_still() -> None:
        pipe.send(_STOPPED)
        os.kill(os.getpid(), signal.SIGSTOP)

    try:
        services = services_of(environment)
        Calls(moment, stand_still).tap()
        invoke(services, invocation)
    except (TransientError, ConflictError):  # its message is delivered again; who called reads again
        pipe.send("")
    except Exception:  # noqa: BLE001  told
        pipe.send(traceback.format_exc())
    else:
        pipe.send("")
