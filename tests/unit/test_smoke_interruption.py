"""An interruption is not lost, even where Python drops the exception that it raises."""

import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from local.smoke import interruption


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in interruption.SIGNALS}
    interruption.listen()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    interruption._asked[0] = False


@pytest.mark.parametrize("number", interruption.SIGNALS)
def test_one_that_was_dropped_is_asked_about_before_the_next_step(number: signal.Signals) -> None:
    interruption.check()

    with suppress(KeyboardInterrupt):  # as a finalizer drops it
        signal.raise_signal(number)

    with pytest.raises(KeyboardInterrupt):
        interruption.check()


def test_what_is_done_to_its_end_is_not_interrupted() -> None:
    with suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)

    with interruption.ignored():
        signal.raise_signal(signal.SIGINT)
        interruption.check()

    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
