"""The storage accounts that the app's queues are in, and the threads that talk to them.

The queue SDK blocks, so every call runs in a thread: Microsoft's runtime shares the event loop.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from azure.storage.queue import QueueClient, QueueServiceClient

from local.host.connections import queue_service

_THREADS = 8
_RENEWAL_THREADS = 2


class Accounts:
    """Hands out one client for each queue; all queues of a connection share its open sockets."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = settings
        self._services: dict[str, QueueServiceClient] = {}
        self._queues: dict[tuple[str, str], QueueClient] = {}
        self._threads = ThreadPoolExecutor(_THREADS, "storage")
        # A lease that is renewed late is lost, so renewals never wait behind other calls.
        self._renewal_threads = ThreadPoolExecutor(_RENEWAL_THREADS, "renewal")

    def queue(self, connection: str, name: str) -> QueueClient:
        """Return the client of a queue, which sends and receives texts as they are on the wire."""
        key = (connection, name)
        if key not in self._queues:
            self._queues[key] = self._service(connection).get_queue_client(name)
        return self._queues[key]

    async def call[T](self, blocking: Callable[[], T]) -> T:
        """Run a blocking call in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, blocking)

    async def renew[T](self, blocking: Callable[[], T]) -> T:
        """Run a blocking call that must not wait for others."""
        return await asyncio.get_running_loop().run_in_executor(self._renewal_threads, blocking)

    def _service(self, connection: str) -> QueueServiceClient:
        if connection not in self._services:
            sockets = _THREADS + _RENEWAL_THREADS
            self._services[connection] = queue_service(connection, self._settings, sockets=sockets)
        return self._services[connection]
