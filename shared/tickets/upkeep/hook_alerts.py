"""Tells a person what the doctor found, once for each change: an hourly reminder is soon read by nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from shared.alerts import Alerts
from shared.links.hook_diagnosis import Finding
from shared.links.service_hooks import Outcome
from shared.tickets.observing.hearing import Hearing, Silence

DOWN = "hooks_down"
SILENT = "hooks_silent"
BLIND = "Service hooks cannot be looked at:"
SWITCHED_OFF = "Enable it in Azure DevOps, or delete it there: then it is made again."
_NAMED = 5


class FindingView(TypedDict):
    """What was wrong with the service hooks for one event in a project; with a message where it is left so."""

    project: str
    event: str
    findings: list[Finding]
    message: NotRequired[str]
    hint: NotRequired[str]


@dataclass(frozen=True, slots=True)
class HookAlerts:
    """Sends them; `subject` is the connection."""

    alerts: Alerts
    hearing: Hearing

    def mended(self, connection: str, projects: Mapping[str, str], outcomes: Sequence[Outcome]) -> None:
        """Something had been down and is up again."""
        if outcomes:
            self.alerts.send(
                DOWN,
                connection,
                f"Azure DevOps had stopped telling of changes: {_named(projects, outcomes)}. "
                "The subscriptions were made again, and what was missed is being read.",
                hint="Azure DevOps gives up a hook that is not answered for long: look for outages of this app.",
            )

    def left(self, connection: str, projects: Mapping[str, str], outcomes: Sequence[Outcome]) -> None:
        """Something is down and stays so until a person acts."""
        if outcomes:
            why = next((outcome.error.message for outcome in outcomes if outcome.error), "")
            hint = next((outcome.error.hint for outcome in outcomes if outcome.error), SWITCHED_OFF)
            self.alerts.send(
                DOWN,
                connection,
                f"Azure DevOps does not tell of changes: {_named(projects, outcomes)}. {why}".rstrip(),
                hint=hint,
                severity="error",
            )

    def blind(self, connection: str, message: str, hint: str) -> None:
        """The connection's service hooks cannot even be looked at."""
        self.alerts.send(DOWN, connection, f"{BLIND} {message}", hint=hint, severity="error")

    def silent(self, connection: str, silences: Sequence[Silence]) -> None:
        """All subscriptions are in order, and yet nothing arrives."""
        for silence in silences:
            if silence.is_new:
                self.alerts.send(
                    SILENT,
                    connection,
                    f"People change work items of {silence.project}, but since {silence.since.isoformat()} no service "
                    "hook told of it, though Azure DevOps calls the subscriptions healthy.",
                    hint="Look at the subscription's history in Azure DevOps, and at what stands in front of this app.",
                )
                self.hearing.remember(connection, silence)


def finding_words(outcome: Outcome) -> list[str]:
    """Return what a project's record says of an outcome that is left."""
    error = [type(outcome.error).__name__] if outcome.error else []
    return [f"{outcome.case.event}: {finding}" for finding in outcome.case.findings] + error


def shown(projects: Mapping[str, str], outcome: Outcome) -> FindingView:
    """Return what the API says of an outcome."""
    case = outcome.case
    found: FindingView = {
        "project": projects[case.project],
        "event": case.event,
        "findings": sorted(set(case.findings)),
    }
    if outcome.error:
        return {**found, "message": outcome.error.message, "hint": outcome.error.hint}
    return {**found, "message": "Somebody switched it off.", "hint": SWITCHED_OFF} if case.is_off else found


def what_is_left(projects: Mapping[str, str], outcomes: Sequence[Outcome]) -> str:
    """Return in a sentence for each project and reason what only a person can mend; empty where nothing is left."""
    events: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.is_left:
            found = shown(projects, outcome)
            why = f"in {found['project']}: {found.get('message', '')} {found.get('hint', '')}".rstrip()
            events.setdefault(why, []).append(found["event"])
    return " ".join(f"Azure DevOps does not tell of {', '.join(sorted(told))} {why}" for why, told in events.items())


def _named(projects: Mapping[str, str], outcomes: Sequence[Outcome]) -> str:
    texts = [
        f"{projects[outcome.case.project]} ({outcome.case.event}: {', '.join(sorted(set(outcome.case.findings)))})"
        for outcome in outcomes
    ]
    more = len(texts) - _NAMED
    return "; ".join(texts[:_NAMED]) + (f" and {more} more" if more > 0 else "")
