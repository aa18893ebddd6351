"""Pages of imports: a report is dropped, and what became of it."""

import azure.functions as func

from shared.console.addresses import BASE
from shared.console.words import Said
from shared.errors import BridgeError
from shared.links.models import KINDS
from shared.triggers.answers import ok, problem
from shared.triggers.console.api import Choices, ask, choices
from shared.triggers.console.visits import Page, Redirect, Visit, action, page

blueprint = func.Blueprint()


@page(blueprint, "import")
def console_import(visit: Visit) -> Page:
    """Ask for a report and whose it is."""
    del visit
    found = [choices("links", query={"kind": kind}) for kind in KINDS]
    links = Choices([link for each in found for link in each.entries], all(each.complete for each in found))
    return Page("import.html", {"links": links, "kinds": KINDS})


@action(blueprint, "import")
def console_take_report(visit: Visit) -> func.HttpResponse:
    """Take a report, as the API does; the page's script sends it and shows what is answered."""
    query = visit.query("kind", "asset", "full", "confirm")
    headers = {"Content-Type": "application/sarif+json"}
    try:
        found = ask("import_tickets", query=query, headers=headers, body=visit.request.get_body()).body
    except BridgeError as error:
        return problem(error)
    return ok({**found, "page": f"{BASE}/import/{found['import']}"}, status=202)


@page(blueprint, "import/{import}")
def console_imported(visit: Visit) -> Page:
    """Show what became of an import."""
    return Page("imported.html", {"found": ask("read_import", visit.route("import")).body})


@action(blueprint, "import/{import}/take-back")
def console_take_back(visit: Visit) -> Redirect:
    """Begin to take an import back."""
    ask("take_import_back", visit.route("import"))
    return Redirect(f"/import/{visit.route('import')['import']}", Said.TAKING_BACK)
