"""Counts what this process asks of storage, Key Vault and Azure DevOps, request by request."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from urllib.parse import urlsplit

import requests

from local.stack import Stack

KINDS = ("table", "queue", "blob", "vault", "azure_devops", "other")
_OF_PORT = {"azure_devops": "azure_devops", "key_vault": "vault", "table": "table", "queue": "queue", "blob": "blob"}
_SEND = requests.adapters.HTTPAdapter.send


class Requests:
    """What was counted since it was made, by kind; a batch is one request, as it is on the bill."""

    def __init__(self, stack: Stack) -> None:
        self._kinds = {stack.wiring.ports[port]: kind for port, kind in _OF_PORT.items()}
        self._lock = Lock()
        self.counts: Counter[str] = Counter()
        self.partitions: Counter[str] = Counter()
        """Requests by the partition of the table `tickets` that they go to; those in a batch do not say theirs."""

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count until the block ends."""

        def send(
            adapter: requests.adapters.HTTPAdapter, request: requests.PreparedRequest, *args: object, **options: object
        ) -> requests.Response:
            self._count(str(request.url))
            return _SEND(adapter, request, *args, **options)  # type: ignore[arg-type]

        requests.adapters.HTTPAdapter.send = send  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            requests.adapters.HTTPAdapter.send = _SEND  # type: ignore[method-assign]

    def _count(self, url: str) -> None:
        kind = self._kinds.get(urlsplit(url).port or 0, "other")
        partition = re.search(r"/tickets\(PartitionKey='([^']+)'", url)
        with self._lock:
            self.counts[kind] += 1
            if partition:
                self.partitions[partition[1]] += 1

    def each(self, number: float) -> Mapping[str, float]:
        """The counts by kind, divided."""
        return {kind: self.counts[kind] / number for kind in KINDS}
