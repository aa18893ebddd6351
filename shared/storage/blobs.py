"""Blobs that are read whole, bounded in size."""

from azure.core.exceptions import AzureError, ResourceNotFoundError

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
