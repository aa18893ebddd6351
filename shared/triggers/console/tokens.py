"""Pages of managed tokens: until when each is good, what was done, and replacing one now."""

from datetime import UTC, datetime
from typing import Any

import azure.functions as func

from shared.console.addresses import next_page, segment
from shared.console.words import Said
from shared.errors import BridgeError, NotFoundError
from shared.triggers.console.api import Json, ask
from shared.triggers.console.visits import Page, Redirect, Visit, action, page

blueprint = func.Blueprint()
_ON_ONE_PAGE = "50"


@page(blueprint, "tokens")
def console_tokens(visit: Visit) -> Page:
    """List managed tokens."""
    found = ask("list_managed_tokens", query={**visit.query("continuation"), "limit": _ON_ONE_PAGE}).body
    tokens = [{**token, "life": _life(token)} for token in found["tokens"]]
    return Page("tokens.html", {"tokens": tokens, "more": next_page("/tokens", found["continuation"])})


@page(blueprint, "tokens/{token}")
def console_token(visit: Visit) -> Page:
    """Show a managed token with its journal."""
    return _token(visit)


@action(blueprint, "tokens/{token}/rotate")
def console_rotate_token(visit: Visit) -> Page | Redirect:
    """Replace a token now."""
    query = {"revoke_old": "true"} if visit.form.get("revoke_old") else {}
    try:
        ask("rotate_managed_token", visit.route("token"), query=query)
    except NotFoundError:
        raise
    except BridgeError as error:
        return _token(visit, error)
    return Redirect(f"/tokens/{segment(visit.route('token')['token'])}", Said.ROTATED)


def _token(visit: Visit, problem: BridgeError | None = None) -> Page:
    token = ask("read_managed_token", visit.route("token")).body
    values = {"token": token, "life": _life(token), "problem": problem}
    return Page("token.html", values, status=409 if problem else 200)


def _life(token: Json) -> dict[str, Any] | None:
    """Return the current token's life in hundredths: how much of it has passed, and where it is replaced."""
    current = token["current"]
    if current is None:
        return None
    begin, end = datetime.fromisoformat(current["valid_from"]), datetime.fromisoformat(current["valid_to"])
    whole = max((end - begin).total_seconds(), 1.0)

    def share(moment: datetime) -> int:
        return round(100 * min(max((moment - begin).total_seconds() / whole, 0.0), 1.0))

    return {"passed": share(datetime.now(UTC)), "replaced": share(datetime.fromisoformat(token["next_rotation"]))}
