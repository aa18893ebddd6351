"""An interruption is not lost, even where Python drops the exception that it raises.

Each runs in a process of its own: signals and the one alarm of a process are what it is about.
"""

import subprocess
import sys
from textwrap import dedent

import pytest

from local.processes import REPOSITORY
from local.smoke import interruption


def said_by(program: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", dedent(program)], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


@pytest.mark.parametrize("number", [one.name for one in interruption.SIGNALS])
def test_one_that_is_dropped_is_raised_again_until_it_is_taken(number: str) -> None:
    said = said_by(f"""
        import signal, sys, time
        from local.smoke import interruption

        class Finalized:
            def __del__(self):
                signal.raise_signal(signal.{number})

        sys.unraisablehook = lambda dropped: print("dropped", dropped.exc_type.__name__)
        interruption._AGAIN_AFTER = 2.0
        interruption.listen()
        try:
            Finalized()
            time.sleep(30)
        except KeyboardInterrupt:
            interruption.taken()
            print("raised again")
        time.sleep(3 * interruption._AGAIN_AFTER)
        print("and no more")
    """)

    assert said == ["dropped KeyboardInterrupt", "raised again", "and no more"]


def test_what_is_done_to_its_end_is_not_interrupted() -> None:
    said = said_by("""
        import signal, time
        from local.smoke import interruption

        interruption._AGAIN_AFTER = 2.0
        interruption.listen()
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            with interruption.ignored():
                signal.raise_signal(signal.SIGINT)
                time.sleep(3 * interruption._AGAIN_AFTER)
                print("done")
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            print("interrupted")
            interruption.taken()
    """)

    assert said == ["done", "interrupted"]
