"""One message on `ticket-requests`: a snapshot, or the name of the blob that holds one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.errors import FieldProblem, RejectedRequestError
from shared.storage import blobs
from shared.storage.account import Account
from shared.telemetry import metrics
from shared.tickets.failed_messages.fail import REQUESTS as QUEUE
from shared.tickets.failed_messages.fail import Fail
from shared.tickets.failed_messages.records import FailedMessage, Reason, subject_of
from shared.tickets.failed_messages.resends import Resends
from shared.tickets.intake.submit import Submit
from shared.tickets.vulnerabilities.snapshots import SCHEMA, read_snapshot
from shared.validation import parse_json

CONTAINER = "ticket-requests"
_MAX_BLOB = 16 * 1024 * 1024
_MAX_NAME = 1024


@dataclass(frozen=True, slots=True)
class TicketRequests:
    """The use case behind the queue trigger."""

    submit: Submit
    fail: Fail
    resends: Resends
    account: Account

    def take(self, message: str, body: bytes, enqueued_at: datetime) -> str | None:
        """Accept the snapshot in a message and return its ticket's id, or keep why it never can be one.

        Raises `TransientError` when storage does not answer; the message is then delivered again.
        """
        content: Any = None
        with self.resends.noting(QUEUE, body):
            try:
                content = self._content(body)
                return self.submit.one(read_snapshot(content), enqueued_at)
            except RejectedRequestError as error:
                metrics.snapshots.add(1, {"outcome": "refused"})
                now = self.fail.messages.now()
                subject = subject_of(content)
                self.fail(FailedMessage(QUEUE, message, body, enqueued_at, now, Reason.of(error), subject))
                return None

    def _content(self, body: bytes) -> Any:
        value = parse_json(body, what="message")
        if not (isinstance(value, dict) and "blob" in value):
            return value
        name = value["blob"]
        if value.get("schema") != SCHEMA or not _is_blob_name(name):
            problem = FieldProblem("/blob", "must be the name of a blob, with schema 1 beside it")
            raise RejectedRequestError(
                "The message names no blob that can be read.",
                hint=f'Send {{"schema": {SCHEMA}, "blob": "name"}} after uploading to container {CONTAINER}.',
                problems=[problem],
                status=422,
            )
        return parse_json(blobs.read(self.account, CONTAINER, name, limit=_MAX_BLOB), what="blob")


def _is_blob_name(name: object) -> bool:
    """https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata"""
    if not isinstance(name, str) or not 0 < len(name) <= _MAX_NAME or not name.isprintable():
        return False
    # A client takes "..", as in any URL, for the folder above: another container.
    return "\\" not in name and {"", ".", ".."}.isdisjoint(name.split("/"))
