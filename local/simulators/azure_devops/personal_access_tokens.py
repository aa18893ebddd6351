"""The lifecycle of a user's personal access tokens.

https://learn.microsoft.com/rest/api/azure/devops/tokens/pats
Most refusals come with status 200 and a word in `patTokenError`. Only a user's own sign-in is accepted.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from local.simulators.azure_devops import dates, errors, identity, projects, token_listing, token_policies
from local.simulators.azure_devops.store import Database
from local.simulators.azure_devops.web import Answer, Call, Route, check_version
from local.simulators.azure_devops.world import World

_READ = {"vso.pats"}
# Measured by others: to create a token, both are needed.
_MANAGE = {"vso.pats", "vso.pats_manage"}
_SCOPE = re.compile(r"app_token|vso(\.[a-z_]+)+( vso(\.[a-z_]+)+)*")
_LIFETIME = timedelta(days=30)
_SELECT = """
SELECT pats.*, tokens.valid_to, tokens.revoked, tokens.organization, tokens.identity
FROM pats JOIN tokens USING (token) WHERE owner = ? AND tokens.organization IN (?, '')
"""

type Json = dict[str, Any]
type _Handler = Callable[[Database, Call], Answer]


class _RefusedError(Exception):
    """A word for `patTokenError`."""


def _of_users(needed: set[str], handler: _Handler) -> Callable[[World, Call], Answer]:
    """Return a handler that turns away whoever is not a user who signed in."""

    def handle(world: World, call: Call) -> Answer:
        if call.headers.get("authorization", "").lower().startswith("basic"):
            raise errors.invalid_access()
        if not call.identity.user:
            return _sign_in(call)
        scopes = call.identity.scopes
        if scopes is not None and "user_impersonation" not in scopes and not needed <= set(scopes):
            raise errors.unauthorized(call.identity.mail)
        try:
            with world.store.transaction() as database:
                return handler(database, call)
        except _RefusedError as refused:
            return _result(call, str(refused))

    return handle


def _sign_in(call: Call) -> Answer:
    """Applications are sent to the page where people sign in, whatever they ask to be spared."""
    where = {"Location": f"{call.home}/_signin"}
    return Answer(identity.sign_in_page(call.home), 302, where, "text/html; charset=utf-8")


def _result(call: Call, word: str = "none", token: Json | None = None) -> Answer:
    answer: Json = {"patToken": token, "patTokenError": word}
    if check_version(call, preview=True).startswith("7.2"):
        answer["patTokenErrorMessage"] = "" if word == "none" else f"The token was refused: {word}."
    return Answer(answer)


def _shown(database: Database, row: Any, call: Call, value: str | None = None) -> Json:
    everywhere = not row["organization"]
    return {
        "displayName": row["name"],
        "validTo": dates.shown(row["valid_to"]),
        "scope": row["scope"],
        "targetAccounts": None if everywhere else [projects.organization_id(database, call.organization)],
        "validFrom": dates.shown(row["valid_from"]),
        "authorizationId": row["authorization_id"],
        "token": value,
    }


def _rows(database: Database, call: Call) -> list[Any]:
    return database.execute(_SELECT, (call.identity.combined, call.organization)).fetchall()


def _find(database: Database, call: Call, authorization_id: str) -> Any:
    found = [row for row in _rows(database, call) if row["authorization_id"] == authorization_id.lower()]
    if not found:
        raise _RefusedError("authorizationNotFound")
    return found[0]


def _read(database: Database, call: Call) -> Answer:
    """GET tokens/pats: one token by `authorizationId`, else a page of them."""
    if wanted := call.text("authorizationId"):
        return _result(call, token=_shown(database, _find(database, call, wanted), call))
    page, continuation = token_listing.page(_rows(database, call), call)
    return Answer({"continuationToken": continuation, "patTokens": [_shown(database, row, call) for row in page]})


def _create(database: Database, call: Call) -> Answer:
    """POST tokens/pats {displayName, scope, validTo, allOrgs}: the only answer with the token's value."""
    asked = call.object()
    name, scope, everywhere = _name(asked), str(asked.get("scope") or ""), bool(asked.get("allOrgs"))
    now = datetime.now(UTC)
    policy = _checked(database, call, scope, everywhere=everywhere, creating=True)
    valid_to = _end(policy, now, asked.get("validTo") or (now + _LIFETIME).isoformat())
    holder = replace(call.identity, scopes=_granted(scope))
    token = identity.issue_token(database, "" if everywhere else call.organization, holder, "", valid_to)
    authorization_id = str(uuid.uuid4())
    row = (authorization_id, token, call.identity.combined, name, scope, dates.stored(now))
    database.execute("INSERT INTO pats VALUES (?, ?, ?, ?, ?, ?)", row)
    return _result(call, token=_shown(database, _find(database, call, authorization_id), call, token))


