"""What is wrong with the service hook subscriptions of one project and event. Pure.

https://learn.microsoft.com/azure/devops/service-hooks/troubleshoot
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, parse_qs, urlsplit

from shared.azure_devops.subscriptions import PUSH, VERSION, Subscription


class Finding(StrEnum):
    """One thing that is wrong."""

    MISSING = "missing"
    DISABLED_BY_SYSTEM = "disabled_by_system"
    """Deliveries failed for too long, or one was answered with 410."""
    DISABLED_BY_INACTIVE_IDENTITY = "disabled_by_inactive_identity"
    """Whoever made it has left."""
    DISABLED_BY_USER = "disabled_by_user"
    """Somebody switched it off on purpose."""
    ON_PROBATION = "on_probation"
    """A delivery failed; new events are lost until one that is tried every few hours succeeds."""
    ELSEWHERE = "elsewhere"
    """It calls the address that we had before."""
    OLD_PASSWORD = "old_password"  # noqa: S105  a word, no password
    """It was made with another epoch or another key."""
    WRONG_FILTER = "wrong_filter"
    """It tells of other work items than ours, or not of all of them, or not enough of them."""
    WRONG_VERSION = "wrong_version"
    """Its payloads have another form."""
    DUPLICATE = "duplicate"


LOSING = frozenset(Finding) - {Finding.DUPLICATE, Finding.OLD_PASSWORD, Finding.WRONG_VERSION}
"""The findings with which events are lost."""
_DISABLED = {
    "disabledbyuser": Finding.DISABLED_BY_USER,
    "disabledbyinactiveidentity": Finding.DISABLED_BY_INACTIVE_IDENTITY,
    "onprobation": Finding.ON_PROBATION,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a subscription of a connection is to be.

    `url` with the mark of today's password; `marks` are those of all passwords that were ours; `sees_tags`: whether
    Azure DevOps shows the tags of subscriptions at all.
    """

    url: str
    marks: frozenset[str]
    tag: str
    sees_tags: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """One project and event: `keep` stays, `remove` goes; `findings` says why, empty where all is well.

    `repository` is the id of the one whose pushes are meant, empty for work items.
    """

    project: str
    event: str
    keep: Subscription | None
    remove: tuple[Subscription, ...]
    findings: tuple[Finding, ...]
    repository: str = ""

    @property
    def lacks_one(self) -> bool:
        """Whether one is to be made."""
        return self.keep is None and not self.is_off

    @property
    def is_off(self) -> bool:
        """Whether a person switched it off: that is theirs to take back."""
        return Finding.DISABLED_BY_USER in self.findings

    @property
    def loses(self) -> bool:
        """Whether events are, or were, lost."""
        return not LOSING.isdisjoint(self.findings)


def is_ours(hook: Subscription, wanted: Wanted) -> bool:
    """Whether a subscription calls us, or the address that we had before: then it carries a mark that our key made.

    Nothing else is ever touched: another installation may have a connection of the same name.
    """
    return _address(hook.url)[1:] == _address(wanted.url)[1:] or mark_of(hook.url) in wanted.marks


def mark_of(url: str) -> str:
    """Return the mark in a subscription's address, empty if it has none."""
    return next(iter(parse_qs(_parts(url).query).get("epoch", [])), "")


def diagnose(project: str, event: str, found: Sequence[Subscription], wanted: Wanted, *, repository: str = "") -> Case:
    """Judge the subscriptions of ours for one project and event. The oldest sound one stays: the same for everybody."""
    oldest_first = sorted(found, key=lambda hook: (hook.created_at, hook.id))
    findings = {hook.id: finding_of(hook, wanted) for hook in oldest_first}
    sound = [hook for hook in oldest_first if findings[hook.id] is None]
    if sound:
        rest = tuple(
            hook for hook in oldest_first if hook != sound[0] and findings[hook.id] != Finding.DISABLED_BY_USER
        )
        return Case(project, event, sound[0], rest, (Finding.DUPLICATE,) * len(rest), repository)
    if Finding.DISABLED_BY_USER in findings.values():
        return Case(project, event, None, (), (Finding.DISABLED_BY_USER,), repository)
    why = tuple(finding for finding in findings.values() if finding)
    return Case(project, event, None, tuple(oldest_first), why or (Finding.MISSING,), repository)


def finding_of(hook: Subscription, wanted: Wanted) -> Finding | None:
    """Return the gravest thing that is wrong with one subscription, None if nothing is."""
    status = hook.status.lower()
    if status in _DISABLED:
        return _DISABLED[status]
    if status.startswith("disabled"):
        return Finding.DISABLED_BY_SYSTEM
    if _address(hook.url) != _address(wanted.url):
        return Finding.ELSEWHERE
    if hook.filters or hook.details or _has_another_tag(hook, wanted):
        return Finding.WRONG_FILTER
    if mark_of(hook.url) != mark_of(wanted.url):
        return Finding.OLD_PASSWORD
    return Finding.WRONG_VERSION if _is_another_version(hook) else None


def _is_another_version(hook: Subscription) -> bool:
    """Azure DevOps' own examples of pushes have `1.0-preview.1`; all have what is read of them."""
    return not hook.version.startswith(VERSION) if hook.event == PUSH else hook.version != VERSION


def _has_another_tag(hook: Subscription, wanted: Wanted) -> bool:
    """No tag says nothing where Azure DevOps shows none of anybody; pushes have none."""
    if hook.event == PUSH:
        return False
    return (bool(hook.tag) or wanted.sees_tags) and hook.tag.casefold() != wanted.tag.casefold()


def _address(url: str) -> tuple[str, str, str]:
    parts = _parts(url)
    return parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/")


def _parts(url: str) -> SplitResult:
    """Others' subscriptions may call whatever they like: what is no address is nobody's."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
