"""What is kept of a failed message, bounded: its payload may be anything that anybody sends."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypedDict

from shared.errors import BridgeError, FieldProblem, RejectedRequestError
from shared.shown import Moment
from shared.storage.tables import Row, Value
from shared.tickets.vulnerabilities.snapshots import MAX_NAME

SCHEMA = 1
MAX_TEXT = 2_000
_MAX_PROBLEMS = 30_000  # characters, of the 32,768 that a property holds
_PART = 48 * 1024  # of the 64 KiB that a property holds and a message may have
_PREVIEW = 5_000
_END_OF_TIME = 10**13 - 1

type Code = Literal["refused", "no_result"]


class SubjectAsset(TypedDict):
    """An asset as a message that may be wrong names it."""

    kind: str
    id: str


class FailedMessageView(TypedDict):
    """A failed message as the API shows it; vulnerability and asset are null where the message cannot be read."""

    id: str
    queue: str
    message: str
    sent_at: Moment
    failed_at: Moment
    code: Code
    reason: str
    hint: str
    problems: Sequence[FieldProblem]
    vulnerability: str | None
    asset: SubjectAsset | None
    payload: str
    payload_bytes: int


@dataclass(frozen=True, slots=True)
class Subject:
    """Which vulnerability of which asset a message is about, as far as it can be read."""

    vulnerability: str | None = None
    asset: SubjectAsset | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it failed: `refused` for good, or `no_result` from any of the times it was tried."""

    code: Code
    message: str
    hint: str
    problems: Sequence[FieldProblem] = ()

    @classmethod
    def of(cls, error: BridgeError) -> "Reason":
        """Return the reason in an error that trying again does not mend."""
        problems = error.problems if isinstance(error, RejectedRequestError) else ()
        return cls("refused", error.message[:MAX_TEXT], error.hint[:MAX_TEXT], problems)


@dataclass(frozen=True, slots=True)
class FailedMessage:
    """One message: `id` is its id on the queue, `sent_at` when it was put there; both are the storage service's."""

    queue: str
    message: str
    payload: bytes
    sent_at: datetime
    failed_at: datetime
    reason: Reason
    subject: Subject = field(default_factory=Subject)

    @property
    def id(self) -> str:
        """Its id in the API: the same however often it fails, and those sent later come first in order."""
        return f"{_later_first(self.sent_at)}{hashlib.sha256(f'{self.queue} {self.message}'.encode()).hexdigest()[:16]}"


def first_id_before(moment: datetime) -> str:
    """Return what sorts before the ids of all messages sent before a moment, and after those of the others."""
    return f"{_later_first(moment)}~"


def _later_first(moment: datetime) -> str:
    return f"{_END_OF_TIME - int(moment.timestamp() * 1000):013d}"


def row_values(failed: FailedMessage) -> dict[str, Value]:
    """Return the columns of its row."""
    reason = failed.reason
    return {
        "schema": SCHEMA,
        "queue": failed.queue,
        "message": failed.message,
        "payload": failed.payload[:_PART],
        "payload_rest": failed.payload[_PART:],
        "sent_at": failed.sent_at,
        "failed_at": failed.failed_at,
        "code": reason.code,
        "reason": reason.message,
        "hint": reason.hint,
        "problems": _problems_as_text(reason.problems),
        "subject": json.dumps([failed.subject.vulnerability, failed.subject.asset], ensure_ascii=False),
    }


def read(row: Row) -> FailedMessage:
    """Return what `row_values` made."""
    values: Mapping[str, Any] = row.values
    problems = tuple(FieldProblem(one["field"], one["message"]) for one in json.loads(values["problems"]))
    return FailedMessage(
        queue=values["queue"],
        message=values["message"],
        payload=values["payload"] + values["payload_rest"],
        sent_at=values["sent_at"],
        failed_at=values["failed_at"],
        reason=Reason(values["code"], values["reason"], values["hint"], problems),
        subject=Subject(*json.loads(values["subject"])),
    )


def view(failed: FailedMessage, *, whole: bool = False) -> FailedMessageView:
    """Return what the API shows; in a list, the first 5,000 characters of the payload."""
    text = failed.payload.decode("utf-8", "replace")
    return {
        "id": failed.id,
        "queue": failed.queue,
        "message": failed.message,
        "sent_at": moment(failed.sent_at),
        "failed_at": moment(failed.failed_at),
        "code": failed.reason.code,
        "reason": failed.reason.message,
        "hint": failed.reason.hint,
        "problems": failed.reason.problems,
        "vulnerability": failed.subject.vulnerability,
        "asset": failed.subject.asset,
        "payload": text if whole else text[:_PREVIEW],
        "payload_bytes": len(failed.payload),
    }


def moment(value: datetime) -> str:
    """Return a time as all our messages write it."""
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def subject_of(content: object) -> Subject:
    """Read what a message is about from its JSON, which may be anything."""
    vulnerability = _child(content, "vulnerability")
    asset = _child(vulnerability, "asset")
    kind, asset_id = _name(asset.get("kind")), _name(asset.get("id"))
    return Subject(_name(vulnerability.get("id")), {"kind": kind, "id": asset_id} if kind and asset_id else None)


def _child(value: object, name: str) -> Mapping[str, Any]:
    child = value.get(name) if isinstance(value, Mapping) else None
    return child if isinstance(child, Mapping) else {}


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= MAX_NAME else None


def _problems_as_text(problems: Sequence[FieldProblem]) -> str:
    """As many as a property holds."""
    kept = [{"field": p.field[:MAX_TEXT], "message": p.message[:MAX_TEXT]} for p in problems]
    while len(text := json.dumps(kept, ensure_ascii=False)) > _MAX_PROBLEMS:
        kept.pop()
    return text