def _update(database: Database, call: Call) -> Answer:
    """PUT tokens/pats: changes what is given; not for one that is revoked or expired."""
    asked = call.object()
    row = _find(database, call, str(asked.get("authorizationId") or ""))
    if row["revoked"]:
        raise _RefusedError("authorizationNotFound")
    if token_listing.expired(row):
        raise _RefusedError("expiredPatCannotBeExtended")
    scope = str(asked.get("scope") or row["scope"])
    everywhere = bool(asked.get("allOrgs", not row["organization"]))
    policy = _checked(database, call, scope, everywhere=everywhere, creating=False)
    name = _name({"displayName": row["name"]} | asked)
    ends = _end(policy, dates.parsed(row["valid_from"]), asked["validTo"]) if "validTo" in asked else row["valid_to"]
    holder = replace(identity.unpacked(row["identity"]), scopes=_granted(scope))
    database.execute(
        "UPDATE tokens SET valid_to = ?, organization = ?, identity = ? WHERE token = ?",
        (ends, "" if everywhere else call.organization, identity.kept(holder), row["token"]),
    )
    changed = (name, scope, row["authorization_id"])
    database.execute("UPDATE pats SET name = ?, scope = ? WHERE authorization_id = ?", changed)
    return _result(call, token=_shown(database, _find(database, call, row["authorization_id"]), call))


def _revoke(database: Database, call: Call) -> Answer:
    """DELETE tokens/pats?authorizationId=: at once and for good."""
    row = _find(database, call, call.text("authorizationId"))
    database.execute("UPDATE tokens SET revoked = 1 WHERE token = ?", (row["token"],))
    return Answer(status=204)


def _name(asked: Json) -> str:
    name = str(asked.get("displayName") or "").strip()
    if not name:
        raise _RefusedError("displayNameRequired")
    return name


def _granted(scope: str) -> tuple[str, ...] | None:
    return None if scope == token_policies.FULL_SCOPE else tuple(scope.split())


def _checked(
    database: Database, call: Call, scope: str, *, everywhere: bool, creating: bool
) -> token_policies.TokenPolicy:
    if not _SCOPE.fullmatch(scope):
        raise _RefusedError("invalidScope")
    policy = token_policies.of(database, call.organization)
    if word := policy.refusal(scope, all_organisations=everywhere, creating=creating):
        raise _RefusedError(word)
    return policy


def _end(policy: token_policies.TokenPolicy, start: datetime, asked: Any) -> str:
    try:
        moment = dates.parsed(str(asked))
    except ValueError as error:
        raise _RefusedError("invalidValidTo") from error
    if moment <= datetime.now(UTC):
        raise _RefusedError("invalidValidTo")
    end = policy.end(start, moment)
    if end is None:
        raise _RefusedError(token_policies.TOO_LONG)
    return dates.stored(end)


_PATS = "/{organization}/_apis/tokens/pats"
ROUTES = (
    Route("GET", _PATS, _of_users(_READ, _read), preview=True),
    Route("POST", _PATS, _of_users(_MANAGE, _create), preview=True),
    Route("PUT", _PATS, _of_users(_MANAGE, _update), preview=True),
    Route("DELETE", _PATS, _of_users(_MANAGE, _revoke), preview=True),
)
