"""`python -m local.host`: exit code 0 after SIGTERM or SIGINT, 1 when the app cannot be started."""

import asyncio
import logging
import os
import sys

from local.host.options import Options
from local.host.refusal import StartRefusedError
from local.host.serve import run


def main() -> int:
    """Run the host; return the exit code."""
    try:
        finished = asyncio.run(run(Options.parse()))
    except StartRefusedError as error:
        print(error.report(), file=sys.stderr)
        return 1
    if not finished:
        # A function that does not return would hold the process for ever: Python waits for its threads.
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
