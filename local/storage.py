"""What `infra/` makes in Azure and Azurite starts without: the queues and the container that others may use first."""

from contextlib import suppress

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

QUEUES = ("ticket-requests", "ticket-work", "registry-work", "service-hook-events", "ticket-updates", "alerts")
CONTAINER = "ticket-requests"


def provide(connection_string: str) -> None:
    """Make what is missing."""
    with QueueServiceClient.from_connection_string(connection_string) as queues:
        for name in QUEUES:
            with suppress(ResourceExistsError):
                queues.create_queue(name)
    with (
        BlobServiceClient.from_connection_string(connection_string) as blobs,
        suppress(ResourceExistsError),
    ):
        blobs.create_container(CONTAINER)
