"""What routes take of the domain's words beside their bodies, with the bounds that the API's description shows."""

from typing import Annotated

from pydantic import Field

from shared.azure_devops.personal_access_tokens import Show
from shared.connections.credentials.models import ClientId, Tenant
from shared.connections.models import NAME
from shared.links.models import Existing, Kind
from shared.links.store import MAX_KEY
from shared.registries.keeping.showing import Form
from shared.registries.sources.versions import MAX_REF
from shared.tickets.rows.keys import TICKET
from shared.tickets.rows.records import Hold, TicketStatus
from shared.tokens.personal_access_tokens import Order
from shared.triggers.conventions import Parameter

MAX_SOURCE = 1000

_PATH = (
    Parameter("connection", "path", Annotated[str, Field(pattern=f"^{NAME.pattern}$")], "The connection's name."),
    Parameter("kind", "path", Kind, "The kind of the asset."),
    Parameter(
        "asset",
        "path",
        Annotated[str, Field(min_length=1, max_length=MAX_KEY)],
        "The asset's id, percent-encoded, slashes as well.",
    ),
    Parameter("project", "path", Annotated[str, Field(min_length=1)], "The project's name or id."),
    Parameter("repository", "path", Annotated[str, Field(min_length=1)], "The repository's name or id."),
    Parameter(
        "ticket", "path", Annotated[str, Field(pattern=rf"^{NAME.pattern}\.{TICKET.pattern}$")], "The ticket's id."
    ),
    Parameter("import", "path", Annotated[str, Field(min_length=1)], "The import's id."),
    Parameter("token", "path", Annotated[str, Field(pattern=f"^{NAME.pattern}$")], "The managed token's name."),
    Parameter("authorization_id", "path", Annotated[str, Field(min_length=1)], "The personal access token's id."),
    Parameter("failed_message", "path", Annotated[str, Field(min_length=1)], "The failed message's id."),
)
IN_PATHS = {parameter.name: parameter for parameter in _PATH}
"""The parameters that templates of routes name."""

SEARCH = Parameter("search", "query", str, "Only what has this text in its name, whatever the case.")
PART = Parameter(
    "search", "query", str, "A part of the title or of a vulnerability's id; a number is that of a work item."
)
WORDS = Parameter("search", "query", str, "Words of the title, or the number.")
EXISTING = Parameter(
    "existing",
    "query",
    Existing,
    "What becomes of the asset's tickets when its link moves to another project or connection, or groups otherwise: "
    "they stay and are kept up to date, or their work items are closed.",
)
DRY_RUN = Parameter("dry_run", "query", bool, "Only say what differs.")
ADOPT = Parameter("adopt", "query", bool, "At first, make rows of the work items that the tables do not know.")
KIND = Parameter("kind", "query", Kind, "The kind of the asset.")
ASSET = Parameter("asset", "query", Annotated[str, Field(min_length=1)], "The asset's id.")
STATUS = Parameter("status", "query", TicketStatus, "Only tickets with this status.")
WAITING_FOR = Parameter("waiting_for", "query", Hold, "Only tickets that wait for this to get a work item.")
QUEUE = Parameter("queue", "query", str, "Only messages of this queue.")
SOURCE = Parameter(
    "source", "query", Annotated[str, Field(max_length=MAX_SOURCE)], "The scan, where the report's own name changes."
)
FULL = Parameter("full", "query", bool, "The report has all that there is: what it has no more is fixed.")
CONFIRM = Parameter("confirm", "query", bool, "Although that is more than half of what is open.")
HEALTH = Parameter("health", "query", bool, "Say of each how it is doing, and when its credential ends.")
SHOW = Parameter("show", "query", Show, "Which tokens: those that are active, unless it says otherwise.")
SORT = Parameter("sort", "query", Order, "By what they are sorted: their names, unless it says otherwise.")
DESCENDING = Parameter("descending", "query", bool, "The last one first.")
REVOKE_OLD = Parameter("revoke_old", "query", bool, "Revoke what is replaced at once, not after the overlap.")
CONFIRM_USE = Parameter("confirm", "query", bool, "Although it is in use here.")
TENANT = Parameter("tenant", "query", Tenant, "The customer's directory; the connection's, unless given.")
CLIENT_ID = Parameter("client_id", "query", ClientId, "The application; the connection's, unless given.")
REDIRECT = Parameter("redirect", "query", str, "Where Entra goes when done, one of the application's addresses.")

REF = Parameter(
    "ref",
    "query",
    Annotated[str, Field(max_length=MAX_REF)],
    "A branch, a tag or a commit, also as `refs/heads/…` or by the first digits; the default branch, unless given.",
)
AGAINST = Parameter(
    "against", "query", Annotated[str, Field(max_length=MAX_REF)], "What it is compared with, named in the same ways."
)
FORMAT = Parameter("format", "query", Form, "The form of the answer, whatever `Accept` says.")
IF_CHANGED = Parameter("If-None-Match", "header", str, "The `ETag` of an earlier answer: 304 while it is the same.")
