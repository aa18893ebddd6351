"""`python -m local.host.forked`: starts hosts that need not import anything any more, for whoever starts many.

Imports what a host needs, then forks one for each line of JSON on standard input, {"arguments", "environment", "log"},
and answers its process id. Ends with its input; the hosts do not.
"""

import json
import os
import signal
import sys
from typing import Any, NoReturn

import azure.identity
import azure.keyvault.secrets
import azure.storage.blob
import requests

import function_app
from local.host import __main__ as host

_PRELOADED = (azure.identity, azure.keyvault.secrets, azure.storage.blob, requests, function_app)


def main() -> None:
    """Fork until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel collects those that end
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _become(json.loads(line))
        print(pid, flush=True)


def _become(asked: dict[str, Any]) -> NoReturn:
    for number in (signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    log = os.open(asked["log"], os.O_WRONLY | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = ["local.host", *asked["arguments"]]
    code = 1
    try:
        code = host.main()
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
