"""Blobs that are read and written whole, bounded in size."""

from collections.abc import Iterator
from contextlib import suppress

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError

from shared.errors import NotFoundError, RejectedRequestError, TransientError
from shared.storage.account import Account


def read(account: Account, container: str, name: str, *, limit: int) -> bytes:
    """Return a blob's bytes.

    Raises `NotFoundError` when it is not there, `RejectedRequestError` when it is over `limit` bytes,
    `TransientError` when storage did not answer.
    """
    client = account.blobs().get_blob_client(container, name)
    try:
        stream = client.download_blob()
        if stream.size > limit:
            raise RejectedRequestError(
                f"The blob {container}/{name} has {stream.size} bytes; at most {limit} are read.",
                hint="Send it in several parts.",
                status=413,
            )
        return stream.readall()
    except ResourceNotFoundError as error:
        raise NotFoundError(
            f"There is no blob {name} in container {container}.",
            hint="Upload the blob before the message that names it is sent.",
        ) from error
    except AzureError as error:
        raise TransientError(f"Blob {container}/{name} could not be read.") from error


def write(account: Account, container: str, name: str, content: bytes) -> None:
    """Store a blob, whatever was there; its container is made at its first use. Raises `TransientError`."""
    client = account.blobs().get_container_client(container)
    try:
        try:
            client.upload_blob(name, content, overwrite=True)
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):  # another host may make it first
                client.create_container()
            client.upload_blob(name, content, overwrite=True)
    except AzureError as error:
        raise TransientError(f"Blob {container}/{name} could not be written.") from error


def delete(account: Account, container: str, name: str) -> None:
    """Remove a blob; one that is not there needs nothing. Raises `TransientError`."""
    try:
        account.blobs().get_blob_client(container, name).delete_blob()
    except ResourceNotFoundError:
        return
    except AzureError as error:
        raise TransientError(f"Blob {container}/{name} could not be removed.") from error


def names(account: Account, container: str, prefix: str) -> Iterator[str]:
    """Yield the names of blobs that begin so, none where there is no container. Raises `TransientError`."""
    client = account.blobs().get_container_client(container)
    try:
        yield from client.list_blob_names(name_starts_with=prefix)
    except ResourceNotFoundError:
        return
    except AzureError as error:
        raise TransientError(f"Blobs of container {container} could not be listed.") from error
