"""`make smoke`: see the README. Exit status 0: everything that our code relies on holds, and nothing was left behind.

1: something does not hold, was not seen or was left behind; 2: it could not start; 130: it was interrupted.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress

from local.smoke import interruption, report
from local.smoke.clean_up import clean_up
from local.smoke.entrance import NoEntryError, enter
from local.smoke.options import Options, OptionsError
from local.smoke.run import Place, Run
from local.smoke.signing_in import signed_in
from local.smoke.story import tell
from local.smoke.wire import Wire
from shared.azure_devops.organisation import new_session

_INTERRUPTED = 130


def main() -> int:
    """Read the environment and run; return the exit status."""
    try:
        options = Options.read(os.environ)
    except OptionsError as error:
        print(error, file=sys.stderr)
        return 2
    interruption.listen()
    return smoke(options, _print)


def smoke(options: Options, say: Callable[[str], None]) -> int:
    """Make one run and return its exit status; whatever happens after the first create, all of it is removed."""
    with new_session() as session, signed_in(options, session) as (organisation, tokens):
        wire = Wire()
        wire.watch(session)
        run = Run(options, session, organisation, tokens, wire, say)
        say(f"{options.url}, project {options.project}, signed in by {options.signs_in_by}")
        try:
            place = enter(run)
        except NoEntryError as error:
            say(f"\n{error}\nNothing was made.")
            return 2
        except KeyboardInterrupt:
            interruption.taken()
            say("Interrupted. Nothing was made.")
            return _INTERRUPTED
        return _told(run, place)


def _told(run: Run, place: Place) -> int:
    run.say(f"What is made carries the tag {run.mark.tag} and is removed at the end.")
    interrupted = False
    try:
        tell(run, place)
    except KeyboardInterrupt:
        interruption.taken()
        interrupted = True
        run.say("Interrupted.")
    finally:
        with interruption.ignored():
            run.say("Cleaning up ...")
            left = clean_up(run, place)
            for each in left or ["Everything that was made is removed."]:
                run.say(f"     {'LEFT BEHIND: ' if left else ''}{each}")
    run.say("")
    for line in report.lines(run):
        run.say(line)
    if run.options.result:
        report.write(run, left, run.options.result)
    if interrupted:
        return _INTERRUPTED
    return 0 if report.all_relied_on_hold(run) and not left else 1


def _print(text: str) -> None:
    """Print text that cannot move the cursor or change colours: much of it comes over the wire."""
    with suppress(OSError):  # that nobody reads it any more is no reason to leave things behind
        print("".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text), flush=True)


if __name__ == "__main__":
    sys.exit(main())
