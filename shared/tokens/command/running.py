"""One run of the command: what it prints, and its exit status."""

import json
import traceback
from collections.abc import Mapping, Sequence
from typing import TextIO

from shared.errors import (
    BridgeError,
    ConfigurationError,
    ConflictError,
    NotFoundError,
    RejectedRequestError,
    TransientError,
)
from shared.tokens.command.arguments import parsed

DONE, REFUSED, WRONG, LATER, INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: Sequence[str], values: Mapping[str, str], out: TextIO, err: TextIO) -> int:
    """Do what the command line says; returns the exit status. Raises `SystemExit` (2) for a wrong one.

    Answers go to `out`, everything else to `err`.
    """
    asked = parsed(arguments)
    try:
        from shared.tokens.command.commands import Commands  # noqa: PLC0415  a second that --help does not need

        answer, lines = Commands(asked, values, out, lambda text: _write(err, text)).run()
    except BridgeError as error:
        return _failed(error, err)
    except KeyboardInterrupt:
        _write(err, "Interrupted.")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001
        # Where, but not what it says: that may hold a value.
        _write(err, f"This is a defect of the command: {type(error).__name__}")
        err.write("".join(traceback.format_tb(error.__traceback__)))
        return REFUSED
    if asked.json:
        out.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
    else:
        where = err if getattr(asked, "out", None) == "-" else out
        for line in lines:
            _write(where, line)
    return DONE


def _failed(error: BridgeError, err: TextIO) -> int:
    from shared.tokens.command.remedies import hint_of  # noqa: PLC0415

    problems = error.problems if isinstance(error, ConfigurationError) else (error.message,)
    for problem in problems:
        _write(err, problem)
    if hint := hint_of(error):
        _write(err, hint)
    return _status(error)


def _status(error: BridgeError) -> int:
    if isinstance(error, TransientError):
        return LATER
    if isinstance(error, ConfigurationError):
        return WRONG
    wrong = isinstance(error, RejectedRequestError) and not isinstance(error, ConflictError | NotFoundError)
    return WRONG if wrong else REFUSED


def _write(to: TextIO, text: str) -> None:
    """Write a line that cannot move the cursor or change colours: names of tokens are anybody's text."""
    to.write("".join(sign if sign.isprintable() else " " for sign in text) + "\n")
    to.flush()
