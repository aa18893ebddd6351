"""The first pass: is it SARIF 2.1.0, and what do its runs say apart from their results?

Members of a JSON object have no order: rules, and even the report's version, may stand after the results.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from shared.errors import FieldProblem, RejectedRequestError
from shared.tickets.sarif.places import Roots
from shared.tickets.sarif.rules import Rules
from shared.tickets.sarif.stream import Event, Reader, TooLargeError, events
from shared.tickets.sarif.values import Json, entries, text
from shared.tickets.vulnerabilities.scans import Scan

_VERSION = "2.1.0"
_MOST_VALUES = 600_000
_MOST_RUNS = 1_000
_KEPT = frozenset(
    {"tool", "artifacts", "originalUriBaseIds", "versionControlProvenance", "invocations", "logicalLocations"}
    | {"automationDetails"}
)
_UNWANTED = frozenset(
    {
        "contents",
        "hashes",
        "toolConfigurationNotifications",
        "toolExecutionNotifications",
        "notifications",
        "taxa",
    }
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run says of all its results."""

    tool: str
    rules: Rules
    roots: Roots
    logical_locations: list[Json]
    scan: Scan

    @classmethod
    def of(cls, members: Json, *, has_results: bool) -> "Run":
        """Return the run with these members; `results` is not one of them, but perhaps was there."""
        return cls(
            tool=text(members, "tool", "driver", "name"),
            rules=Rules(members),
            roots=Roots.of(members),
            logical_locations=entries(members, "logicalLocations"),
            scan=_scan(members, has_results=has_results),
        )


def survey(body: BinaryIO) -> list[Run]:
    """Return the runs of the report in the seekable `body`.

    Raises `RejectedRequestError` if it is not a whole SARIF 2.1.0 report.
    """
    reader = Reader(events(body), unwanted=_UNWANTED, most=_MOST_VALUES)
    event, _ = reader.next()
    if event != "start_map":
        raise _rejected("", "The report is not a JSON object.")
    version, runs = _report(reader)
    _check_version(version)
    if runs is None:
        raise _rejected("/runs", "The report has no runs.")
    return runs


def _once(names: Iterator[str], pointer: str) -> Iterator[str]:
    """Yield `names`; raises `RejectedRequestError` at one that comes twice: nobody knows which counts."""
    seen = set()
    for name in names:
        if name in seen:
            raise _rejected(f"{pointer}/{name[:100]}", "The report has this member twice.")
        seen.add(name)
        yield name


def _report(reader: Reader) -> tuple[object, list[Run] | None]:
    version: object = None
    runs = None
    for name in _once(reader.members(), ""):
        event, value = reader.next()
        if name == "version":
            version = value
        if name == "runs" and event == "start_array":
            runs = [_run(reader, opening, at) for at, opening in enumerate(reader.elements())]
        else:
            reader.skip(event)
    return version, runs


def _run(reader: Reader, opening: Event, at: int) -> Run:
    if at >= _MOST_RUNS:
        message = f"The report has more than {_MOST_RUNS:,} runs."
        raise _rejected("/runs", message, hint="Split the report.", status=413)
    if opening[0] != "start_map":
        raise _rejected(f"/runs/{at}", "The run is not a JSON object.")
    members = {}
    has_results = False
    for name in _once(reader.members(), f"/runs/{at}"):
        event, value = reader.next()
        has_results |= name == "results" and event == "start_array"
        if name in _KEPT:
            members[name] = _kept(reader, event, value, f"/runs/{at}/{name}")
        else:
            reader.skip(event)
    return Run.of(members, has_results=has_results)


def _kept(reader: Reader, event: str, value: object, pointer: str) -> object:
    try:
        return reader.value(event, value)
    except TooLargeError:
        message = f"The report holds more than {_MOST_VALUES:,} values besides its results."
        raise _rejected(pointer, message, hint="Split the report.", status=413) from None


def _check_version(version: object) -> None:
    if version == _VERSION:
        return
    found = f"of SARIF {version[:20]}" if isinstance(version, str) and version else "without a SARIF version"
    raise _rejected(
        "/version",
        f"The report is {found}; {_VERSION} is understood.",
        hint="Let the tool write SARIF 2.1.0, or convert the file: `sarif transform` of the SARIF Multitool.",
    )


def _rejected(pointer: str, message: str, *, hint: str = "", status: int = 400) -> RejectedRequestError:
    hint = hint or "Send a SARIF 2.1.0 report as the tool wrote it."
    return RejectedRequestError(message, hint=hint, problems=[FieldProblem(pointer, message)], status=status)


def _scan(members: Json, *, has_results: bool) -> Scan:
    """Return what the run says of itself as a whole.

    A run without the array `results` did not scan (3.14.23); one that does not say of each invocation that it was
    successful (3.20.14) may have stopped half-way.
    """
    invocations = entries(members, "invocations")
    ended_well = bool(invocations) and all(one.get("executionSuccessful") is True for one in invocations)
    incomplete = "" if ended_well else "The run does not say executionSuccessful of its invocations."
    if not has_results:
        incomplete = "The run has no array of results: it did not scan."
    tool = text(members, "tool", "driver", "name")
    return Scan(
        tool=tool,
        name=text(members, "automationDetails", "id"),
        incomplete=incomplete if tool else "The run names no tool.",
        observed_at=_ended(members),
    )


def _ended(members: Json) -> datetime | None:
    """Return when the last invocation ended; SARIF times are UTC (3.9)."""
    times = [_time(text(invocation, "endTimeUtc")) for invocation in entries(members, "invocations")]
    return max((time for time in times if time), default=None)


def _time(written: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(written)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
