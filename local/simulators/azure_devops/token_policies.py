"""What an organisation and its tenant forbid of personal access tokens.

https://learn.microsoft.com/azure/devops/organizations/accounts/manage-pats-with-policies-for-administrators
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from local.simulators.azure_devops.store import Database, packed

_FOR_ALL_ORGANISATIONS = ("globalPATCreationBlocked", "globalPatPolicyViolation")
_WHEN_CREATING = ("disablePatCreationPolicyViolation",)
_ALWAYS = ("failedToReadTenantPolicy", "failedToReadOrgPolicy")
_FULL = "fullScopePatPolicyViolation"
FULL_SCOPE = "app_token"
TOO_LONG = "patLifespanPolicyViolation"


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """`refuses` are the errors that are switched on, each for the requests that it is about.

    `lifespan_days` is how long a token may live. Specification and observation differ in what becomes of a longer
    one: `over` is clamp (it gets an earlier end) or refuse. Tokens for all organisations are not made any more.
    """

    refuses: tuple[str, ...] = ("globalPATCreationBlocked",)
    lifespan_days: float | None = None
    over: Literal["clamp", "refuse"] = "clamp"

    def refusal(self, scope: str, *, all_organisations: bool, creating: bool) -> str | None:
        """Return the first error against a token with this scope, or None."""
        relevant = [*_ALWAYS]
        if creating:
            relevant += _WHEN_CREATING
        if all_organisations:
            relevant += _FOR_ALL_ORGANISATIONS
        if scope == FULL_SCOPE:
            relevant.append(_FULL)
        return next((word for word in relevant if word in self.refuses), None)

    def end(self, start: datetime, asked: datetime) -> datetime | None:
        """Return when a token that lives from `start` ends, or None where it would live too long."""
        if self.lifespan_days is None:
            return asked
        latest = start + timedelta(days=self.lifespan_days)
        if asked <= latest:
            return asked
        return latest if self.over == "clamp" else None


_WORDS = {*_FOR_ALL_ORGANISATIONS, *_WHEN_CREATING, *_ALWAYS, _FULL}


def change(database: Database, organization: str, asked: dict[str, Any]) -> None:
    """Set an organisation's policy; what is not named gets its default. Raises `ValueError`, `TypeError`."""
    policy = _read(asked)
    if unknown := set(policy.refuses) - _WORDS:
        raise ValueError(f"unknown errors: {', '.join(sorted(unknown))}")
    if policy.over not in {"clamp", "refuse"}:
        raise ValueError("over is clamp or refuse")
    row = (organization, packed(asdict(policy)))
    database.execute("INSERT OR REPLACE INTO token_policies VALUES (?, ?)", row)


def of(database: Database, organization: str) -> TokenPolicy:
    """Return an organisation's policy."""
    row = database.execute("SELECT policy FROM token_policies WHERE organization = ?", (organization,)).fetchone()
    if row is None:
        return TokenPolicy()
    return _read(json.loads(row["policy"]))


def _read(values: dict[str, Any]) -> TokenPolicy:
    policy = TokenPolicy(**values)
    return replace(policy, refuses=tuple(policy.refuses))
