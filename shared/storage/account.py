"""Opens the clients of one storage account, by connection string or by identity, and keeps its time."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from shared.settings import StorageAccount

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline import PipelineResponse
    from azure.core.pipeline.transport import RequestsTransport
    from azure.data.tables import TableClient
    from azure.storage.blob import BlobServiceClient
    from azure.storage.queue import QueueServiceClient

# Short: a function that waits minutes inside an SDK holds a message that another host could work on.
_THREADS = 128
_RETRIES = {"retry_total": 3, "connection_timeout": 5, "read_timeout": 20}


class ServerClock:
    """The storage service's time, learned from the Date header of its answers.

    Hosts whose clocks differ by minutes then still agree on when a lease ends. The header counts whole seconds,
    so `now` may be up to a second late, never early: leases end late rather than early.
    """

    def __init__(self, local_now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._local_now = local_now
        self._offset = timedelta()

    def observe(self, date_header: str | None) -> None:
        """Learn from one answer's Date header."""
        if date_header:
            self._offset = parsedate_to_datetime(date_header) - self._local_now()

    def now(self) -> datetime:
        """The service's time, aware, in UTC."""
        return self._local_now() + self._offset


class Account:
    """One storage account. Clients are made at first use, once, and shared by all threads."""

    def __init__(self, account: StorageAccount, credential: "Callable[[], TokenCredential]") -> None:
        self._account = account
        self._credential = credential
        self._lock = threading.Lock()
        self._clients: dict[tuple[type, str], Any] = {}
        self._transports: dict[type, RequestsTransport] = {}
        """One for all tables, of which each has a client of its own."""
        self.clock = ServerClock()

    def table(self, name: str) -> "TableClient":
        """The client for one of the account's tables.

        Those that a `TableServiceClient` hands out have the same policies, and each new one links them to its own
        pipeline while other threads send through them: an `AttributeError` now and then.
        """
        from azure.data.tables import TableClient  # noqa: PLC0415  a hook never touches a table

        # This SDK takes no policies of its users and says nothing when it is given some; it calls hooks.
        options = {"table_name": name, "raw_response_hook": self._heard, **_RETRIES}
        return self._once(TableClient, self._account.table_uri, options, name)

    def queues(self) -> "QueueServiceClient":
        """The client for the account's queues."""
        from azure.storage.queue import QueueServiceClient  # noqa: PLC0415

        return self._once(QueueServiceClient, self._account.queue_uri, _quick_retries())

    def blobs(self) -> "BlobServiceClient":
        """The client for the account's blobs."""
        from azure.storage.blob import BlobServiceClient  # noqa: PLC0415  most installations send no blob

        return self._once(BlobServiceClient, self._account.blob_uri, _quick_retries())

    def _heard(self, response: "PipelineResponse[Any, Any]") -> None:
        self.clock.observe(response.http_response.headers.get("Date"))

    def _once[C](self, kind: type[C], uri: str, options: dict[str, Any], name: str = "") -> C:
        with self._lock:
            if (kind, name) not in self._clients:
                self._clients[kind, name] = self._open(kind, uri, options)
            client: C = self._clients[kind, name]
            return client

    def _open(self, kind: Any, uri: str, options: dict[str, Any]) -> Any:
        if kind not in self._transports:
            self._transports[kind] = pooled(options["connection_timeout"], options["read_timeout"])
        options = {"transport": self._transports[kind], **options}
        if self._account.connection_string:
            return kind.from_connection_string(self._account.connection_string, **options)
        return kind(uri, credential=self._credential(), **options)


def _quick_retries() -> dict[str, Any]:
    """Queues and blobs back off from 15 s by default: Azure DevOps gives a delivery up long before."""
    from azure.storage.queue import ExponentialRetry  # noqa: PLC0415

    policy = ExponentialRetry(initial_backoff=0, increment_base=2, retry_total=2, random_jitter_range=0)
    return {"retry_policy": policy, "connection_timeout": 3, "read_timeout": 10}


def pooled(connection_timeout: float, read_timeout: float) -> "RequestsTransport":
    """Return a transport that keeps a connection for each of a worker's threads; the default keeps ten.

    Its timeouts, in seconds, are those of the requests: what a client is told of them is for a transport of its own.
    """
    from azure.core.pipeline.transport import RequestsTransport  # noqa: PLC0415
    from requests.adapters import HTTPAdapter  # noqa: PLC0415

    from shared.storage.session import SdkSession  # noqa: PLC0415

    session = SdkSession()
    adapter = HTTPAdapter(pool_maxsize=_THREADS, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    timeouts = {"connection_timeout": connection_timeout, "read_timeout": read_timeout}
    return RequestsTransport(session=session, session_owner=False, **timeouts)
