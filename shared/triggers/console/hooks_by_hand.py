"""What to type where a person sets service hooks up."""

import azure.functions as func

from shared.triggers.answers import ok
from shared.triggers.console.api import ask
from shared.triggers.console.visits import Page, Visit, action, page

blueprint = func.Blueprint()


@page(blueprint, "connections/{connection}/hook")
def console_hook(visit: Visit) -> Page:
    """Show it, but for the password."""
    route = visit.route("connection")
    hook = ask("show_hook", route).body
    password = hook.pop("password")
    for subscription in hook["subscriptions"]:
        kept = {name: value for name, value in subscription["action"].items() if value != password}
        subscription["action"] = kept
    return Page("hook.html", {"connection": route["connection"], "hook": hook})


@action(blueprint, "connections/{connection}/hook-password")
def console_hook_password(visit: Visit) -> func.HttpResponse:
    """Give the password to the script that copies it; it stands on no page."""
    found = ask("show_hook", visit.route("connection")).body
    return ok({"password": found["password"]}, headers={"Cache-Control": "no-store"})
