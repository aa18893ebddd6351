"""One invocation of a function: a part of its sender's trace, and one line in the log."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from opentelemetry.trace import SpanKind

from shared.telemetry.traces import correlation_id, entered

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Invocation:
    """What is logged of one invocation at its end: how it ended, and what it was about."""

    outcome: str = "done"
    about: dict[str, object] = field(default_factory=dict)
    level: int = logging.INFO


@contextmanager
def invocation(name: str, sent_with: object = "", kind: SpanKind = SpanKind.CONSUMER) -> Iterator[Invocation]:
    """Go on with a sender's trace while a function runs, and log the function's one line.

    `sent_with` is the `traceparent` that came with the request. One that cannot be read is none; then it is the host's
    trace, or a new one.
    """
    done, started = Invocation(), time.monotonic()
    with entered(name, sent_with, kind):
        try:
            yield done
        except BaseException as error:
            done.outcome, done.level = type(error).__name__, logging.ERROR
            raise
        finally:
            _log(name, done, time.monotonic() - started)


def _log(name: str, done: Invocation, seconds: float) -> None:
    ended = {"outcome": done.outcome, "seconds": round(seconds, 3), "correlation_id": correlation_id()}
    log.log(done.level, "%s: %s", name, done.outcome, extra={**done.about, "function": name, **ended})
