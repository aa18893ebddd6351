"""What a platform says about one vulnerability, as it comes in: parsed, bounded, canonical.

A ticket request is a snapshot, not a command: the newest one says what is desired. `Vulnerability` is the
contract; unknown fields are ignored, so that a newer platform can talk to an older bridge.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import StrEnum
from itertools import accumulate
from typing import Annotated, Any, Literal, TypedDict

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
)

from shared.errors import FieldProblem, RejectedRequestError
from shared.validation import Model, validated, well_formed

SCHEMA = 1
MAX_TEXT = 100_000
MAX_NAME = 1_000
MAX_ATTACHMENTS = 20
MAX_ATTACHED = 600_000
"""Characters of all attachments of a snapshot together: a row holds 768 KiB, and Base64 is hard to compress."""
_MAX_LEFT_OUT, _MAX_MORE = 20_000, 30
MAX_DEPTH = 32
_FIRST_YEAR = 1970
_CUT = "\n\n[cut here: the text was longer than 100,000 characters]"


class Severity(StrEnum):
    """How bad it is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Status(StrEnum):
    """What the platform knows of the vulnerability itself (not of the work item)."""

    OPEN = "open"
    FIXED = "fixed"
    FALSE_POSITIVE = "false_positive"
    RISK_ACCEPTED = "risk_accepted"


def _clean_tree(value: Any) -> Any:
    """Clean and bound every text in a JSON value; a streaming parser's exact numbers become plain ones."""
    return _cut_tree(json.loads(json.dumps(value, ensure_ascii=False, allow_nan=False, default=float)))


def _cut_tree(value: Any) -> Any:
    match value:
        case str():
            return _cut(value)
        case dict():
            return {well_formed(name): _cut_tree(child) for name, child in value.items()}
        case list():
            return [_cut_tree(child) for child in value]
    return value


def _shallow(value: Any) -> Any:
    """What is nested too deeply could be stored, but never read again."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return value
    raise ValueError(f"must not be nested more than {MAX_DEPTH} levels deep")


def _children(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
    return ()


def _storable(value: datetime) -> datetime:
    """Storage knows no time before 1601, and its client none before the year 1000."""
    if value.year < _FIRST_YEAR:
        raise ValueError(f"must not be before {_FIRST_YEAR}")
    return value


def _cut(value: str) -> str:
    value = well_formed(value)
    return value if len(value) <= MAX_TEXT else value[: MAX_TEXT - len(_CUT)] + _CUT


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return well_formed(value)


def _none_is(default: object) -> Callable[[Any], Any]:
    """Scanners write null for "nothing": take it as the field's default."""
    return lambda value: default if value is None else value


Text = Annotated[str, BeforeValidator(_none_is("")), AfterValidator(_cut)]
_SHOWN = {"pattern": r"\S"}
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME, json_schema_extra=_SHOWN), AfterValidator(_not_blank)]
Names = Annotated[
    tuple[Annotated[str, Field(max_length=4_000), AfterValidator(well_formed)], ...],
    BeforeValidator(_none_is(())),
    Field(max_length=1_000),
]


class _Model(Model):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Asset(_Model):
    """An application or an environment of the platform."""

    kind: Literal["application", "environment"]
    id: Name


class Location(_Model):
    """Where in the source it is; `line` counts from 1."""

    path: Text = ""
    line: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    url: Text = ""
    snippet: Text = ""


class Attachment(_Model):
    """A file that belongs to the evidence: text, or bytes in Base64."""

    name: Name
    content: Annotated[str, AfterValidator(well_formed)]
    encoding: Literal["text", "base64"] = "text"


def _bounded(attachments: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    """Leave out what is too many or too large, and say so in a file of its own: the ticket matters more."""
    kept = _within(attachments, MAX_ATTACHMENTS, MAX_ATTACHED)
    if len(kept) == len(attachments):
        return attachments
    kept = _within(attachments, MAX_ATTACHMENTS - 1, MAX_ATTACHED - _MAX_LEFT_OUT)
    names = [one.name for at, one in enumerate(attachments) if at not in kept]
    words = "These attachments were left out, for they are too many or too large together:"
    listed = _lines([words, *names], _MAX_LEFT_OUT)
    return (*(attachments[at] for at in kept), Attachment(name="left-out.txt", content=listed))


def _within(attachments: tuple[Attachment, ...], most: int, room: int) -> list[int]:
    """Return where those stand that fit."""
    kept: list[int] = []
    for at, one in enumerate(attachments):
        if len(one.content) <= room and len(kept) < most:
            kept.append(at)
            room -= len(one.content)
    return kept


def _lines(lines: list[str], room: int) -> str:
    """Return as many lines as have room, and how many more there are."""
    ends = list(accumulate(len(line) + 1 for line in lines))
    fitting = sum(end <= room - _MAX_MORE for end in ends)
    more = [f"and {len(lines) - fitting} more"] if fitting < len(lines) else []
    return "\n".join([*lines[:fitting], *more])


class Vulnerability(_Model):
    """One vulnerability on one asset. Required: id, asset, title, severity, status."""

    id: Name
    asset: Asset
    title: Annotated[str, Field(json_schema_extra=_SHOWN), AfterValidator(_cut), AfterValidator(_not_blank)]
    severity: Severity
    status: Status
    description: Text = ""
    score: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] | None = None
    observed_at: Annotated[AwareDatetime, AfterValidator(_storable)] | None = None
    sequence: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None
    rule: Text = ""
    component: Text = ""
    location: Location | None = None
    cve: Names = ()
    cwe: Names = ()
    references: Names = ()
    remediation: Text = ""
    due: date | None = None
    url: Text = ""
    tags: Names = ()
    attachments: Annotated[
        tuple[Attachment, ...], BeforeValidator(_none_is(())), AfterValidator(_bounded), Field(max_length=1_000)
    ] = ()
    custom: Annotated[
        dict[str, Any], BeforeValidator(_none_is({})), AfterValidator(_shallow), AfterValidator(_clean_tree)
    ] = Field(default_factory=dict)

    def fingerprint(self) -> str:
        """A hash of what it says, without when it was said: equal ones change nothing."""
        content = self.model_dump(mode="json", exclude={"observed_at", "sequence"}, exclude_defaults=True)
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def packed(self) -> bytes:
        """Return the snapshot compressed."""
        return zlib.compress(self.model_dump_json(exclude_defaults=True).encode())

    @classmethod
    def unpacked(cls, data: bytes) -> "Vulnerability":
        """Return what `packed` made."""
        return cls.model_validate_json(zlib.decompress(data))


class Snapshot(TypedDict):
    """What the platform says of one vulnerability now."""

    schema: Literal[1]
    vulnerability: Vulnerability


def read_snapshot(value: Any) -> Vulnerability:
    """Return the vulnerability in `{"schema": 1, "vulnerability": {…}}`.

    Raises `RejectedRequestError` that names each field that is wrong.
    """
    if not isinstance(value, dict):
        raise _rejected("", "must be an object with schema and vulnerability")
    if value.get("schema") != SCHEMA:
        raise _rejected("/schema", f"must be {SCHEMA}, the schema that this app understands")
    if "vulnerability" not in value:
        raise _rejected("/vulnerability", "is missing")
    return validated(Vulnerability, value["vulnerability"], what="snapshot", at="/vulnerability")


def _rejected(field: str, message: str) -> RejectedRequestError:
    return RejectedRequestError(
        f"The snapshot is not valid: {field or '/'} {message}.",
        hint="The README shows a snapshot.",
        problems=[FieldProblem(field, message)],
        status=422,
    )
