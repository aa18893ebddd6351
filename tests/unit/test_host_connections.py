"""Which storage account a connection's settings lead to."""

import pytest

from local.host.connections import queue_service


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"Storage": "UseDevelopmentStorage=true"}, "http://127.0.0.1:10001/devstoreaccount1/"),
        (
            {"Storage": "AccountName=a;AccountKey=a2V5;QueueEndpoint=http://127.0.0.1:5/a"},
            "http://127.0.0.1:5/a/",
        ),
        ({"Storage__accountName": "acc"}, "https://acc.queue.core.windows.net/"),
        (
            {"Storage__queueServiceUri": "https://q.example.org", "Storage__accountName": "acc"},
            "https://q.example.org/",
        ),
        ({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}, "http://127.0.0.1:10001/devstoreaccount1/"),
    ],
)
def test_the_account(settings: dict[str, str], url: str) -> None:
    assert queue_service("Storage", settings, sockets=1).url == url
