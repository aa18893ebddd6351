"""Composition of the edge, the app that the internet reaches: one key to judge deliveries by, one queue to put them on.

It imports nothing that works on tickets or tokens and nothing of Key Vault, so that what runs here cannot do what the
edge's identity may not do either. One app that does everything takes its deliveries in the same way.
"""

import os
from collections.abc import Mapping

from shared.once import once
from shared.settings import EdgeSettings
from shared.storage.account import Account
from shared.storage.identity import own_identity
from shared.storage.queues import Queue
from shared.tickets.observing.hook_events import QUEUE


class Edge:
    """Everything that the edge's triggers may ask for. Reading any of it may raise `ConfigurationError`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    @once
    def settings(self) -> EdgeSettings:
        """The settings that taking a delivery needs, judged all together."""
        return EdgeSettings.read(self._environment)

    @once
    def hook_events(self) -> Queue:
        """The queue that hooks are put on."""
        storage = self.settings.queue
        return Queue(Account(storage, lambda: own_identity(storage.client_id)), QUEUE)


edge = Edge(os.environ)
"""This process's edge."""
