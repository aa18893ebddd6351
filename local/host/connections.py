"""How a queue's storage account is reached: a connection string, or service URI and identity.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#connections
"""

from collections.abc import Iterator, Mapping

import requests
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import DefaultAzureCredential
from azure.storage.queue import LinearRetry, QueueServiceClient
from requests.adapters import HTTPAdapter

# Azurite's published account: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
_DEVELOPMENT = "UseDevelopmentStorage=true"
_AZURITE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
)
_URIS = ("queueServiceUri", "serviceUri")


def is_configured(connection: str, settings: Mapping[str, str]) -> bool:
    """Tell whether the settings say how `connection` is reached."""
    return bool(_connection_string(connection, settings) or _service_uri(connection, settings))


def queue_service(connection: str, settings: Mapping[str, str], *, sockets: int) -> QueueServiceClient:
    """Return a client that keeps up to `sockets` connections alive. Opens none yet."""
    options = {
        # The SDK waits 15 s before its first retry; here storage is next door.
        "retry_policy": LinearRetry(backoff=1, retry_total=2, random_jitter_range=0),
        "transport": _transport(sockets),
    }
    text = _connection_string(connection, settings)
    if text:
        text = _AZURITE if text.rstrip(";") == _DEVELOPMENT else text
        return QueueServiceClient.from_connection_string(text, **options)
    client_id = next(_values(connection, ("clientId",), settings), None)
    credential = DefaultAzureCredential(managed_identity_client_id=client_id)
    return QueueServiceClient(_service_uri(connection, settings), credential, **options)


def _transport(sockets: int) -> RequestsTransport:
    # requests keeps 10 connections; each one more would be opened and thrown away again.
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=sockets))
    return RequestsTransport(session=session, session_owner=False)


def _connection_string(connection: str, settings: Mapping[str, str]) -> str:
    return next((settings[name] for name in _names(connection) if settings.get(name)), "")


def _service_uri(connection: str, settings: Mapping[str, str]) -> str:
    account = next(_values(connection, ("accountName",), settings), "")
    derived = f"https://{account}.queue.core.windows.net" if account else ""
    return next(_values(connection, _URIS, settings), derived)


def _values(connection: str, fields: tuple[str, ...], settings: Mapping[str, str]) -> Iterator[str]:
    names = (f"{name}__{field}" for name in _names(connection) for field in fields)
    return (settings[name] for name in names if settings.get(name))


def _names(connection: str) -> tuple[str, str]:
    # The host also finds AzureWebJobsX when a binding says X.
    return (connection, f"AzureWebJobs{connection}")
