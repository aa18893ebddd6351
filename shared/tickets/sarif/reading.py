"""The second pass: one result after another becomes a snapshot, or says why it cannot."""

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from pydantic import ValidationError

from shared.tickets.sarif import judgement
from shared.tickets.sarif.identities import Identities
from shared.tickets.sarif.places import Place
from shared.tickets.sarif.rules import Rule, weaknesses
from shared.tickets.sarif.runs import Run, survey
from shared.tickets.sarif.stream import Event, Reader, TooLargeError, events
from shared.tickets.sarif.values import Json, entries, text
from shared.tickets.sarif.words import Words
from shared.tickets.vulnerabilities.scans import Finding, RefusedResult, Report, Scan
from shared.tickets.vulnerabilities.snapshots import Asset, Vulnerability

_MOST_VALUES = 20_000
# Large, and nothing that a work item shows.
_UNWANTED = frozenset(
    {"attachments", "codeFlows", "fixes", "graphs", "graphTraversals", "relatedLocations", "stacks"}
    | {"conversionProvenance", "provenance", "webRequest", "webResponse", "workItemUris"}
)
_MAX_WHERE = 80
_MAX_WHAT = 160
_MAX_URI = 4_000
_MOST_WEAKNESSES = 50


def report(body: BinaryIO, asset: Asset, *, name: str = "") -> Report:
    """Return the SARIF 2.1.0 report in the seekable `body`; all of its results belong to `asset`.

    Results that report success are left out. `name` stands in for the runs' own `automationDetails.id`. Raises
    `RejectedRequestError` at once, before any result, if the report as a whole is not whole, not JSON in UTF-8, or
    not SARIF 2.1.0.
    """
    runs = survey(body)
    scans = tuple(run.scan if not name else replace(run.scan, name=name) for run in runs)
    return Report(scans, lambda: _findings(body, runs, scans, asset))


def _findings(body: BinaryIO, runs: list[Run], scans: tuple[Scan, ...], asset: Asset) -> Iterator[Finding]:
    mappings = [_Mapping(run, asset) for run in runs]
    for count, (reader, run_at, opening, result_at) in enumerate(_openings(body)):
        found = mappings[run_at].read(reader, opening, count, f"/runs/{run_at}/results/{result_at}")
        if found is not None:
            yield scans[run_at], found


def _openings(body: BinaryIO) -> Iterator[tuple[Reader, int, Event, int]]:
    """Yield for each result the reader, its run, its opening event and its place in the run."""
    reader = Reader(events(body), unwanted=_UNWANTED, most=_MOST_VALUES)
    reader.next()
    for name in reader.members():
        event, _ = reader.next()
        if name != "runs":
            reader.skip(event)
            continue
        for run_at, _ in enumerate(reader.elements()):
            for result_at, opening in enumerate(_of_run(reader)):
                yield reader, run_at, opening, result_at


def _of_run(reader: Reader) -> Iterator[Event]:
    for name in reader.members():
        event, _ = reader.next()
        if name == "results" and event == "start_array":
            yield from reader.elements()
        else:
            reader.skip(event)


class _Mapping:
    """Turns the results of one run into snapshots."""

    def __init__(self, run: Run, asset: Asset) -> None:
        self._run = run
        self._asset = asset
        self._identities = Identities(run.tool)

    def read(self, reader: Reader, opening: Event, at: int, pointer: str) -> Vulnerability | RefusedResult | None:
        """Consume one result; None if it is no vulnerability."""
        reader.room = _MOST_VALUES
        try:
            result = reader.value(*opening)
        except TooLargeError:
            return RefusedResult(at, pointer, f"The result holds more than {_MOST_VALUES:,} values.")
        if not isinstance(result, dict):
            return RefusedResult(at, pointer, "The result is not a JSON object.")
        if not judgement.is_vulnerability(result):
            return None
        return self._mapped(result, at, pointer)

    def _mapped(self, result: Json, at: int, pointer: str) -> Vulnerability | RefusedResult:
        rule = self._run.rules.of(result)
        words = rule.message(result.get("message"))
        if not (words.text or words.markdown or rule.id):
            return RefusedResult(at, f"{pointer}/message", "The result has neither a message nor a rule.")
        try:
            return self._snapshot(result, rule, words)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            member = ".".join(str(part) for part in first["loc"])
            return RefusedResult(at, pointer, f"The snapshot's {member}: {first['msg']}")

    def _snapshot(self, result: Json, rule: Rule, words: Words) -> Vulnerability:
        place = self._run.roots.place(result, self._run.logical_locations)
        name = self._identities.name(result, rule=rule.id, place=place, message=words.text or words.markdown)
        return Vulnerability(
            id=name,
            asset=self._asset,
            title=_title(rule, words, place),
            description=_description(rule, words),
            severity=judgement.severity(result, rule),
            score=judgement.score(result, rule),
            status=judgement.status(result),
            observed_at=self._run.scan.observed_at,
            rule=rule.id,
            component=place.component,
            location=place.location(),
            cve=rule.cve,
            cwe=_each_once([*rule.cwe, *weaknesses(entries(result, "taxa"))]),
            references=tuple(uri for uri in (rule.help_uri,) if _is_web(uri)),
            remediation=rule.remediation,
            url=next((uri for uri in (text(result, "hostedViewerUri"),) if _is_web(uri)), ""),
            tags=rule.tags,
        )


def _title(rule: Rule, words: Words, place: Place) -> str:
    """Return what is wrong and where: "Use of weak MD5 hash for security in requests/auth.py:148"."""
    what = rule.headline or words.as_line() or rule.name or rule.id
    if len(what) > _MAX_WHAT:
        what = what[: _MAX_WHAT - 1].rstrip() + "…"
    where = place.path or place.component
    if len(where) > _MAX_WHERE:
        where = "…" + where[1 - _MAX_WHERE :]
    line = f":{place.line}" if place.path and place.line else ""
    return f"{what} in {where}{line}" if where else what


def _description(rule: Rule, words: Words) -> str:
    """Return the result's own message, then what the rule says at length, each once."""
    parts = [words.as_markdown(), rule.explanation]
    return "\n\n".join(part for part in dict.fromkeys(parts) if part)


def _each_once(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))[:_MOST_WEAKNESSES]


def _is_web(uri: str) -> bool:
    return uri.startswith(("https://", "http://")) and len(uri) <= _MAX_URI
