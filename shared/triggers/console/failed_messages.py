"""Pages of failed messages: why they failed, what was in them, and sending them again."""

import azure.functions as func

from shared.console.addresses import next_page
from shared.console.words import Said
from shared.errors import NotFoundError
from shared.triggers.console.api import ask
from shared.triggers.console.visits import Page, Redirect, Visit, action, page

blueprint = func.Blueprint()
_ON_ONE_PAGE = "25"


@page(blueprint, "failed-messages")
def console_failed_messages(visit: Visit) -> Page:
    """List failed messages."""
    found = ask("list_failed_messages", query={**visit.query("continuation"), "limit": _ON_ONE_PAGE}).body
    return Page("failed_messages.html", {"found": found, "more": next_page("/failed-messages", found["continuation"])})


@page(blueprint, "failed-messages/{failed_message}")
def console_failed_message(visit: Visit) -> Page:
    """Show a failed message with its payload."""
    return Page("failed_message.html", {"failed": ask("read_failed_message", visit.route("failed_message")).body})


@action(blueprint, "failed-messages/resend")
def console_resend_all(visit: Visit) -> Redirect:
    """Send all failed messages again."""
    del visit
    found = ask("resend_failed_messages").body
    return Redirect("/failed-messages", Said.SOME_RESENT if found["more"] else Said.ALL_RESENT)


@action(blueprint, "failed-messages/{failed_message}/{deed}")
def console_change_failed_message(visit: Visit) -> Redirect:
    """Send a failed message again, or forget it."""
    route, deed = visit.route("failed_message"), visit.route("deed")["deed"]
    if deed not in _DEEDS:
        raise NotFoundError(f"A failed message cannot be asked to {deed}.")
    operation, said = _DEEDS[deed]
    ask(operation, route)
    return Redirect("/failed-messages", said)


_DEEDS = {"resend": ("resend_failed_message", Said.RESENT), "dismiss": ("dismiss_failed_message", Said.DISMISSED)}
