"""The rival of tickets: a loop that makes each work item with Microsoft's own client for Python.

https://pypi.org/project/azure-devops/
"""

import os
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.functional.bridge import PROJECT, Bridge

# Else it makes a folder in the home directory as soon as it is imported.
os.environ.setdefault("AZURE_DEVOPS_CACHE_DIR", tempfile.gettempdir())
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own affair
    from azure.devops.connection import Connection
    from azure.devops.v7_1.work_item_tracking.models import JsonPatchOperation
    from msrest.authentication import BasicAuthentication


def loop(bridge: Bridge, number: int, threads: int) -> float:
    """Make so many work items as simply as can be, and return how many seconds that took."""
    clients = [_client(bridge) for _ in range(threads)]

    def make(which: int) -> None:
        for at in range(which, number, threads):
            clients[which].create_work_item(_document(bridge.vulnerability(f"V{at}")), PROJECT, "Issue")

    started = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(make, range(threads)))
    seconds = time.monotonic() - started
    made = len(bridge.work_items())
    if made != number:
        raise SystemExit(f"the loop made {made} work items of {number}")
    return seconds


def _client(bridge: Bridge) -> Any:
    url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}"
    credentials = BasicAuthentication("", bridge.token)
    return Connection(base_url=url, creds=credentials).clients_v7_1.get_work_item_tracking_client()


def _document(vulnerability: dict[str, Any]) -> list[Any]:
    fields = {"System.Title": vulnerability["title"], "System.Description": str(vulnerability)}
    return [JsonPatchOperation(op="add", path=f"/fields/{name}", value=value) for name, value in fields.items()]
