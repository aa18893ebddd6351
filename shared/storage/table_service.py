"""Requests to Table Storage that we write and read ourselves, by the SDK's client.

Sign-in, retries until an answer begins, and hooks are the SDK's. Its models are not used: they take many times the
processor's time for a row (`python -m bench tables`).
https://learn.microsoft.com/rest/api/storageservices/table-service-rest-api
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from azure.data.tables import TableClient

NO_TABLE, _IS_THERE = "TableNotFound", "TableAlreadyExists"
NO_ROW = ("ResourceNotFound", "EntityNotFound")
OTHERWISE = (*NO_ROW, "EntityAlreadyExists", "UpdateConditionNotSatisfied", "ConditionNotMet")
"""What is said of a row that is not as a write expects.

https://learn.microsoft.com/rest/api/storageservices/table-service-error-codes
"""
ACCEPT = {"Accept": "application/json;odata=minimalmetadata", "DataServiceVersion": "3.0"}
_HEADERS = {
    **ACCEPT,
    "MaxDataServiceVersion": "3.0;NetFx",
    "x-ms-version": "2019-02-02",
}
_INDEX = re.compile(r"(\d+):")


class StorageRefusedError(Exception):
    """The service did not do what it was asked; `index` is the position of the write that it says is to blame."""

    def __init__(self, status: int, answer: str, code: str = "") -> None:
        said, message = _said(answer)
        self.status = status
        self.code = said or code
        super().__init__(f"Table Storage answered {status} {self.code}: {message}")
        found = _INDEX.match(message)
        self.index = int(found[1]) if found else 0


class UnreadableAnswerError(Exception):
    """An answer is not what the service says: nobody knows what became of what was asked."""


def ask(
    client: "TableClient",
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
) -> HttpResponse:
    """Return the answer, read. Raises `StorageRefusedError`, and `AzureError` when there is none."""
    request = HttpRequest(method, url, headers={**_HEADERS, **(headers or {})}, content=content)
    try:
        response = _answer(client, request)
    except _TornError:
        if method != "GET":  # a write may be done: what that means, each caller knows
            raise
        response = _answer(client, request)
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        raise StorageRefusedError(response.status_code, text(response), response.headers.get("x-ms-error-code", ""))
    return response


class _TornError(AzureError):
    """An answer began, and did not come to its end."""


def _answer(client: "TableClient", request: HttpRequest) -> HttpResponse:
    # The SDK sends its own transactions by this, and has no public name for it.
    response: HttpResponse = client._client.send_request(request, stream=True)  # noqa: SLF001
    try:
        response.read()
    except AzureError as error:
        raise _TornError(str(error)) from error
    return response


def text(response: HttpResponse) -> str:
    """Return what an answer says, whatever a proxy calls its bytes."""
    return response.content.decode("utf-8", "replace")


def url_of(client: "TableClient") -> str:
    """Return where the client's table is."""
    return f"{client.url}/{client.table_name}"


def make_table(client: "TableClient") -> None:
    """Make the table unless somebody else has. Raises as `ask`."""
    headers = {"Content-Type": "application/json", "Prefer": "return-no-content"}
    try:
        ask(client, "POST", f"{client.url}/Tables", headers, json.dumps({"TableName": client.table_name}).encode())
    except StorageRefusedError as error:
        if error.code != _IS_THERE:
            raise


def _said(answer: str) -> tuple[str, str]:
    """Return the code and the message of an error, empty where there are none."""
    try:
        error = json.loads(answer)["odata.error"]
        return str(error["code"]), str(error["message"]["value"])
    except (ValueError, LookupError, TypeError):
        return "", ""
